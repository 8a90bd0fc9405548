"""The molecules of a campaign: their names, their folders, and what tells one from another."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from .._errors import InputError
from .._sample import section_of
from .._system import System

Molecule: TypeAlias = "str | os.PathLike[str] | System | Mapping[str, Any]"
"""A sequence, the path of a structure, a :class:`saltus.System`, or the section ``system`` of an input."""
Molecules: TypeAlias = "Iterable[Molecule | tuple[str, Molecule]] | Mapping[str, Molecule]"

FILE_KEYS = ("pdb", "prmtop", "coordinates", "openmm_system")
_SECTION_KEYS = {"sequence", *FILE_KEYS}
_LONGEST_NAME = 80
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
# Names that Windows keeps for devices, and those of the campaign's own files.
_TAKEN = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|campaign\..*|index\.html", re.IGNORECASE)
# What a force field has its own values of, and may not be given beside it.
_OWN_OF_PRMTOP = {"force_field"}


@dataclass(frozen=True)
class Named:
    """A molecule with its place in the campaign."""

    index: int
    """From 0, in the order of the input."""
    name: str
    folder: str
    """Name of its folder."""
    shown: str
    """Sequence or file."""
    section: dict[str, Any]
    """The section ``system`` of its input; paths are absolute."""


def named(molecules: Molecules, shared: Mapping[str, Any]) -> Iterator[Named]:
    """The molecules one by one; ``shared`` are the settings of ``system`` that they have in common.

    Raises:
        InputError: something that is no molecule; two whose folders would be the same.
    """
    return _named(_entries(molecules), shared)


def _named(entries: Iterable[Any], shared: Mapping[str, Any]) -> Iterator[Named]:
    seen: dict[str, tuple[int, str]] = {}
    for index, entry in enumerate(entries):
        has_name = isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str)
        given, molecule = entry if has_name else (None, entry)
        section = _section(index, molecule, shared)
        shown = str(next((section[key] for key in ("sequence", *FILE_KEYS) if key in section), "?"))
        name = given if given is not None else _name(section)
        folder = folder_of(name, given is None and "sequence" in section)
        _refuse_twins(seen.setdefault(folder.casefold(), (index, name)), (index, name))
        yield Named(index, name, folder, shown, section)


def _entries(molecules: Molecules) -> Iterable[Any]:
    if isinstance(molecules, (str, os.PathLike, System)):
        raise InputError(
            f'got one molecule, {molecules!r}, expected several\n  help: put it into a list, ["AAAY", "AAAF"]'
        )
    if isinstance(molecules, Mapping):
        if _SECTION_KEYS & molecules.keys():
            raise InputError(
                "got the section `system` of one molecule, expected several\n  help: put it into a list, or give names, "
                '{"first": {"sequence": "AAAY"}, ...}'
            )
        return molecules.items()
    if isinstance(molecules, (set, frozenset)):
        raise InputError(
            "got a set of molecules, whose order is another in every process\n  help: give sorted(molecules)"
        )
    if not isinstance(molecules, Iterable):
        raise InputError(
            f"got {type(molecules).__name__}, expected an iterable of molecules, or a dict of names and molecules"
        )
    return molecules


def _section(index: int, molecule: Any, shared: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(molecule, System):
        return _absolute(molecule.section)
    if isinstance(molecule, Mapping):
        if "openmm_system" in molecule:
            return _absolute(molecule)
        without = _OWN_OF_PRMTOP if "prmtop" in molecule else set()
        return _absolute({**{key: value for key, value in shared.items() if key not in without}, **molecule})
    if isinstance(molecule, (str, os.PathLike)):
        return _absolute(section_of(molecule, shared))
    raise InputError(
        f"molecule {index}: got {type(molecule).__name__}, expected a sequence, a path, a System, a dict with the keys of "
        "`system`, or a pair (name, molecule)"
    )


def is_file_name(text: Any) -> bool:
    """Whether a value of ``force_field`` or of a kernel's ``model`` is a path; names of what is built in are plain words."""
    return isinstance(text, os.PathLike) or (isinstance(text, str) and any(sign in text for sign in "/\\."))


def absolute(value: Any) -> Any:
    """A path, or a list of them, that means the same in every process; names stay."""
    if isinstance(value, (list, tuple)):
        return [absolute(entry) for entry in value]
    return os.path.abspath(value) if is_file_name(value) else value


def _absolute(section: Mapping[str, Any]) -> dict[str, Any]:
    paths = {key: os.path.abspath(section[key]) for key in FILE_KEYS if key in section}
    if "force_field" in section:
        paths["force_field"] = absolute(section["force_field"])
    return {**section, **paths}


def _name(section: Mapping[str, Any]) -> str:
    if "sequence" in section:
        return str(section["sequence"])
    return Path(next((section[key] for key in ("prmtop", "pdb") if key in section), "molecule")).stem


def folder_of(name: str, is_sequence: bool) -> str:
    """The folder of a name: the name where every file system has it, else one like it with a hash of the name.

    Lower-case letters of a sequence are D residues, and ``AaA`` and ``AAA`` are one folder where upper and lower case are the
    same, so that sequences with lower-case letters have the hash too.
    """
    plain = _NOT_PLAIN.sub("_", name)[:_LONGEST_NAME].strip("_.")
    if plain and plain == name and not _TAKEN.fullmatch(plain) and not (is_sequence and plain != plain.upper()):
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{plain}-{digest}" if plain else digest


def _refuse_twins(first: tuple[int, str], second: tuple[int, str]) -> None:
    if first[0] == second[0]:
        return
    why = "have the same name" if first[1] == second[1] else "have names that some file systems do not keep apart"
    raise InputError(
        f"molecules {first[0]} and {second[0]}, {first[1]!r} and {second[1]!r}, {why}, and a name is that of a folder\n"
        "  help: give names of your own, (name, molecule) or {name: molecule}"
    )


def identity(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section with files replaced by their names and hashes: the same wherever the files lie."""
    told = dict(section)
    for key in FILE_KEYS:
        if key in told:
            told[key] = told_of(told[key])
    if "force_field" in told:
        told["force_field"] = told_of(told["force_field"])
    return told


def told_of(value: Any) -> Any:
    """A path as name and hash of the file; ``sha256`` is ``None`` where there is none."""
    if isinstance(value, (list, tuple)):
        return [told_of(entry) for entry in value]
    if not is_file_name(value):
        return value
    try:
        digest = hashlib.sha256(Path(value).read_bytes()).hexdigest()
    except OSError:
        digest = None
    return {"file": os.path.basename(value), "sha256": digest}


def carried(section: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The section with files that only this machine has, those of ``System.from_openmm``, copied into the folder."""
    ours = os.path.join(tempfile.gettempdir(), "saltus-systems-")
    moved = {}
    for key in FILE_KEYS:
        if str(section.get(key, "")).startswith(ours):
            target = folder / "molecule" / Path(section[key]).name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                beside = target.with_name(f"{target.name}.{os.getpid()}")
                shutil.copyfile(section[key], beside)
                beside.replace(target)
            moved[key] = str(target)
    return {**section, **moved}
