"""What a campaign has come to, read from the folders of its molecules."""

from __future__ import annotations

import html
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._errors import Error, InputError
from .._run import Run
from . import status
from .overview import SHOWN, counted, line, write_overview
from .status import CUT_OFF, FAILED, RUNNING, STATUS
from .table import COLUMNS, write_csv, write_parquet

SETTINGS = "campaign.json"
_MOST_SHOWN = 20
_WAIT_SECONDS = 120.0


@dataclass(frozen=True)
class Result:
    """A molecule of a campaign."""

    name: str
    status: str
    """``finished``, ``failed``, ``stopped`` (with a checkpoint), ``running``, or ``cut off`` (its process was killed)."""
    verdict: str
    """Of a finished one: ``accurate`` or ``not accurate enough``; where no accuracy was asked for ``converged`` or ``not converged``."""
    reason: str
    """Why it failed, or is not accurate."""
    path: Path
    """Its folder."""
    row: dict[str, Any]
    """Its line of the table."""

    @property
    def run(self) -> Run:
        """The run in the folder."""
        return Run(self.path)

    @property
    def report(self) -> Path | None:
        """The page of its report, where there is one."""
        return self.path.parent / self.row["report"] if self.row["report"] else None


class Campaign:
    """The output folder of a campaign, whoever ran it; molecules are read when they are asked for.

    Args:
        path: the folder, as ``output=`` of :func:`saltus.campaign` named it. It may grow meanwhile: what is here is how it
            stood when it was opened.

    ``len`` is how many molecules were begun; iterating gives a :class:`Result` each, in the order of the input.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        recorded = status.read_json(self.path / SETTINGS)
        if recorded is None:
            raise InputError(
                f"{self.path} holds no campaign: there is no {SETTINGS}\n  help: name the folder given as output="
            )
        self.settings: dict[str, Any] = recorded["settings"]
        """The settings, files as names and hashes."""
        self.seed: int = recorded["seed"]
        """The campaign's seed, given or drawn; a molecule's is made of it and the molecule's name."""
        self.counts: Counter[str] = Counter()
        """Molecules by status."""
        self._folders: list[tuple[int, str]] = []
        self._look()

    def _look(self) -> None:
        """Finds the molecules; of each the place in the order and the name of its folder stay in memory."""
        self.counts.clear()
        self._folders.clear()
        for entry in os.scandir(self.path):
            if os.path.exists(os.path.join(entry.path, STATUS)):
                row = _row(Path(entry.path))
                self.counts[row["status"]] += 1
                self._folders.append((row["index"], entry.name))
        self._folders.sort()

    def __len__(self) -> int:
        return len(self._folders)

    def __iter__(self) -> Iterator[Result]:
        return map(self._result, self.rows())

    def __getitem__(self, name: str) -> Result:
        """The molecule of this name."""
        for row in self.rows():
            if row["name"] == name:
                return self._result(row)
        raise KeyError(f"there is no molecule {name!r} in {self.path}")

    def rows(self) -> Iterator[dict[str, Any]]:
        """The lines of the table one by one, for campaigns larger than memory."""
        return (_row(self.path / folder) for _, folder in self._folders)

    @property
    def table(self) -> list[dict[str, Any]]:
        """One dict a molecule; units are in the names."""
        return [{column: row[column] for column in COLUMNS} for row in self.rows()]

    @property
    def failures(self) -> list[Result]:
        """Those that failed, each with its ``reason``."""
        return [self._result(row) for row in self.rows() if row["status"] == FAILED]

    def _result(self, row: dict[str, Any]) -> Result:
        keys = {key: row[key] for key in ("name", "status", "verdict", "reason")}
        return Result(**keys, path=self.path / row["folder"], row={column: row[column] for column in COLUMNS})

    def write(self) -> Path:
        """Writes ``campaign.csv``, ``index.html`` and, where pyarrow is installed, ``campaign.parquet``; the page.

        Raises:
            Error: a full disk, or another process that writes them for minutes.
        """
        try:
            with status.locked(self.path, _WAIT_SECONDS) as is_mine:
                if not is_mine:
                    raise Error(f"another process has been writing the table of {self.path} for {_WAIT_SECONDS:.0f} s")
                # What other processes have finished by now belongs into it, and none may write an older one later.
                self._look()
                write_csv(self.path / "campaign.csv", self.rows())
                write_parquet(self.path / "campaign.parquet", self.rows())
                return write_overview(self)
        except OSError as error:
            raise Error(
                f"the table of {self.path} could not be written: {error}\n"
                f"  help: the molecules are as they were; once that is mended, saltus.Campaign({str(self.path)!r}).write()"
            ) from error

    def __repr__(self) -> str:
        return f"<saltus.Campaign {str(self.path)!r}: {len(self)} molecules; {counted(self.counts)}>"

    def _repr_html_(self) -> str:
        head = f"<p><b>{html.escape(str(self.path))}</b>: {len(self)} molecules; {counted(self.counts)}</p>"
        names = "".join(f"<th>{title}</th>" for title in SHOWN.values())
        first = [row for _, row in zip(range(_MOST_SHOWN), self.failed_first())]
        more = f"<p>and {len(self) - len(first)} more</p>" if len(first) < len(self) else ""
        return f"{head}<table><tr>{names}</tr>{''.join(line(row, links=False) for row in first)}</table>{more}"

    def failed_first(self) -> Iterator[dict[str, Any]]:
        """The lines of the table, those of failures before all others."""
        yield from (row for row in self.rows() if row["status"] == FAILED)
        yield from (row for row in self.rows() if row["status"] != FAILED)


def _row(folder: Path) -> dict[str, Any]:
    """The line of a molecule, with its ``index``."""
    blank = {
        **dict.fromkeys(COLUMNS),
        "name": folder.name,
        "molecule": "",
        "verdict": "",
        "report": "",
        "slowest": "",
        "warnings": "",
    }
    try:
        noted = status.read_json(folder / STATUS)
    except Error as error:
        return {**blank, "index": 2**62, "status": FAILED, "reason": str(error), "folder": folder.name}
    if noted is None:
        return {**blank, "index": 2**62, "status": FAILED, "reason": f"{STATUS} is gone", "folder": folder.name}
    keys = {key: noted[key] for key in ("index", "name", "molecule", "status", "reason", "seed")}
    if keys["status"] == RUNNING and not status.is_held(folder):
        keys["status"] = CUT_OFF
    row = {**blank, **keys, **noted["row"], "folder": folder.name}
    row["report"] = f"{folder.name}/{row['report']}" if row["report"] else ""
    return row
