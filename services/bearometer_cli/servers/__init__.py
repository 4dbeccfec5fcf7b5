"""Servers of one machine: each starts under HOME, answers on 127.0.0.1, and finds its data at the next start."""
