"""Kafka behind a port of a few verbs, with an in-memory twin that passes the same tests."""
