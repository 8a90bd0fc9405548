"""The table of a campaign, one line a molecule: CSV as of RFC 4180, and Parquet."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .status import replaced

COLUMNS: dict[str, type] = {
    "name": str,
    "molecule": str,
    "status": str,
    "verdict": str,
    "reason": str,
    "n_atoms": int,
    "replicas": int,
    "frames": int,
    "smallest_ess": float,
    "slowest": str,
    "largest_r_hat": float,
    "radius_of_gyration_nm": float,
    "radius_of_gyration_mcse_nm": float,
    "energy_evaluations": int,
    "wall_seconds": float,
    "exact": bool,
    "warnings": str,
    "seed": int,
    "folder": str,
    "report": str,
}
"""Names and types; a number that a molecule does not have is missing."""

_GROUP = 1000


def write_csv(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Writes the rows, of which one is in memory at a time."""
    with replaced(path) as beside, open(beside, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow(["" if row[column] is None else row[column] for column in COLUMNS])


def write_parquet(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """The same with types, a group of rows in memory at a time; nothing where pyarrow is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        return
    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    schema = pyarrow.schema([(column, types[kind]) for column, kind in COLUMNS.items()])
    with replaced(path) as beside, pyarrow.parquet.ParquetWriter(beside, schema) as writer:
        for group in _groups(rows):
            writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))


def _groups(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(rows)
    while group := [{column: row[column] for column in COLUMNS} for row in itertools.islice(remaining, _GROUP)]:
        yield group
