"""One call from a molecule to an ensemble as accurate as asked for."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ._run import Run, run
from ._system import System

# Changes no ensemble, and makes trajectories cheaper.
_HYDROGEN_MASS_DA = 3
_PDB = {".pdb", ".ent", ".cif", ".mmcif"}


def shared_section(solvent: str, force_field: str | Sequence[str]) -> dict[str, Any]:
    """What ``sample`` puts into ``system`` of every sequence or file."""
    return {"solvent": solvent, "force_field": force_field, "hydrogen_mass_da": _HYDROGEN_MASS_DA}


def section_of(molecule: str | os.PathLike[str], shared: Mapping[str, Any]) -> dict[str, Any]:
    """The section ``system`` of a sequence, or of a PDB or mmCIF file, whose path becomes absolute."""
    text = os.fspath(molecule)
    if isinstance(molecule, os.PathLike) or Path(text).suffix.lower() in _PDB:
        return {**shared, "pdb": os.path.abspath(text)}
    return {**shared, "sequence": text}


def goal_input(
    system: dict[str, Any] | System,
    ess: float,
    r_hat: float,
    max_minutes: float | None,
    observe: Sequence[str],
    temperature_kelvin: float,
    replicas: int | None,
    seed: int | None,
) -> dict[str, Any]:
    """The input of a run to this accuracy, with everything else chosen by the program."""
    until: dict[str, Any] = {"ess": ess, "r_hat": r_hat}
    if observe:
        until["observe"] = list(observe)
    if max_minutes is not None:
        until["max_minutes"] = max_minutes
    input: dict[str, Any] = {
        "system": system,
        "temperature_kelvin": temperature_kelvin,
        "sampler": "auto",
        "run": {"until": until},
    }
    if replicas is not None:
        input["replicas"] = replicas
    if seed is not None:
        input["seed"] = seed
    return input


def sample(
    molecule: str | os.PathLike[str] | System,
    *,
    ess: float = 400.0,
    r_hat: float = 1.01,
    max_minutes: float | None = None,
    observe: Sequence[str] = (),
    temperature_kelvin: float = 310.0,
    solvent: str = "obc1",
    force_field: str | Sequence[str] = "amber14",
    disulfides: Sequence[tuple[int, int]] = (),
    replicas: int | None = None,
    seed: int | None = None,
    output: str | os.PathLike[str] | None = None,
    resume: bool = False,
    force: bool = False,
    progress: bool = True,
) -> Run:
    """Samples a molecule until its ensemble is as accurate as asked for, as ``saltus sample``.

    Kernels, ladder and length are chosen for the molecule and shown as YAML. Ctrl-C keeps what there is.

    Args:
        molecule: a sequence (``AAAY``, ``ACE-ALA-NME``, ``cyclo(RGDfV)``), the path of a PDB or mmCIF file, or a :class:`System`.
        ess: effective sample size, bulk and tail over all chains, that every observable has to reach.
        r_hat: R-hat that none may exceed.
        max_minutes: wall-clock time after which it ends all the same, with a warning that names what has not converged.
        observe: quantities that have to be as accurate beside the usual observables, as in :func:`saltus.analyze`.
        temperature_kelvin: K.
        solvent: ``vacuum``, ``hct``, ``obc1``, ``obc2``, ``gbn`` or ``gbn2``; a :class:`System` has its own.
        force_field: a built-in name or files, as in the YAML; a :class:`System` has its own.
        disulfides: residue numbers, from 1, of bridged cysteines of a sequence.
        replicas: chains, or ladders where there is one; 16, or 4, where it is ``None``.
        seed: drawn and noted where it is ``None``.
        output: folder; ``sample-MOLECULE`` where it is ``None``.
        resume: continues an earlier call in its folder.
        force: replaces the files of an earlier run.
        progress: whether it is shown how far the run is.

    Returns:
        The run; ``run.summary["accuracy"]`` says what every look at the chains saw.
    """
    if isinstance(molecule, System):
        system: dict[str, Any] | System = molecule
        name = "system"
    else:
        system = section_of(molecule, shared_section(solvent, force_field))
        if "sequence" in system and disulfides:
            system["disulfides"] = [list(pair) for pair in disulfides]
        name = Path(molecule).stem
    if output is None:
        output = "sample-" + re.sub(r"[^A-Za-z0-9-]", "_", name).strip("_")
    input = goal_input(system, ess, r_hat, max_minutes, observe, temperature_kelvin, replicas, seed)
    done = run(input, output=output, resume=resume, force=force, progress=progress)
    shortfall = (done.summary or {}).get("accuracy_shortfall")
    if shortfall:
        warnings.warn(shortfall, stacklevel=2)
    return done
