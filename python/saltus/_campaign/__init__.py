"""Campaigns: many molecules with the same settings, one folder each, by any executor.

``settings`` checks what all share, ``molecules`` names each, ``loop`` hands tasks to the executor, ``work`` is one task,
``status`` what is kept of it, ``results`` reads that again, ``table`` and ``overview`` write it down.
"""

from __future__ import annotations

import collections
import itertools
import os
import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from .._errors import Error, InputError
from .._saltus import __version__
from . import status
from .loop import Here, Loop
from .molecules import Molecules, carried, identity, named
from .progress import Progress
from .results import SETTINGS, Campaign, Result
from .settings import Settings, checked, seed_of
from .status import FAILED, FINISHED
from .work import BUSY, Task, standing, terminated_as_interrupted

__all__ = ["Campaign", "Result", "campaign"]

_WAIT_SECONDS = 60.0


def campaign(
    molecules: Molecules,
    settings: Mapping[str, Any] | None = None,
    executor: Executor | None = None,
    *,
    output: str | os.PathLike[str],
    shard: tuple[int, int] | None = None,
    retries: int = 1,
    window: int = 1024,
    report: bool = True,
    overview: bool = True,
    progress: bool = True,
) -> Campaign:
    """Samples many molecules with the same settings, each into a folder of its own.

    Called again with the same arguments it goes on: what is finished is skipped, what was cut off continues from its
    checkpoint, what failed is tried again. The same seed gives the same table, whatever the executor, and however often it
    was stopped; only ``max_minutes`` and wall clocks depend on the machine. Ctrl-C and SIGTERM stop with checkpoints.

    Args:
        molecules: sequences, paths of PDB or mmCIF files, :class:`saltus.System`, sections ``system`` of an input as dicts,
            or pairs ``(name, molecule)`` of a name and one of these; or a dict of names and molecules. Any iterable will do,
            a generator is asked for molecules as they are needed. A name is that of a folder; without one it is the sequence,
            or the file's name without its ending.
        settings: keyword arguments of :func:`saltus.sample` (``ess``, ``solvent``, ``max_minutes``, ...), which chooses the
            sampler of every molecule; or, known by keys such as ``sampler`` and ``run``, an input of :func:`saltus.run`
            without its molecule, where ``system`` has what all molecules share (``solvent``, ``force_field``, ...). A dict
            among the molecules goes before these, a ``System`` has its own. ``threads`` and ``device`` go with both. ``seed``
            is the campaign's: a molecule's is made of it and the molecule's name; it is drawn and noted where it is missing.
        executor: an executor of ``concurrent.futures``, or anything with its ``submit``: ``ProcessPoolExecutor``, Dask's
            ``client.get_executor()``, ``MPIPoolExecutor`` of mpi4py, Parsl's, submitit's. Its workers see ``output`` and
            the molecules' files under the same paths. Runs have one thread each unless the settings say otherwise. ``None``
            runs one after another in this process, on all cores.
        output: folder for the molecules' folders, ``campaign.csv``, ``campaign.parquet`` where pyarrow is installed, and
            ``index.html``.
        shard: ``(i, n)`` takes the molecules whose place in the input, from 0, leaves ``i`` when divided by ``n``: one job
            of an array of ``n``. All jobs name the same ``output``, and the last to end writes the whole table.
        retries: how often a failure is tried again in this call.
        window: most molecules in the executor's hands, at least the number of its workers.
        report: whether every molecule gets its report, ``report/report.html``.
        overview: whether table and page are written at the end; ``saltus.Campaign(output).write()`` does it later.
        progress: whether it is shown how far it is.

    Returns:
        The campaign. Failures are in its ``failures``, each with its reason, and do not end it. Too little accuracy is a
        verdict, not a failure.

    Raises:
        InputError: settings, names or arguments that are wrong; a folder with other settings or another molecule.
        Error: the executor died; the message says how to go on.
        KeyboardInterrupt: Ctrl-C or SIGTERM, once what ran has its checkpoint.
    """
    folder = Path(os.path.abspath(output))
    _check(executor, shard, retries, window)
    made = checked(settings, folder)
    plan = _Plan(molecules, made, folder, shard, 1 if executor is not None else None, report)
    plan.check_names()
    plan.seed = _claim(folder, made)
    plan.check_folders()
    shown = Progress(progress, plan.n_molecules)
    taking = (Here(), 1) if executor is None else (executor, window)
    loop = Loop(*taking, retries, plan.stop_file, shown)
    try:
        with terminated_as_interrupted():
            loop.go(plan.tasks())
    except KeyboardInterrupt:
        shown.say(
            f"stopped: {loop.counts[FINISHED]} molecules are finished, {loop.counts[FAILED]} failed; the same call goes on, "
            f"saltus.Campaign({str(output)!r}) shows what there is"
        )
        raise
    finally:
        shown.close()
    done = Campaign(output)
    page = f"; {done.write()}" if overview else ""
    others = f", {loop.counts[BUSY]} are being run by other processes" if loop.counts[BUSY] else ""
    shown.say(f"{loop.counts[FINISHED]} molecules are finished, {loop.counts[FAILED]} failed{others}{page}")
    return done


