"""What a campaign knows of a molecule: a file in its folder, replaced whole, and a lock that ends with its process."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .._errors import Error, InputError

STATUS = "status.json"
LOCK = ".campaign.lock"

RUNNING, FINISHED, FAILED, STOPPED, CUT_OFF = "running", "finished", "failed", "stopped", "cut off"
"""``status`` of a molecule; a file says ``running`` after a kill too, so that whether it is ``cut off`` is told by the lock."""

_HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}
_WAIT_SECONDS = 0.1


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A path beside the file to write to; at the end it is synced and takes the file's place."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        yield beside
        with open(beside, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Replaces a file by a JSON object."""
    with replaced(path) as beside:
        beside.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a file; ``None`` where there is no file.

    Raises:
        Error: a file that holds no object.
    """
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Error(f"{path} cannot be read: {error}\n  help: delete it, and the molecule is run anew") from None
    if not isinstance(value, dict):
        raise Error(f"{path} holds no JSON object\n  help: delete it, and the molecule is run anew")
    return value


@contextlib.contextmanager
def locked(folder: Path, wait_seconds: float = 0.0) -> Iterator[bool]:
    """Whether the folder is this process's, for as long as the block lasts; the kernel ends the lock of a killed process.

    It is ``flock``, which holds across the nodes of NFS 4, of NFS 3 with lockd, and of Lustre mounted with ``flock``.

    Raises:
        InputError: a file system without locks.
    """
    until = time.monotonic() + wait_seconds
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while not (is_mine := _take(descriptor, folder)) and time.monotonic() < until:
            time.sleep(_WAIT_SECONDS)
        yield is_mine
    finally:
        os.close(descriptor)


def _take(descriptor: int, folder: Path) -> bool:
    try:
        try:
            import fcntl
        except ImportError:
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise InputError(
            f"{folder} cannot be locked: {error}; without locks two processes could run the same molecule\n"
            "  help: NFS needs version 4, or lockd and statd; Lustre the mount option `flock`; or write to another file system"
        ) from None
    return True


def is_held(folder: Path) -> bool:
    """Whether some process is at work in the folder; where that cannot be told, because others own it, it is thought so."""
    try:
        with locked(folder) as is_free:
            return not is_free
    except OSError:
        return True


def difference(before: Any, now: Any, path: str = "") -> tuple[str, Any, Any] | None:
    """The first place where two JSON values differ, ``sampler[0].hmc.steps``, with both values; unknown hashes of files equal any."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in [*now, *(key for key in before if key not in now)]:
            place = f"{path}.{key}" if path else str(key)
            found = difference(before.get(key), now.get(key), place)
            if found and not (key == "sha256" and None in found[1:]):
                return found
        return None
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = enumerate(zip(before, now))
        return next((found for i, (a, b) in pairs if (found := difference(a, b, f"{path}[{i}]"))), None)
    return None if before == now else (path, before, now)


def told(value: Any) -> str:
    """A value of a difference in words."""
    return "nothing" if value is None else json.dumps(value)
