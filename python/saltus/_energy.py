"""Energies and structures of molecules."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._errors import InputError, missing
from ._input import Input, given
from ._saltus import Evaluator
from ._saltus import build as _build
from ._topology import Topology

if TYPE_CHECKING:
    import mdtraj


@dataclass(frozen=True)
class Energies:
    """Energies and forces of one structure, in f64."""

    potential_energy: float
    """kJ/mol."""
    terms: dict[str, float]
    """Its terms in kJ/mol: bond, angle, torsion, (cmap,) nonbonded, implicit_solvent."""
    positions: NDArray[np.float64]
    """The structure in nm, ``[n_atoms, 3]``."""
    forces: NDArray[np.float64]
    """kJ/mol/nm, ``[n_atoms, 3]``."""
    topology: Topology
    """The atoms, in the order of the arrays."""

    def _repr_html_(self) -> str:
        rows = [*self.terms.items(), ("potential_energy", self.potential_energy)]
        cells = "".join(f"<tr><td>{name}</td><td>{value:.4f}</td></tr>" for name, value in rows)
        return f"<table><caption>{self.topology}</caption><tr><th>term</th><th>kJ/mol</th></tr>{cells}</table>"


@dataclass(frozen=True)
class Structure:
    """A molecule with positions."""

    topology: Topology
    positions: NDArray[np.float64]
    """nm, ``[n_atoms, 3]``."""
    pdb: str
    """The same as the text of a PDB file."""

    def mdtraj(self) -> mdtraj.Trajectory:
        """The structure as a trajectory of one frame."""
        try:
            import mdtraj
        except ImportError:
            raise missing("mdtraj", "a trajectory of MDTraj") from None
        return mdtraj.Trajectory(self.positions[None], self.topology.mdtraj())

    def __repr__(self) -> str:
        return f"<saltus.Structure: {self.topology}>"


def build(
    sequence: str,
    path: str | os.PathLike[str] | None = None,
    *,
    force_field: str = "amber14",
    solvent: str = "obc1",
    disulfides: Sequence[tuple[int, int]] = (),
    minimize: bool = True,
    force: bool = False,
) -> Structure:
    """Builds a peptide from its sequence, as ``saltus build``.

    Args:
        sequence: ``ACE-ALA-NME``, or one letter a residue, ``AAAY``, with charged ends; ``cyclo(RGDfV)`` is a ring with a D residue.
        path: PDB file to write as well.
        force_field: of the minimisation: a built-in name or an OpenMM XML file.
        solvent: of the minimisation: vacuum, hct, obc1, obc2, gbn, gbn2.
        disulfides: pairs of residue numbers, from 1, of bridged cysteines.
        minimize: whether the structure is minimised.
        force: whether ``path`` may be replaced.

    Raises:
        InputError: a sequence that cannot be read or built, a file that exists.
    """
    if path is not None and Path(path).exists() and not force:
        raise InputError(f"{path} exists already\n  help: choose another name, or replace it with force=True")
    topology, positions, pdb = _build(sequence, [list(pair) for pair in disulfides], force_field, solvent, minimize)
    if path is not None:
        Path(path).write_text(pdb)
    return Structure(Topology._of(topology), positions, pdb)


@overload
def energy(input: Input, positions: None = None, *, precision: str = ...) -> Energies: ...
@overload
def energy(
    input: Input, positions: ArrayLike, *, precision: str = ...
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def energy(input: Input, positions: Any = None, *, precision: str = "double") -> Any:
    """Energies and forces of a molecule.

    Without ``positions`` of the starting structure, as ``saltus energy``: that of a file as it is, that of a sequence built,
    and minimised unless ``minimize: false``. With ``positions`` of many frames in one batch on the CPU; a
    :class:`saltus.System` keeps what it needs for that, so that further calls begin at once.

    Args:
        input: a dict with the keys of the YAML, of which only ``system`` is needed; YAML text; the path of a YAML file; or a
            :class:`saltus.System`.
        positions: nm, ``[n_frames, n_atoms, 3]`` or ``[n_atoms, 3]``; an ``mdtraj.Trajectory``; an OpenMM quantity.
        precision: of the batch where the input says none: ``double``, or ``mixed`` (f32 forces, f64 sums) as runs have it.

    Returns:
        :class:`Energies`; with ``positions`` the energies in kJ/mol ``[n_frames]`` and forces in kJ/mol/nm
        ``[n_frames, n_atoms, 3]`` (without the first axis if the positions had none). A frame without a finite energy has
        NaN or infinity.

    Raises:
        InputError: a molecule that cannot be read or built, positions of another molecule.
    """
    if positions is not None:
        return _of_frames(_evaluator(input, precision), positions)
    evaluator = _evaluator(input)
    terms = dict(evaluator.terms)
    topology = Topology._of(evaluator.topology)
    return Energies(sum(terms.values()), terms, evaluator.positions, evaluator.forces, topology)


def _evaluator(input: Input, precision: str | None = None) -> Evaluator:
    """The evaluator of an input; ``precision`` is set where the input has none."""
    from ._system import System

    if isinstance(input, System):
        return input._evaluator(precision)
    text, _ = given(input, {"device": "cpu", **({"precision": precision} if precision else {})})
    return Evaluator(text)


def in_nm(positions: Any) -> NDArray[np.float64]:
    """Positions in nm, whatever holds them: an array, an ``mdtraj.Trajectory``, an OpenMM quantity."""
    if hasattr(positions, "xyz"):
        positions = positions.xyz
    elif hasattr(positions, "value_in_unit"):
        from openmm import unit

        positions = positions.value_in_unit(unit.nanometer)
    return np.asarray(positions, dtype=np.float64)


def _of_frames(evaluator: Evaluator, positions: Any) -> tuple[Any, Any]:
    frames = in_nm(positions)
    n_atoms = len(evaluator.masses_da)
    if frames.ndim not in (2, 3) or frames.shape[-2:] != (n_atoms, 3):
        raise InputError(
            f"got positions of shape {frames.shape}, expected [n_frames, {n_atoms}, 3] or [{n_atoms}, 3]: "
            f"the molecule has {n_atoms} atoms"
        )
    energies, forces = evaluator.evaluate(np.ascontiguousarray(frames).reshape(-1))
    if frames.ndim == 2:
        return energies[0], forces[0]
    return energies, forces
