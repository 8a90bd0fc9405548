"""Atoms, residues and bonds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._errors import missing

if TYPE_CHECKING:
    import mdtraj


@dataclass(frozen=True)
class Residue:
    """A residue as the user's file names it."""

    name: str
    number: int
    chain: str


@dataclass(frozen=True)
class Atom:
    """An atom; ``residue`` is an index into :attr:`Topology.residues`."""

    name: str
    element: str
    residue: int


@dataclass(frozen=True)
class Topology:
    """The molecule, in the order in which every array has its atoms."""

    atoms: tuple[Atom, ...]
    residues: tuple[Residue, ...]
    bonds: NDArray[np.int64]
    """Pairs of atom indices, ``[n_bonds, 2]``."""

    @classmethod
    def _of(cls, raw: tuple[Any, Any, Any]) -> Topology:
        atoms, residues, bonds = raw
        pairs = np.array(bonds, dtype=np.int64).reshape(-1, 2)
        return cls(tuple(Atom(*atom) for atom in atoms), tuple(Residue(*residue) for residue in residues), pairs)

    @property
    def n_atoms(self) -> int:
        return len(self.atoms)

    def index(self, residue: int, name: str) -> int:
        """Index of the atom ``name`` in the residue of this index, from 0.

        Raises:
            KeyError: there is no such atom.
        """
        for index, atom in enumerate(self.atoms):
            if atom.residue == residue and atom.name == name:
                return index
        raise KeyError(f"there is no atom {name} in residue {residue}, counted from 0")

    def mdtraj(self) -> mdtraj.Topology:
        """The same as an ``mdtraj.Topology``."""
        try:
            import mdtraj
        except ImportError:
            raise missing("mdtraj", "a topology of MDTraj") from None
        topology = mdtraj.Topology()
        chains: dict[str, Any] = {}
        made = []
        for residue in self.residues:
            chain = chains.get(residue.chain) or topology.add_chain()
            chains[residue.chain] = chain
            made.append(topology.add_residue(residue.name, chain, resSeq=residue.number))
        atoms = [
            topology.add_atom(atom.name, mdtraj.element.get_by_symbol(atom.element), made[atom.residue])
            for atom in self.atoms
        ]
        for first, second in self.bonds:
            topology.add_bond(atoms[first], atoms[second])
        return topology

    def __str__(self) -> str:
        names = "-".join(residue.name for residue in self.residues)
        return f"{names}, {self.n_atoms} atoms"

    def __repr__(self) -> str:
        return f"<saltus.Topology: {self}>"
