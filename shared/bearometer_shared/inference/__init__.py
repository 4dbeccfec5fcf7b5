"""Model artifacts and the engine that serves them: the only place of `shared` that loads a model runtime."""
