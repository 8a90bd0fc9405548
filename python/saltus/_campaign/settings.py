"""The settings of a campaign: keyword arguments of ``sample`` or an input without its molecule, checked before anything runs."""

from __future__ import annotations

import difflib
import hashlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._errors import InputError, without_place
from .._input import _plain
from .._run import run
from .._sample import goal_input, sample, shared_section
from .molecules import FILE_KEYS, absolute, is_file_name, told_of

_OF_CALL = {"molecule", "output", "resume", "force", "progress"}
SAMPLE_DEFAULTS: dict[str, Any] = {
    name: parameter.default for name, parameter in inspect.signature(sample).parameters.items() if name not in _OF_CALL
}
INPUT_KEYS = (
    "run",
    "sampler",
    "system",
    "temperature_kelvin",
    "device",
    "output",
    "precision",
    "replica_exchange",
    "replicas",
    "seed",
    "threads",
)
_REQUIRED = ("sampler", "run", "temperature_kelvin")
# They change no number of a run, so that they may differ from call to call.
_FREE = ("threads", "device")
_MODEL_KEYS = ("model", "config")


@dataclass(frozen=True)
class Settings:
    """What all molecules of a campaign share."""

    mode: str
    """``sample`` or ``run``."""
    keys: dict[str, Any]
    """The settings, paths absolute; those of ``sample`` are all there."""
    extra: dict[str, Any]
    """``threads`` and ``device`` of ``sample``, which has no such arguments."""

    @property
    def shared(self) -> dict[str, Any]:
        """What sequences and files get in their section ``system``."""
        if self.mode == "run":
            return dict(self.keys.get("system", {}))
        return shared_section(self.keys["solvent"], self.keys["force_field"])

    @property
    def seed(self) -> int | None:
        """The seed, where one is given."""
        return self.keys.get("seed")

    def input(self, section: Mapping[str, Any], seed: int, threads: int | None) -> dict[str, Any]:
        """The input of a molecule; ``threads`` are those where the settings name none."""
        keys = {**self.keys, "seed": seed}
        if self.mode == "run":
            input = {**keys, "system": dict(section)}
        else:
            disulfides = keys.pop("disulfides")
            own = {"disulfides": [list(pair) for pair in disulfides]} if disulfides and "sequence" in section else {}
            keys = {key: value for key, value in keys.items() if key not in ("solvent", "force_field")}
            input = {**goal_input({**own, **section}, **keys), **self.extra}
        if threads is not None and input.get("threads") is None:
            input["threads"] = threads
        return input

    def recorded(self) -> dict[str, Any]:
        """The settings as they are compared: files as names and hashes, proposals by name, without the seed and what may differ."""
        keys = {key: value for key, value in self.keys.items() if key not in ("seed", *_FREE)}
        if isinstance(keys.get("output"), Mapping):
            keys["output"] = {key: value for key, value in keys["output"].items() if key != "checkpoint_minutes"}
        told = _plain(_with_models(keys, told_of), {})
        if "force_field" in told:
            told["force_field"] = told_of(told["force_field"])
        if "force_field" in told.get("system", {}):
            told["system"]["force_field"] = told_of(told["system"]["force_field"])
        return {"mode": self.mode, **told}


def checked(settings: Mapping[str, Any] | None, output: Path) -> Settings:
    """The settings, if every molecule could be run with them.

    Raises:
        InputError: keys that are unknown, mixed up or missing; values that no run takes.
    """
    if settings is not None and not isinstance(settings, Mapping):
        raise InputError(
            f"settings: got {type(settings).__name__}, expected a dict: keyword arguments of saltus.sample, or an input of "
            "saltus.run without its molecule"
        )
    given = dict(settings or {})
    mode = _mode(given)
    if mode == "run":
        _check_input(given)
        made = Settings(mode, _with_models(_with_paths(given), absolute), {})
    else:
        extra = {key: given.pop(key) for key in _FREE if key in given}
        made = Settings(mode, {**SAMPLE_DEFAULTS, **_with_paths({"system": given})["system"]}, extra)
    _check_seed(made.seed)
    _check_values(made, output)
    return made


