"""Tasks through an executor: few at a time, failures again, and nothing lost when it ends early."""

from __future__ import annotations

import asyncio
import concurrent.futures as cf
import contextlib
import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from .._errors import Error, InputError
from .progress import Progress
from .status import FAILED, FINISHED, STOPPED
from .work import BUSY, REFUSED, Outcome, Task, note_lost, standing, work

_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 20.0
_MOST_NAMED = 6


class Here(cf.Executor):
    """Runs a task where it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> cf.Future[Any]:
        future: cf.Future[Any] = cf.Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Loop:
    """Puts tasks through an executor; ``counts`` says how many ended how.

    Args:
        executor: has ``submit``; its futures have ``result`` and ``done``, and ``add_done_callback`` or are polled.
        window: most tasks in flight.
        retries: how often a failure is tried again.
        stop_file: made where runs in flight are to stop with a checkpoint.
        progress: told how far it is.
    """

    def __init__(self, executor: Any, window: int, retries: int, stop_file: Path, progress: Progress) -> None:
        self._executor = executor
        self._window = window
        self._retries = retries
        self._stop_file = stop_file
        self._progress = progress
        self._in_flight: dict[Any, Task] = {}
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._polled: set[Any] = set()
        # Those that were cut off before come last: should one of them be what kills its worker, all others are finished by then.
        self._deferred: deque[Task] = deque()
        self._again: deque[Task] = deque()
        self.counts: Counter[str] = Counter()
        self._asked_twice: set[str] = set()

    def go(self, tasks: Iterator[Task]) -> None:
        """Until every task is finished, failed for good, or some other process's.

        Raises:
            InputError: a folder that belongs to another molecule; whatever ``tasks`` raises.
            Error: the executor died.
            KeyboardInterrupt: Ctrl-C or SIGTERM.
        """
        try:
            while True:
                self._fill(tasks)
                if not self._in_flight:
                    break
                future = self._next_done()
                self._take(self._in_flight.pop(future), future)
                self._progress.told(self.counts)
        except BaseException:
            self._stop()
            raise

    def _fill(self, tasks: Iterator[Task]) -> None:
        while len(self._in_flight) < self._window:
            if self._again:
                self._submit(self._again.popleft())
                continue
            task = next(tasks, None)
            if task is None:
                break
            before = standing(task)
            if before is None or before["status"] in (FAILED, STOPPED):
                self._submit(task)
            elif before["status"] == FINISHED:
                self.counts[FINISHED] += 1
            else:
                self._deferred.append(task)
        while self._deferred and len(self._in_flight) < self._window:
            self._submit(self._deferred.popleft())

    def _submit(self, task: Task) -> None:
        try:
            future = self._executor.submit(work, task)
        except (RuntimeError, OSError) as error:
            raise self._dead(error, [task.name]) from error
        self._in_flight[future] = task
        if hasattr(future, "add_done_callback"):
            future.add_done_callback(self._done.put)
        else:
            self._polled.add(future)

    def _next_done(self) -> Any:
        """The next future that is done."""
        while True:
            with contextlib.suppress(queue.Empty):
                return self._done.get(timeout=_POLL_SECONDS)
            for future in list(self._polled):
                if future.done():
                    self._polled.discard(future)
                    return future

    def _take(self, task: Task, future: Any) -> None:
        try:
            outcome = future.result()
        except (cf.BrokenExecutor, cf.CancelledError, asyncio.CancelledError) as error:
            raise self._dead(error, [task.name]) from error
        except Exception as error:
            # The worker is lost (killed, out of memory), or cannot be handed the task; the executor lives.
            outcome = Outcome(FAILED, f"no answer from its worker: {type(error).__name__}: {error}")
            if task.attempt > self._retries:
                outcome = note_lost(task, outcome)
        if outcome.status == FINISHED:
            self.counts[FINISHED] += 1
        elif outcome.status == REFUSED:
            raise InputError(outcome.reason)
        elif outcome.status == STOPPED and isinstance(self._executor, Here):
            raise KeyboardInterrupt
        elif outcome.status == STOPPED:
            self._again.append(task)
        elif outcome.status == BUSY:
            self._busy(task)
        elif task.attempt <= self._retries:
            self._again.append(replace(task, attempt=task.attempt + 1))
        else:
            self.counts[FAILED] += 1

    def _busy(self, task: Task) -> None:
        """Another process is at the molecule: it is looked at once more at the end, and then left to that process."""
        if task.name in self._asked_twice:
            self.counts[BUSY] += 1
        else:
            self._asked_twice.add(task.name)
            self._deferred.append(task)

    def _dead(self, error: BaseException, names: list[str]) -> Error:
        names = names + [task.name for task in self._in_flight.values()]
        shown = ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
        return Error(
            f"the executor died: {type(error).__name__}: {error}\n"
            f"  {self.counts[FINISHED]} molecules are finished; {len(names)} were in its hands and are not counted: {shown}\n"
            "  help: call saltus.campaign again with the same arguments and a new executor; it goes on where this one ended"
        )

    def _stop(self) -> None:
        """Leaves no run behind: what has not begun is cancelled, what runs stops with a checkpoint."""
        if not self._in_flight:
            return
        with contextlib.suppress(OSError):
            self._stop_file.touch()
        for future in self._in_flight:
            with contextlib.suppress(Exception):
                future.cancel()
        until = time.monotonic() + _PATIENCE_SECONDS
        with contextlib.suppress(Exception):
            while not (is_over := all(future.done() for future in self._in_flight)) and time.monotonic() < until:
                time.sleep(_POLL_SECONDS)
            if is_over:
                self._stop_file.unlink(missing_ok=True)
