"""One molecule of a campaign, in whatever process an executor puts it: run, judged, noted in its folder."""

from __future__ import annotations

import contextlib
import copy
import datetime
import logging
import math
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._analysis import analyze
from .._errors import Error, InputError, without_place
from .._run import Run, run
from .._saltus import __version__
from . import status
from .status import FAILED, FINISHED, RUNNING, STATUS, STOPPED

CHECKPOINT = "checkpoint.saltus"
REPORT = "report"
BUSY, REFUSED = "busy", "refused"
"""Outcomes that leave the status as it is: another process is at the molecule; the folder is another molecule's."""

_LOOK_SECONDS = 0.5
_MOST_NAMED = 6
_LEFTOVERS = ("trajectory_*.h5", CHECKPOINT, "topology.pdb")


@dataclass(frozen=True)
class Task:
    """All that a worker needs; it can be pickled as long as the proposals in the input can."""

    index: int
    name: str
    shown: str
    folder: str
    input: dict[str, Any]
    identity: dict[str, Any]
    """What tells the molecule from others, see :func:`saltus._campaign.molecules.identity`."""
    report: bool
    """Whether the molecule's report is written."""
    stop_file: str
    """The run stops with a checkpoint once this file exists."""
    attempt: int = 1
    """Of this call, from 1."""


@dataclass(frozen=True)
class Outcome:
    """What became of a task; everything else stands in the molecule's folder."""

    status: str
    reason: str = ""


def standing(task: Task) -> dict[str, Any] | None:
    """The status of the task's folder, ``None`` where there is none yet.

    Raises:
        InputError: the folder is another molecule's, or not a campaign's.
    """
    folder = Path(task.folder)
    before = status.read_json(folder / STATUS)
    if before is None:
        for pattern in _LEFTOVERS:
            for file in folder.glob(pattern):
                raise InputError(
                    f"{file} exists, but no campaign wrote it\n  help: move it away, or name another output folder"
                )
        return None
    if before["name"] != task.name:
        raise InputError(
            f"{folder} holds the molecule {before['name']!r}, not {task.name!r}\n"
            "  help: give names of your own, (name, molecule), that differ by more than upper and lower case"
        )
    found = status.difference(before["identity"], task.identity)
    if found and before["status"] != FAILED:
        place, old, new = found
        raise InputError(
            f"molecule {task.name!r}: {place}: got {status.told(new)}, but {folder} has {status.told(old)}\n"
            "  help: give the other molecule another name, or name another output folder"
        )
    return before


def work(task: Task) -> Outcome:
    """Runs a molecule, or what is left of it, unless it is finished or another process is at it."""
    with terminated_as_interrupted():
        try:
            Path(task.folder).mkdir(parents=True, exist_ok=True)
            with status.locked(Path(task.folder)) as is_mine:
                return _Attempt(task).outcome() if is_mine else Outcome(BUSY)
        except KeyboardInterrupt:
            return Outcome(STOPPED)
        except Exception as error:
            return Outcome(FAILED, _told(error, Path(task.folder)))


