"""Benchmarks: ours, the plain way and the machine's ceiling in one run, interleaved."""
