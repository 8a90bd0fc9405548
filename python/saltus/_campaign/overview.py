"""The overview of a campaign: one page without anything from elsewhere, written line by line."""

from __future__ import annotations

import html
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .status import FAILED, replaced

if TYPE_CHECKING:
    from .results import Campaign

SHOWN = {
    "name": "molecule",
    "status": "status",
    "verdict": "verdict",
    "n_atoms": "atoms",
    "frames": "frames",
    "smallest_ess": "smallest ESS",
    "slowest": "slowest",
    "largest_r_hat": "largest R-hat",
    "radius_of_gyration_nm": "radius of gyration, nm",
    "wall_seconds": "wall s",
    "reason": "reason",
    "warnings": "warnings",
    "report": "report",
}
"""Columns of the page and their titles."""

_FORMS = {"smallest_ess": ".0f", "largest_r_hat": ".3f", "radius_of_gyration_nm": ".4f", "wall_seconds": ".1f"}
_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #222 }}
table {{ border-collapse: collapse }}
th, td {{ padding: 3px 10px; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top }}
th {{ cursor: pointer; border-bottom: 2px solid #888; white-space: nowrap }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums }}
td.failed {{ color: #b00020; font-weight: bold }}
td.reason {{ max-width: 40em; white-space: pre-wrap }}
pre {{ background: #f6f6f6; padding: 1em; overflow: auto }}
</style></head><body>
"""
# Numbers by value, missing ones last; a second click turns the order.
_SORT = """<script>
document.querySelectorAll("th").forEach((title, column) => title.addEventListener("click", () => {
  const body = document.querySelector("tbody");
  const sign = title.dataset.up === "1" ? -1 : 1;
  title.dataset.up = sign === 1 ? "1" : "0";
  const value = row => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const order = (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === "" || y === "") return (x === "") - (y === "");
    return sign * (isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y);
  };
  [...body.rows].sort(order).forEach(row => body.append(row));
}));
</script>
"""


def counted(counts: Counter[str]) -> str:
    """The counts in words."""
    return ", ".join(f"{n} {state}" for state, n in sorted(counts.items())) or "none begun"


def write_overview(campaign: Campaign) -> Path:
    """Writes ``index.html``: counts, the table with failures first, the settings; the page."""
    path = campaign.path / "index.html"
    title = html.escape(f"{campaign.path.resolve().name}: {len(campaign)} molecules")
    settings = html.escape(json.dumps({**campaign.settings, "seed": campaign.seed}, indent=1))
    names = "".join(f"<th>{name}</th>" for name in SHOWN.values())
    with replaced(path) as beside, open(beside, "w", encoding="utf-8") as file:
        file.write(_HEAD.format(title=title))
        file.write(f"<h1>{title}</h1>\n<p>{counted(campaign.counts)}. The same as a table: ")
        file.write('<a href="campaign.csv">campaign.csv</a>. A click on a title sorts.</p>\n')
        file.write(f"<table><thead><tr>{names}</tr></thead><tbody>\n")
        for row in campaign.failed_first():
            file.write(line(row, links=True) + "\n")
        file.write(f"</tbody></table>\n<h2>Settings</h2>\n<pre>{settings}</pre>\n{_SORT}</body></html>\n")
    return path


def line(row: dict[str, Any], links: bool) -> str:
    """A line of the table in HTML; ``links`` to the folder and the report of the molecule count from the campaign's folder."""
    return "<tr>" + "".join(_cell(row, column, links) for column in SHOWN) + "</tr>"


def _cell(row: dict[str, Any], column: str, links: bool) -> str:
    value = row[column]
    if isinstance(value, (int, float)):
        return f'<td class="number" data-value="{value}">{value:{_FORMS.get(column, "")}}</td>'
    text = html.escape(value or "")
    kind = " ".join(name for name in (column if column == "reason" else "", value if value == FAILED else "") if name)
    kind = f' class="{kind}"' if kind else ""
    if column == "name" and links:
        text = f'<a href="{quote(row["folder"])}/">{text}</a>'
    if column == "report":
        text = f'<a href="{quote(value)}">report</a>' if links and value else ""
    return f"<td{kind}>{text}</td>"
