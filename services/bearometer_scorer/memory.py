"""Memory that a model which has gone left behind."""

import ctypes
import gc


def give_back() -> None:
    """Returns freed memory to the system. glibc keeps it for each thread's next use, several hundred megabytes after
    some swaps; other C libraries have no such call, and nothing happens."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
