"""How far a run is: a bar where tqdm is installed, in terminals and notebooks, else a line now and then."""

from __future__ import annotations

import sys
import time
from typing import Any

_LINE_SECONDS = 30.0


class Progress:
    """Called by the library a few times a second."""

    def __init__(self) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            tqdm = None
        self._tqdm = tqdm
        self._bar: Any = None
        self._next_line = time.monotonic() + _LINE_SECONDS

    def __call__(
        self,
        cycle: int,
        cycles: int,
        phase: str,
        ns_per_day: float,
        evaluations_per_second: float,
        temperature_kelvin: float,
        seconds_left: float,
    ) -> None:
        rate = f"{ns_per_day:.0f} ns/day, {evaluations_per_second:.3g} evaluations/s, {temperature_kelvin:.0f} K"
        if self._tqdm is not None:
            if self._bar is None:
                self._bar = self._tqdm(total=cycles, initial=cycle, unit="cycle")
            self._bar.set_description(phase, refresh=False)
            self._bar.set_postfix_str(rate, refresh=False)
            self._bar.update(cycle - self._bar.n)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _LINE_SECONDS
            print(f"cycle {cycle} of {cycles}  {phase}  {rate}  {seconds_left:.0f} s left", file=sys.stderr)

    def close(self, is_complete: bool) -> None:
        """Leaves the last state on the screen."""
        if self._bar is not None:
            if is_complete:
                self._bar.update(self._bar.total - self._bar.n)
            self._bar.close()
