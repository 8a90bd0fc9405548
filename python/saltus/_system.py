"""Molecules with their force field, from wherever they come."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._energy import in_nm
from ._errors import missing
from ._saltus import Evaluator
from ._topology import Topology

if TYPE_CHECKING:
    import openmm
    import openmm.app


class System:
    """A molecule with its force field: the ``system`` of an input.

    It stands in an input, ``saltus.run({"system": system, ...})``, or goes to :func:`saltus.energy`. The keyword arguments of
    its makers are the keys of ``system`` in the YAML (``force_field``, ``solvent``, ``constraints``, ``hydrogen_mass_da``, ...).
    """

    section: dict[str, Any]
    """The section as the YAML would have it; paths in it are absolute."""
    positions_given: NDArray[np.float64] | None
    """The positions that :meth:`from_openmm` was given, nm ``[n_atoms, 3]``: the PDB file that it writes rounds them to 1e-4."""

    def __init__(self, section: dict[str, Any], positions: NDArray[np.float64] | None = None) -> None:
        self.section = dict(section)
        self.positions_given = positions
        self._evaluators: dict[str | None, Evaluator] = {}

    @classmethod
    def from_sequence(cls, sequence: str, **settings: Any) -> System:
        """A peptide built from its sequence: ``ACE-ALA-NME``, ``AAAY``, ``cyclo(RGDfV)``."""
        return cls({"sequence": sequence, **settings})

    @classmethod
    def from_pdb(cls, path: str | os.PathLike[str], **settings: Any) -> System:
        """A peptide from a PDB file; the order of its atoms is kept."""
        return cls({"pdb": os.path.abspath(path), **settings})

    @classmethod
    def from_prmtop(
        cls, prmtop: str | os.PathLike[str], coordinates: str | os.PathLike[str], **settings: Any
    ) -> System:
        """A molecule from AMBER's files: prmtop or parm7, and inpcrd or rst7."""
        return cls({"prmtop": os.path.abspath(prmtop), "coordinates": os.path.abspath(coordinates), **settings})

    @classmethod
    def from_openmm(
        cls, system: openmm.System, topology: openmm.app.Topology, positions: ArrayLike, **settings: Any
    ) -> System:
        """A molecule as OpenMM has it: every parameter is the System's.

        The System and the structure are written to a folder of temporary files named by their content, so that a run of the
        same molecule finds them again when it is resumed.

        Args:
            system: its forces must be ones that saltus knows; others are refused by name.
            topology: the same atoms in the same order.
            positions: an OpenMM quantity, or nm ``[n_atoms, 3]``.
        """
        try:
            from openmm import XmlSerializer, unit
            from openmm.app import PDBFile
        except ImportError:
            raise missing("openmm", "System.from_openmm") from None
        nanometres = in_nm(positions)
        pdb = io.StringIO()
        PDBFile.writeFile(topology, nanometres * unit.nanometer, pdb, keepIds=True)
        # The first line has the date and would make another molecule of the same one every day.
        text = "".join(line for line in pdb.getvalue().splitlines(True) if not line.startswith("REMARK"))
        files = _kept({"system.xml": XmlSerializer.serialize(system), "molecule.pdb": text})
        section = {"openmm_system": str(files / "system.xml"), "pdb": str(files / "molecule.pdb")}
        return cls({**section, **settings}, nanometres)

    def __getstate__(self) -> dict[str, Any]:
        # The engine's memory stays in its process; another one makes it anew.
        return {**self.__dict__, "_evaluators": {}}

    def _evaluator(self, precision: str | None = None) -> Evaluator:
        from ._input import given

        if precision not in self._evaluators:
            text, _ = given(self, {"device": "cpu", **({"precision": precision} if precision else {})})
            self._evaluators[precision] = Evaluator(text)
        return self._evaluators[precision]

    @property
    def topology(self) -> Topology:
        """Atoms, residues and bonds."""
        return Topology._of(self._evaluator().topology)

    @property
    def positions(self) -> NDArray[np.float64]:
        """The starting structure in nm, ``[n_atoms, 3]``; that of a sequence is minimised."""
        if self.positions_given is not None:
            return self.positions_given
        return self._evaluator().positions

    @property
    def masses_da(self) -> NDArray[np.float64]:
        """Masses in Da, ``[n_atoms]``."""
        return self._evaluator().masses_da

    def __repr__(self) -> str:
        return f"saltus.System({self.section!r})"


def _kept(files: dict[str, str]) -> Path:
    """A folder of the user's own with these files, the same for the same content."""
    digest = hashlib.sha256("\0".join(files.values()).encode()).hexdigest()[:24]
    owner = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    root = Path(tempfile.gettempdir()) / f"saltus-systems-{owner}"
    root.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and root.stat().st_uid != os.getuid():
        raise PermissionError(f"{root} belongs to somebody else\n  help: set TMPDIR to a folder of your own")
    folder = root / digest
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / name
        if not path.exists():
            beside = path.with_name(f"{name}.{os.getpid()}")
            beside.write_text(text)
            beside.replace(path)
    return folder
