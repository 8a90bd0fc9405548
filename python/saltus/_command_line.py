"""The command `saltus`."""

import signal
import sys

from . import _saltus


def main() -> None:
    """Runs the program on the arguments of the process."""
    # The program has an answer of its own to Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_saltus.command_line(["saltus", *sys.argv[1:]]))