def _mode(given: Mapping[str, Any]) -> str:
    """Which of the two the keys mean."""
    of_sample, of_run = set(SAMPLE_DEFAULTS) | set(_FREE), set(INPUT_KEYS)
    for key in given:
        if key in _OF_CALL and key not in of_run:
            raise InputError(
                f"settings: {key!r} is not set for all molecules\n  help: leave it out; the campaign sets it"
            )
        if key not in of_sample | of_run:
            near = difflib.get_close_matches(str(key), sorted(of_sample | of_run), 1)
            guess = f"did you mean {near[0]!r}? " if near else ""
            raise InputError(f"settings: unknown key {key!r}\n  help: {guess}{_allowed()}")
    alone_sample = sorted(set(given) & (of_sample - of_run))
    alone_run = sorted(set(given) & (of_run - of_sample))
    if alone_sample and alone_run:
        raise InputError(
            f"settings: {alone_sample[0]!r} is an argument of saltus.sample, {alone_run[0]!r} a key of an input of saltus.run\n"
            f"  help: give one of the two; in an input, solvent and force_field stand in `system`, ess in `run: {{until: ...}}`"
        )
    return "run" if alone_run else "sample"


def _allowed() -> str:
    return (
        f"arguments of saltus.sample: {', '.join(SAMPLE_DEFAULTS)}; or keys of an input: {', '.join(INPUT_KEYS)}; "
        f"{' and '.join(_FREE)} go with both"
    )


def _check_input(given: Mapping[str, Any]) -> None:
    for key in _REQUIRED:
        if key not in given:
            raise InputError(
                f"settings: got an input ({', '.join(map(repr, given))}) without {key!r}\n"
                "  help: add it; or give arguments of saltus.sample alone, which chooses the sampler"
            )
    for key in ("system", "output"):
        if not isinstance(given.get(key, {}), Mapping):
            raise InputError(f"settings: {key}: got {given[key]!r}, expected a dict")
    for key in ("sequence", *FILE_KEYS):
        if key in given.get("system", {}):
            raise InputError(
                f"settings: system.{key} is a molecule's\n  help: name it among the molecules; `system` here has what all share"
            )
    if "directory" in given.get("output", {}):
        raise InputError(
            "settings: output.directory: every molecule has a folder of its own\n  help: name it with output="
        )


def _check_seed(seed: Any) -> None:
    if seed is not None and (isinstance(seed, bool) or not hasattr(seed, "__index__") or not 0 <= int(seed) < 2**64):
        raise InputError(f"settings: seed: got {seed!r}, expected a whole number from 0 to 2^64 - 1")


def _check_values(settings: Settings, output: Path) -> None:
    """Asks the program: an input whose molecule is not there is refused with all its faults, in milliseconds."""
    nowhere = output / "no such molecule.pdb"
    section = {**settings.shared, "pdb": str(nowhere)}
    section.pop("disulfides", None)
    try:
        run(settings.input(section, 0, None), output=output / "no such folder", progress=False)
    except InputError as error:
        faults = [fault for fault in error.faults if str(nowhere) not in fault.message.split("\n")[0]]
        if faults:
            raise InputError(f"settings: {without_place(InputError(faults))}") from None


def _with_paths(given: Mapping[str, Any]) -> dict[str, Any]:
    system = given.get("system", {})
    if "force_field" not in system:
        return dict(given)
    return {**given, "system": {**system, "force_field": absolute(system["force_field"])}}


def _with_models(value: Any, change: Any) -> Any:
    """The same with the files that kernels name changed, however deep the kernel is nested."""
    if isinstance(value, Mapping):
        return {
            key: change(entry) if key in _MODEL_KEYS and is_file_name(entry) else _with_models(entry, change)
            for key, entry in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_with_models(entry, change) for entry in value]
    return value


def seed_of(campaign_seed: int, name: str) -> int:
    """The seed of a molecule: of the campaign's seed and the name alone; below 2^53, which every table keeps."""
    digest = hashlib.sha256(f"{campaign_seed}\0{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 11
