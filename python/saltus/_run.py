"""Runs and what they leave."""

from __future__ import annotations

import html
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ._analysis import Analysis, analyze
from ._errors import Error, missing
from ._input import Input, given
from ._progress import Progress
from ._saltus import Trajectory as _File
from ._saltus import run as _run
from ._topology import Topology

if TYPE_CHECKING:
    import MDAnalysis
    import mdtraj

_MOST_SHOWN_FRAMES = 200_000

Teller: TypeAlias = "Callable[[int, int, str, float, float, float, float], object]"
"""Told how far a run is: cycle, cycles in all, phase, ns/day, energy evaluations a second, K, seconds left."""


class Run:
    """The output folder of a run; arrays are read from its files when they are asked for.

    Args:
        path: the folder, as ``output.directory`` of the input or ``output=`` named it. It is the same whether this process ran
            it, another, or the command line.

    Arrays begin with the replica, in the order of the trajectory files. Where these have different numbers of frames (a run
    that was killed) an array has as many as the shortest.
    """

    def __init__(self, path: str | os.PathLike[str], summary: dict[str, Any] | None = None) -> None:
        self.path = Path(path)
        self.summary = summary
        """What ``saltus run --json`` prints at the end; ``None`` for a folder that was only opened."""
        files = sorted(self.path.glob("trajectory_*.h5"))
        if not files:
            raise Error(
                f"{self.path} holds no trajectory_*.h5\n  help: name the output folder of a run, or the files themselves"
            )
        self.files = files
        """The trajectory files, one a replica."""
        self._open = [_File(file) for file in files]

    @property
    def n_replicas(self) -> int:
        """Trajectories in the folder."""
        return len(self.files)

    @property
    def n_frames(self) -> int:
        """Frames of the shortest trajectory."""
        return min(file.shape()[0] for file in self._open)

    @property
    def n_atoms(self) -> int:
        """Atoms of the molecule."""
        return self._open[0].shape()[1]

    @property
    def topology(self) -> Topology:
        """Atoms, residues and bonds."""
        return Topology._of(self._open[0].topology())

    def _header(self, replica: int = 0) -> dict[str, Any]:
        header = self._open[replica].header()
        if header is None:
            raise Error(f"{self.files[replica]} was not written by saltus: it does not say how it was made")
        return json.loads(header)

    @property
    def input_yaml(self) -> str:
        """The input of the run, whole."""
        return self._header()["input_yaml"]

    @property
    def seed(self) -> int:
        """Seed, given or drawn."""
        return self._header()["seed"]

    @property
    def device(self) -> str:
        """Device, instruction set and precision."""
        return self._header()["device"]

    @property
    def exact(self) -> bool:
        """Whether every kernel leaves the Boltzmann distribution invariant."""
        return self._header()["exact"]

    @property
    def kernel_names(self) -> list[str]:
        """Kernels in the order of the sampler list."""
        return self._header()["kernel_names"]

    @property
    def masses_da(self) -> NDArray[np.float64]:
        """Masses in Da, ``[n_atoms]``."""
        return np.array(self._header()["masses_da"])

    @property
    def temperatures_kelvin(self) -> NDArray[np.float64]:
        """Temperature in K, ``[n_replicas]``."""
        return np.array([self._header(replica)["temperature_kelvin"] for replica in range(self.n_replicas)])

    @property
    def log_weights(self) -> NDArray[np.float64] | None:
        """ln of the importance weight of every frame, ``[n_replicas, n_frames]``; ``None`` for frames of chains, which need none."""
        weights = [self._header(replica)["log_weights"] for replica in range(self.n_replicas)]
        return np.array(weights, dtype=np.float64) if weights[0] else None

    @property
    def positions(self) -> NDArray[np.float32]:
        """Positions in nm, ``[n_replicas, n_frames, n_atoms, 3]``."""
        n_frames = self.n_frames
        return np.stack([file.positions(0, n_frames) for file in self._open])

    def read_positions(self, replica: int, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Some frames of one replica in nm, ``[stop - start, n_atoms, 3]``: for runs larger than memory."""
        file = self._open[replica]
        return file.positions(start, file.shape()[0] if stop is None else stop)

    def _stack(self, method: str) -> NDArray[Any]:
        n_frames = self.n_frames
        return np.stack([getattr(file, method)()[:n_frames] for file in self._open])

    @property
    def potential_energies(self) -> NDArray[np.float64]:
        """Potential energies in kJ/mol, ``[n_replicas, n_frames]``."""
        return self._stack("potential_energies")

    @property
    def times_ps(self) -> NDArray[np.float64]:
        """Simulated time in ps, ``[n_replicas, n_frames]``."""
        return self._stack("times_ps")

    @property
    def cycles(self) -> NDArray[np.uint64]:
        """Cycles done at each frame, equilibration included, ``[n_replicas, n_frames]``."""
        return self._stack("cycles")

    @property
    def acceptance(self) -> NDArray[np.float64]:
        """Share of moves accepted since the frame before, ``[n_replicas, n_frames, n_kernels]``; NaN of kernels that propose nothing."""
        return self._stack("acceptance")

    def analyze(self, **options: Any) -> Analysis:
        """Judges the run; see :func:`saltus.analyze`."""
        return analyze(self, **options)

    def _frames(self, replica: int | None) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Positions and times of one replica, or of all, one after another."""
        chosen = self._open if replica is None else [self._open[replica]]
        positions = np.concatenate([file.positions(0, file.shape()[0]) for file in chosen])
        return positions, np.concatenate([file.times_ps() for file in chosen])

    def mdtraj(self, replica: int | None = None) -> mdtraj.Trajectory:
        """An ``mdtraj.Trajectory`` of one replica, or of all of them, one after another."""
        try:
            import mdtraj
        except ImportError:
            raise missing("mdtraj", "a trajectory of MDTraj") from None
        positions, times = self._frames(replica)
        return mdtraj.Trajectory(positions, self.topology.mdtraj(), time=times)

    def universe(self, replica: int | None = None) -> MDAnalysis.Universe:
        """An ``MDAnalysis.Universe`` in memory of one replica, or of all of them, one after another; lengths in Å, as there."""
        try:
            import MDAnalysis
        except ImportError:
            raise missing("MDAnalysis", "a Universe of MDAnalysis") from None
        topology = self.topology
        chains = list(dict.fromkeys(residue.chain for residue in topology.residues))
        universe = MDAnalysis.Universe.empty(
            topology.n_atoms,
            n_residues=len(topology.residues),
            n_segments=len(chains),
            atom_resindex=[atom.residue for atom in topology.atoms],
            residue_segindex=[chains.index(residue.chain) for residue in topology.residues],
            trajectory=True,
        )
        universe.add_TopologyAttr("names", [atom.name for atom in topology.atoms])
        universe.add_TopologyAttr("elements", [atom.element for atom in topology.atoms])
        universe.add_TopologyAttr("types", [atom.element for atom in topology.atoms])
        universe.add_TopologyAttr("masses", self.masses_da)
        universe.add_TopologyAttr("resnames", [residue.name for residue in topology.residues])
        universe.add_TopologyAttr("resids", [residue.number for residue in topology.residues])
        universe.add_TopologyAttr("segids", chains)
        universe.add_TopologyAttr("bonds", [tuple(int(atom) for atom in bond) for bond in topology.bonds])
        positions, times = self._frames(replica)
        step = float(times[1] - times[0]) if len(times) > 1 and times[1] > times[0] else 1.0
        universe.load_new(10.0 * positions, order="fac", dt=step)
        return universe

    def arviz(self, **options: Any) -> Any:
        """The observables as ArviZ data; ``options`` are those of :func:`saltus.analyze`."""
        return self.analyze(**options).arviz()

    def deeptime(self, **options: Any) -> list[NDArray[np.float64]]:
        """Sines and cosines of the torsions for deeptime's estimators: an array ``[n_frames, n_features]`` a replica."""
        return self.analyze(**options).features()[1]

    def __repr__(self) -> str:
        return f"<saltus.Run {str(self.path)!r}: {self.topology}; {self.n_replicas} replicas of {self.n_frames} frames>"

    def _repr_html_(self) -> str:
        head = f"<p><b>{html.escape(str(self.path))}</b></p>"
        if self.summary:
            lines = "".join(f"<li>{html.escape(warning)}</li>" for warning in self.summary["warnings"])
            head += f"<ul>{lines}</ul>" if lines else ""
        if self.n_frames * self.n_replicas > _MOST_SHOWN_FRAMES:
            return head + f"<p>{html.escape(repr(self))}</p>"
        try:
            return head + self.analyze()._repr_html_()
        except Error as error:
            return head + f"<p>{html.escape(repr(self))}</p><p>{html.escape(str(error))}</p>"


def run(
    input: Input,
    *,
    output: str | os.PathLike[str] | None = None,
    resume: bool = False,
    force: bool = False,
    device: str | None = None,
    cycles: int | None = None,
    equilibration_cycles: int | None = None,
    progress: bool | Teller = True,
) -> Run:
    """Runs a simulation, as ``saltus run``.

    Other Python threads go on meanwhile. Ctrl-C stops the run after its cycle with a checkpoint; the frames up to then are in
    the output folder, ``saltus.Run(folder)`` opens them and ``resume=True`` goes on with the same bits.

    Args:
        input: a dict with the keys of the YAML, YAML text, or the path of a YAML file. In a dict ``system`` may be a
            :class:`saltus.System`, and :class:`saltus.Proposal` objects may stand in ``sampler``. Relative paths count from
            the folder of the file, or from the current one.
        output: folder instead of ``output.directory``.
        resume: continues from the checkpoint in the folder, as if the run had never stopped.
        force: replaces the files of an earlier run.
        device: instead of ``device``: auto, cpu, gpu, gpu:NAME.
        cycles: instead of ``run.cycles``; with ``resume`` a longer run.
        equilibration_cycles: instead of ``run.equilibration_cycles``.
        progress: whether it is shown how far the run is; or a function that is told so a few times a second, with cycle, cycles
            in all, phase, ns/day, energy evaluations a second, temperature in K and seconds left. What it raises ends the run
            as Ctrl-C does.

    Raises:
        InputError: the input is wrong; nothing was written.
        Error: the run failed; the frames up to then are kept.
        KeyboardInterrupt: Ctrl-C, once the checkpoint is written.
    """
    text, objects = given(input)
    shown = Progress() if progress is True else None
    told: Callable[..., Any] | None = progress if callable(progress) else shown
    is_complete = False
    try:
        folder, summary = _run(
            text,
            resume,
            force,
            None if output is None else Path(output),
            device,
            cycles,
            equilibration_cycles,
            told,
            objects,
        )
        is_complete = True
    except KeyboardInterrupt:
        if shown is not None:
            print(
                "stopped with a checkpoint: saltus.Run(folder) opens what there is, saltus.run(..., resume=True) goes on",
                file=sys.stderr,
            )
        raise
    finally:
        if shown is not None:
            shown.close(is_complete)
    return Run(folder, json.loads(summary))
