"""Which sampler yields more effective samples a second."""

from __future__ import annotations

import html
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ._input import Input, given
from ._saltus import bench as _bench


class Bench:
    """What :func:`bench` measured; printed, it is the table of ``saltus bench``."""

    def __init__(self, report: dict[str, Any], text: str) -> None:
        self.report = report
        """All figures, as ``saltus bench --json`` prints them."""
        self.text = text
        """The table, and how to read it."""

    @property
    def samplers(self) -> dict[str, dict[str, Any]]:
        """By name: ``slowest`` (observable, ESS, ESS a second, R-hat), ``ratio_to_md``, ``kernels`` with their acceptance, ..."""
        return {sampler["name"]: sampler for sampler in self.report["samplers"]}

    def ratio(self, name: str = "input") -> tuple[float, float, float]:
        """Effective samples a second of the slowest observable over those of plain MD, and the ends of its 95 % interval."""
        ratio = self.samplers[name]["ratio_to_md"]
        return ratio["value"], ratio["low"], ratio["high"]

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text)}</pre>"


def bench(
    input: Input,
    *,
    seconds: float = 60.0,
    md_seconds: float | None = None,
    chains: int = 64,
    samplers: Sequence[str] = (),
    device: str | None = None,
    output: str | os.PathLike[str] | None = None,
    progress: bool | Callable[[str], object] = True,
) -> Bench:
    """Compares samplers on one molecule for equal wall-clock time, in turns, as ``saltus bench``.

    The sampler of the input, proposals in Python included, is the one named ``input``; the others are plain MD, which the ratios
    are to, and well-known exact ones.

    Args:
        input: a dict with the keys of the YAML (``run`` may be left out), YAML text, or the path of a YAML file.
        seconds: wall-clock seconds of every sampler, equilibration included.
        md_seconds: wall-clock seconds that plain MD gets to leave the rare sides which an exact sampler found; as many as
            ``seconds`` where it is ``None``, none where it is 0.
        chains: replicas side by side, each a chain.
        samplers: only these: ``md_1fs``, ``md_2fs_hbonds``, ``md_4fs_heavy``, ``md_0.5fs_timewarp``, ``uniform_torsion``,
            ``replica_exchange``, ``adaptive_torsion``, ``input``; at least one of them plain MD.
        device: in place of the input's.
        output: folder for ``bench.json`` and ``bench.txt``.
        progress: whether it is shown what begins, or who is told of it, a line at a time.

    Raises:
        InputError: an input that cannot be run, or a sampler that is not known.
        KeyboardInterrupt: Ctrl-C ends the comparison after the turn of all samplers, with nothing to show.
    """
    text, objects = given(input, {"run": {"cycles": 1_000_000}})
    told = (lambda line: print(line, file=sys.stderr)) if progress is True else progress or None
    folder = None if output is None else Path(output)
    report, table = _bench(text, seconds, md_seconds, chains, list(samplers), device, folder, told, objects)
    return Bench(json.loads(report), table)