class _Plan:
    """The tasks of a call."""

    seed: int

    def __init__(
        self,
        molecules: Molecules,
        settings: Settings,
        folder: Path,
        shard: tuple[int, int] | None,
        threads: int | None,
        report: bool,
    ) -> None:
        self._molecules = molecules
        self._settings = settings
        self._folder = folder
        self._place, self._n_shards = shard or (0, 1)
        self._threads = threads
        self._report = report
        self.stop_file = folder / f".stop-{uuid.uuid4().hex[:12]}"
        # What can be gone through twice is looked at as a whole before anything runs.
        self._is_kept = isinstance(molecules, (Sequence, Mapping))
        n_molecules = len(molecules) if isinstance(molecules, (Sequence, Mapping)) else None
        self.n_molecules = None if n_molecules is None else len(range(self._place, n_molecules, self._n_shards))

    def check_names(self) -> None:
        """Refuses what is no collection of molecules, and names that are one folder where the molecules are at hand."""
        every = named(self._molecules, self._settings.shared)
        if self._is_kept:
            collections.deque(every, maxlen=0)

    def check_folders(self) -> None:
        """Refuses folders of other molecules, if the molecules are at hand."""
        for task in self.tasks(is_check=True) if self._is_kept else ():
            standing(task)

    def tasks(self, is_check: bool = False) -> Iterator[Task]:
        """The tasks of this shard, made as they are asked for; a check writes nothing."""
        every = named(self._molecules, self._settings.shared)
        for molecule in itertools.islice(every, self._place, None, self._n_shards):
            own = self._folder / molecule.folder
            section = molecule.section if is_check else carried(molecule.section, own)
            yield Task(
                index=molecule.index,
                name=molecule.name,
                shown=molecule.shown,
                folder=str(own),
                input=self._settings.input(section, seed_of(self.seed, molecule.name), self._threads),
                identity=identity(section),
                report=self._report,
                stop_file=str(self.stop_file),
            )


def _claim(folder: Path, settings: Settings) -> int:
    """The campaign's seed, once the folder is known to be of these settings; jobs that begin together agree on one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot make the output folder {folder}: {error}\n  help: name another with output="
        ) from None
    with status.locked(folder, _WAIT_SECONDS) as is_mine:
        if not is_mine:
            raise Error(f"another process has been holding {folder} for {_WAIT_SECONDS:.0f} s\n  help: try again")
        before = status.read_json(folder / SETTINGS)
        now = settings.recorded()
        if before is None:
            seed = secrets.randbelow(2**53) if settings.seed is None else int(settings.seed)
            status.write_json(folder / SETTINGS, {"saltus": __version__, "seed": seed, "settings": now})
            return seed
    found = status.difference(before["settings"], now)
    if found is None and settings.seed not in (None, before["seed"]):
        found = ("seed", before["seed"], settings.seed)
    if found is not None:
        place, old, new = found
        raise InputError(
            f"settings: {place}: got {status.told(new)}, but the campaign in {folder} has {status.told(old)}\n"
            "  help: go on with the settings that it has, or name another output folder"
        )
    return int(before["seed"])


def _check(executor: Any, shard: Any, retries: Any, window: Any) -> None:
    if executor is not None and hasattr(executor, "get_executor"):
        raise InputError("executor: got a client of Dask, expected an executor\n  help: give client.get_executor()")
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise InputError(
            f"executor: got {type(executor).__name__}, expected one of concurrent.futures, with `submit`\n"
            "  help: concurrent.futures.ProcessPoolExecutor(), or None for this process alone"
        )
    if shard is not None:
        is_pair = isinstance(shard, (tuple, list)) and len(shard) == 2 and all(type(number) is int for number in shard)
        if not is_pair or not 0 <= shard[0] < shard[1]:
            raise InputError(
                f"shard: got {shard!r}, expected (i, n) with i from 0 to n - 1\n"
                "  help: in Slurm's arrays that begin at 0, (int(os.environ['SLURM_ARRAY_TASK_ID']), "
                "int(os.environ['SLURM_ARRAY_TASK_COUNT']))"
            )
    for name, value, least in (("retries", retries, 0), ("window", window, 1)):
        if type(value) is not int or value < least:
            raise InputError(f"{name}: got {value!r}, expected a whole number of at least {least}")
