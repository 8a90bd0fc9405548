"""From a dict, a YAML text or a path to what the library reads."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ._potential import AskedPotential, Potential
from ._proposal import Asked, Proposal

if TYPE_CHECKING:
    from ._system import System

Input: TypeAlias = "Mapping[str, Any] | str | os.PathLike[str] | System"
"""An input: a dict with the keys of the YAML, YAML text, the path of a YAML file, or a :class:`saltus.System` alone."""

Objects: TypeAlias = "dict[str, Asked | AskedPotential]"
"""Proposals and potentials of an input, by the names that stand for them in its YAML."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.+/-]*\Z")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def given(input: Input, changes: Mapping[str, Any] | None = None) -> tuple[tuple[bool, str, str], Objects]:
    """``(is text, text, path)`` for the library, and the objects that the input names.

    ``changes`` are keys that a dict or a :class:`saltus.System` gets where it does not have them.
    """
    from ._system import System

    if isinstance(input, System):
        input = {"system": input}
    if isinstance(input, Mapping):
        objects: Objects = {}
        plain = _plain({**(changes or {}), **input}, objects)
        return (True, "\n".join(_block(plain)) + "\n", ""), objects
    if isinstance(input, os.PathLike):
        return (False, "", os.fspath(input)), {}
    if not isinstance(input, str):
        raise TypeError(f"got {type(input).__name__}, expected a dict, YAML text, or the path of a YAML file")
    if "\n" in input or ": " in input:
        return (True, input, ""), {}
    return (False, "", input), {}


def _plain(value: Any, objects: Objects) -> Any:
    """Dicts, lists and scalars only; a proposal becomes the entry that names it, a potential its name."""
    from ._system import System

    if isinstance(value, System):
        value = value.section
    if isinstance(value, type) and issubclass(value, (Proposal, Potential)):
        value = value()
    if isinstance(value, Proposal):
        asked = Asked(value, objects)
        objects[asked.name] = asked
        return {"python": {"proposal": asked.name, "repeats": int(value.repeats)}}
    if isinstance(value, Potential):
        potential = AskedPotential(value, objects)
        objects[potential.name] = potential
        return potential.name
    if isinstance(value, Mapping):
        return {str(key): _plain(entry, objects) for key, entry in value.items()}
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (str, bool, int, float)) or value is None:
        return value
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(entry, objects) for entry in value]
    raise TypeError(f"got {value!r} in the input, expected a number, a text, a list or a dict")


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        is_plain = _PLAIN.match(value) and value.lower() not in _WORDS
        return value if is_plain else json.dumps(value)
    if isinstance(value, float) and value != value:
        return ".nan"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    return json.dumps(value)


def _is_flow(value: Any) -> bool:
    """Whether it stands on one line."""
    if isinstance(value, list):
        return not any(isinstance(entry, (dict, list)) and not _is_short(entry) for entry in value)
    return not isinstance(value, dict) or not value


def _is_short(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(entry, (dict, list)) for entry in value)


def _flow(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_flow(entry) for entry in value) + "]"
    return "{}" if isinstance(value, dict) else _scalar(value)


def _block(value: Any) -> list[str]:
    """YAML in block style, so that messages show the line of a fault."""
    if _is_flow(value):
        return [_flow(value)]
    lines = []
    if isinstance(value, dict):
        for key, entry in value.items():
            if _is_flow(entry):
                lines.append(f"{_scalar(key)}: {_flow(entry)}")
            else:
                lines.append(f"{_scalar(key)}:")
                lines.extend("  " + line for line in _block(entry))
        return lines
    for entry in value:
        first, *rest = _block(entry)
        lines.append("- " + first)
        lines.extend("  " + line for line in rest)
    return lines