class _Attempt:
    """One try at a molecule; the folder is locked."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.folder = Path(task.folder)
        self.noted: dict[str, Any] = {}

    def outcome(self) -> Outcome:
        try:
            before = standing(self.task)
        except InputError as error:
            return Outcome(REFUSED, str(error))
        if before is not None and before["status"] == FINISHED:
            return Outcome(FINISHED)
        is_same = before is not None and before["identity"] == self.task.identity
        attempts = before["attempts"] if before else 0
        self._note(RUNNING, attempts=attempts + 1, begun=_now(), ended=None, reason="", row={})
        with _Log() as log:
            try:
                row = self._row(self._run(goes_on=is_same and (self.folder / CHECKPOINT).exists()))
            except KeyboardInterrupt:
                self._note(STOPPED, ended=_now(), log=log)
                return Outcome(STOPPED)
            except Exception as error:
                reason = _told(error, self.folder)
                self._note(FAILED, ended=_now(), reason=reason, log=log)
                return Outcome(FAILED, reason)
        self._note(FINISHED, ended=_now(), reason=row.pop("reason"), row=row, log=log)
        return Outcome(FINISHED)

    def _note(self, state: str, **changes: Any) -> None:
        task = self.task
        self.noted = {
            "index": task.index,
            "name": task.name,
            "molecule": task.shown,
            **self.noted,
            **changes,
            "status": state,
            "seed": task.input["seed"],
            "identity": task.identity,
            "saltus": __version__,
            "host": socket.gethostname(),
            "process": os.getpid(),
        }
        status.write_json(self.folder / STATUS, self.noted)

    def _run(self, goes_on: bool) -> Run:
        """The run to its end: from its checkpoint, or from the start over files that no checkpoint belongs to."""
        # Proposals learn, and have to begin anew with every molecule also where all run in one process.
        input = copy.deepcopy(self.task.input)
        stop = _StopFile(self.task.stop_file)
        try:
            return run(input, output=self.folder, resume=goes_on, force=not goes_on, progress=stop)
        except InputError as error:
            if not goes_on:
                raise
            raise Error(
                f"what an earlier try left cannot be continued: {without_place(error)}\n"
                f"  help: to start this molecule over, delete the folder {self.folder.name}"
            ) from error

    def _row(self, done: Run) -> dict[str, Any]:
        """The molecule's line of the table, as far as it is the run's."""
        summary = done.summary or {}
        row: dict[str, Any] = {
            "n_atoms": done.n_atoms,
            "replicas": done.n_replicas,
            "frames": summary["frames"],
            "energy_evaluations": summary["energy_evaluations"] + summary["equilibration_energy_evaluations"],
            "wall_seconds": summary["wall_seconds"] + summary["equilibration_wall_seconds"],
            "exact": summary["exact"],
            "warnings": "; ".join(summary["warnings"]),
        }
        try:
            row.update(_judged(done, self.folder / REPORT if self.task.report else None))
        except Error as error:
            row.update(verdict="not judged", reason=_told(error, self.folder))
        accuracy = summary.get("accuracy")
        if accuracy is not None:
            row["verdict"] = "accurate" if accuracy["reached"] else "not accurate enough"
            row["reason"] = summary.get("accuracy_shortfall") or ""
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in row.items()
        }


def _judged(done: Run, report: Path | None) -> dict[str, Any]:
    """ESS, R-hat and verdict of the analysis, which is written to the folder ``report``."""
    analysis = analyze(done)
    known = [row for row in analysis.rows if row["ess_bulk"] is not None and row["ess_tail"] is not None]
    slowest = min(known, key=lambda row: min(row["ess_bulk"], row["ess_tail"]), default=None)
    gyration = next((row for row in analysis.rows if row["name"] == "radius_of_gyration"), {})
    faults = [row["name"] for row in analysis.rows if row["not_converged"]]
    faults += [fault["name"] for fault in analysis.report["hidden"]["faults"]]
    n_judged = len(analysis.rows) + analysis.report["hidden"]["n_compared"]
    named = ", ".join(faults[:_MOST_NAMED]) + (", ..." if len(faults) > _MOST_NAMED else "")
    if report is not None:
        analysis.write(report, force=True)
    return {
        "verdict": "not converged" if faults else "converged",
        "reason": (
            f"{len(faults)} of {n_judged} observables and coordinates are not converged: {named}" if faults else ""
        ),
        "smallest_ess": min(slowest["ess_bulk"], slowest["ess_tail"]) if slowest else None,
        "slowest": slowest["name"] if slowest else "",
        "largest_r_hat": max((row["r_hat"] for row in known if row["r_hat"] is not None), default=None),
        "radius_of_gyration_nm": gyration.get("mean"),
        "radius_of_gyration_mcse_nm": gyration.get("mcse"),
        "report": f"{REPORT}/report.html" if report is not None else "",
    }


def note_lost(task: Task, outcome: Outcome) -> Outcome:
    """Notes that no worker gave an answer, unless one is at the molecule still or has finished it; what became of it."""
    folder = Path(task.folder)
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.suppress(OSError))
        folder.mkdir(parents=True, exist_ok=True)
        is_mine = stack.enter_context(status.locked(folder))
        before = status.read_json(folder / STATUS)
        if not is_mine:
            return Outcome(BUSY)
        if before and before["status"] == FINISHED:
            return Outcome(FINISHED)
        attempt = _Attempt(task)
        attempt.noted = before or {"attempts": task.attempt, "begun": None, "row": {}}
        attempt._note(FAILED, ended=_now(), reason=outcome.reason)
    return outcome


class _StopFile:
    """Told how far a run is; stops it once the file exists."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._next = 0.0
        self()

    def __call__(self, *_: Any) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _LOOK_SECONDS
            if os.path.exists(self._path):
                raise KeyboardInterrupt


@contextlib.contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM, which batch systems send before the end, stops as Ctrl-C does; where the process has no answer of its own."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


class _Log(logging.Handler):
    """Hears what the program logs on this thread: it belongs to the molecule, and would not name it among a thousand others."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record.getMessage())

    def __enter__(self) -> list[str]:
        logging.getLogger("saltus").addHandler(self)
        return self.lines

    def __exit__(self, *_: object) -> None:
        logging.getLogger("saltus").removeHandler(self)


def _told(error: Exception, folder: Path) -> str:
    """The error in words that are the same wherever the campaign lies."""
    text = without_place(error) if isinstance(error, Error) else f"{type(error).__name__}: {error}"
    return text.replace(f"{folder.parent}{os.sep}", "")


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
