"""How far a campaign is: a bar where tqdm is installed, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Any

from .status import FAILED, FINISHED

_LINE_SECONDS = 30.0


class Progress:
    """Shows how many molecules are done; ``n_molecules`` is ``None`` where the input does not say how many there are."""

    def __init__(self, is_shown: bool, n_molecules: int | None) -> None:
        self._is_shown = is_shown
        self._n_molecules = n_molecules
        self._bar: Any = None
        self._next_line = time.monotonic() + _LINE_SECONDS
        if is_shown:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                return
            self._bar = tqdm(total=n_molecules, unit="molecule")

    def told(self, counts: Counter[str]) -> None:
        """Shows the counts."""
        n_done = counts[FINISHED] + counts[FAILED]
        if self._bar is not None:
            self._bar.set_postfix_str(f"{counts[FAILED]} failed", refresh=False)
            self._bar.update(n_done - self._bar.n)
        elif self._is_shown and time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _LINE_SECONDS
            of = f" of {self._n_molecules}" if self._n_molecules is not None else ""
            print(f"{n_done}{of} molecules, {counts[FAILED]} failed", file=sys.stderr)

    def close(self) -> None:
        """Leaves the last state on the screen."""
        if self._bar is not None:
            self._bar.close()

    def say(self, line: str) -> None:
        """A line for the user."""
        if self._is_shown:
            print(line, file=sys.stderr)
