"""What trajectories say about their molecule, and how far to trust it."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._errors import missing
from ._saltus import Analysis as _Judged

if TYPE_CHECKING:
    from ._run import Run

_COLUMNS = (
    ("name", "observable", "s"),
    ("mean", "mean", ".4g"),
    ("mcse", "MCSE", ".2g"),
    ("ess_bulk", "ESS bulk", ".0f"),
    ("ess_tail", "ESS tail", ".0f"),
    ("r_hat", "R-hat", ".3f"),
    ("autocorrelation_time_frames", "tau", ".1f"),
)
_MOST_PICTURES = 6


class Analysis:
    """The findings of ``saltus analyze``; shows itself as a table and Ramachandran plots in a notebook."""

    def __init__(self, judged: _Judged) -> None:
        self._judged = judged
        self.report: dict[str, Any] = json.loads(judged.json())
        """Everything, as ``saltus analyze --json`` prints it."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One dict an observable: name, mean, mcse, ess_bulk, ess_tail, r_hat, ..., not_converged."""
        return self.report["observables"]

    def __getitem__(self, name: str) -> dict[str, Any]:
        """The row of an observable."""
        for row in self.rows:
            if row["name"] == name:
                return row
        names = ", ".join(row["name"] for row in self.rows)
        raise KeyError(f"there is no observable {name}; there are {names}")

    @property
    def converged(self) -> bool:
        """Whether every observable is converged, by the rule that :attr:`text` names."""
        return all(row["not_converged"] is None for row in self.rows)

    @property
    def observables(self) -> dict[str, NDArray[np.float64]]:
        """Time series of the observables by name, ``[n_chains, n_frames]``; chains are cut to the shortest."""
        return dict(self._judged.observables())

    @property
    def text(self) -> str:
        """The table of ``saltus analyze``."""
        return self._judged.text()

    def figures(self, prefix: str = "") -> dict[str, str]:
        """The plots of the report as SVG by name; ``prefix`` chooses some, such as ``ramachandran``."""
        return {name: svg for name, _, svg in self._judged.pictures(prefix)}

    def html(self) -> str:
        """The whole report as one page: table, plots, the molecule to be turned."""
        return self._judged.html()

    def write(self, directory: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Writes the report, ``report.html`` with its plots and numbers, into a folder; the page."""
        return Path(self._judged.write(Path(directory), force))

    def arviz(self) -> Any:
        """The observables as ArviZ' ``InferenceData`` (from ArviZ 1.0 on a ``DataTree``): ``posterior``, dimensions chain and draw."""
        try:
            import arviz
        except ImportError:
            raise missing("arviz", "data of ArviZ") from None
        if int(arviz.__version__.split(".")[0]) >= 1:
            return arviz.from_dict({"posterior": self.observables})
        return arviz.from_dict(posterior=self.observables)

    def features(self) -> tuple[list[str], list[NDArray[np.float64]]]:
        """Sines and cosines of the torsions: their names, and an array ``[n_frames, n_features]`` a chain."""
        chosen = {name: chains for name, chains in self.observables.items() if name.startswith(("sin_", "cos_"))}
        if not chosen:
            return [], []
        stacked = np.stack(list(chosen.values()), axis=-1)
        return list(chosen), [np.ascontiguousarray(chain) for chain in stacked]

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        parts = [f"<p>{html.escape(line)}</p>" for line in self.text.split("\n\n")[0].splitlines()]
        parts.append(self._table())
        for svg in list(self.figures("ramachandran").values())[:_MOST_PICTURES]:
            parts.append(f'<div style="display:inline-block;width:360px">{_scaled(svg)}</div>')
        return "".join(parts)

    def _table(self) -> str:
        head = "".join(f"<th>{title}</th>" for _, title, _ in _COLUMNS) + "<th>verdict</th>"
        lines = []
        for row in self.rows:
            cells = "".join(f"<td>{_cell(row.get(key), form)}</td>" for key, _, form in _COLUMNS)
            fault = row["not_converged"]
            colour = ' style="color:#b00020"' if fault else ""
            lines.append(f"<tr>{cells}<td{colour}>{html.escape(fault or 'converged')}</td></tr>")
        return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _cell(value: Any, form: str) -> str:
    return "-" if value is None else html.escape(format(value, form))


def _scaled(svg: str) -> str:
    """The picture as wide as what it stands in."""
    import re

    size = re.search(r'<svg width="(\d+)" height="(\d+)"', svg)
    if size and "viewBox" not in svg:
        box = f'<svg width="100%" viewBox="0 0 {size[1]} {size[2]}"'
        return svg.replace(size[0], box, 1)
    return svg.replace("<svg ", '<svg style="width:100%;height:auto" ', 1)


def analyze(
    trajectories: Run | str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    burn_in: int = 0,
    lag: int | None = None,
    pool: bool = False,
    koopman: bool = False,
    observe: Sequence[str] = (),
) -> Analysis:
    """Judges what trajectories hold, as ``saltus analyze``.

    Args:
        trajectories: a :class:`saltus.Run`, its folder, trajectory files (ours, or any MDTraj HDF5 or H5MD file), or several.
        burn_in: frames left out at the start of every trajectory.
        lag: lag of the slow coordinates (TICA) in frames; a hundredth of a trajectory if none is given.
        pool: takes trajectories together although their temperatures, force fields or solvents differ.
        koopman: weights frames to equilibrium before finding slow coordinates, for many short trajectories.
        observe: quantities to look at beside the usual observables: ``populations``, ``hydrogen_bonds``, ``j3_hn_ha`` (or
            ``j3_hn_ha/bax1997``), ``j3_hn_c``, ``j3_hn_cb``, ``distance ALA 1 HA, ALA 3 H``, ``noe ALA 1 HA, ALA 3 H``.

    Raises:
        Error: no file can be analysed. Faulty ones among others are named in ``report["faults"]``.
    """
    from ._run import Run

    if isinstance(trajectories, Run):
        paths = [trajectories.path]
    elif isinstance(trajectories, (str, os.PathLike)):
        paths = [Path(trajectories)]
    else:
        paths = [Path(path) for path in trajectories]
    return Analysis(_Judged(paths, burn_in, lag, pool, koopman, list(observe)))
