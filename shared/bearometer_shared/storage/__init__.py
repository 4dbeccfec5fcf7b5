"""Postgres: what is true. Tables, sessions, and repositories that hold every query."""
