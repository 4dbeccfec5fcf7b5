"""Becomes the command that it is given, tied to its parent's life: `python tether.py SIGNAL PARENT COMMAND...`.

The kernel sends SIGNAL when the parent's thread ends, however it ends. A script of its own, because code between fork
and exec in a process with threads may dead-lock. Elsewhere than on Linux the command runs untied.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(signal_number: str, parent: str, *command: str) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number))
        if os.getppid() != int(parent):  # it ended before we were tied
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - no shell is what we want


if __name__ == "__main__":
    main(*sys.argv[1:])
