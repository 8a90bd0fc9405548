"""The program's errors as exceptions, with its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_HELP = "\n  help: "


class Error(Exception):
    """A run, or anything else that had begun, failed."""


@dataclass(frozen=True)
class Fault:
    """One fault of an input."""

    message: str
    """All of it, as the program shows it: place, what was got, what was expected, what to do."""
    file: str | None = None
    """The input file; ``input`` for a dict or a text, ``None`` where the fault is not of a file."""
    line: int | None = None
    """Line, from 1; of a dict the line of the YAML that it stands for."""
    column: int | None = None
    """Column, from 1."""
    help: str | None = None
    """What to do."""


class InputError(Error, ValueError):
    """The input is wrong; nothing was written.

    ``faults`` has all of them; ``file``, ``line``, ``column`` and ``help`` are those of the first.
    """

    faults: tuple[Fault, ...]

    def __init__(self, faults: Sequence[Fault] | str) -> None:
        if isinstance(faults, str):
            faults = [Fault(faults, help=_help_in(faults))]
        super().__init__("\n".join(fault.message for fault in faults))
        self.faults = tuple(faults)

    @property
    def file(self) -> str | None:
        return self.faults[0].file

    @property
    def line(self) -> int | None:
        return self.faults[0].line

    @property
    def column(self) -> int | None:
        return self.faults[0].column

    @property
    def help(self) -> str | None:
        return self.faults[0].help


def _help_in(message: str) -> str | None:
    _, mark, help = message.rpartition(_HELP)
    return help if mark else None


def input_error(faults: list[tuple[str, str, int | None, int | None, str]]) -> InputError:
    """The exception of the faults that the library found; called by it."""
    return InputError(
        [
            Fault(message, file or None, line, column, help or _help_in(message))
            for message, file, line, column, help in faults
        ]
    )


def without_place(error: Error) -> str:
    """The words of an error without line numbers and excerpts of a text that the user has not written."""
    if not isinstance(error, InputError):
        return str(error)
    return "\n".join(_without_place(fault) for fault in error.faults)


def _without_place(fault: Fault) -> str:
    first = fault.message.split("\n")[0]
    if fault.line is None or not first.startswith(f"{fault.file}:{fault.line}:"):
        return fault.message
    return first.split(":", 3)[3].strip() + (f"{_HELP}{fault.help}" if fault.help else "")


def missing(package: str, what: str) -> ImportError:
    """The error of a package that somebody else has to install."""
    return ImportError(f"{what} needs {package}, which is not installed\n  help: pip install {package}")
