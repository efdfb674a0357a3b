"""Checksums of files, remembered from one command to the next."""

import contextlib
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wijkboek_utils import files, folders

Facts = dict[str, str]
Raw = tuple[str, str, list[str], str, str]  # of a source: what `inputs.raw` says


@dataclass
class Hashes:
    """Checksums of files, remembered by size and time, so that nothing is read twice.

    What many reports depend on is looked at once: hold these no longer than for one question.
    """

    path: Path = field(default_factory=lambda: folders.PROCESSED / ".controlesommen.json")
    known: dict[str, list[Any]] = field(default_factory=dict)
    changed: bool = False
    shared: Facts = field(default_factory=dict)  # what `inputs.common` found
    sources: list[Raw] | None = None  # what `inputs.raw` found

    @classmethod
    def load(cls) -> "Hashes":
        """Return what an earlier command remembered; nothing, when that cannot be read."""
        found = cls()
        with contextlib.suppress(OSError, ValueError, AttributeError):
            held = json.loads(found.path.read_text(encoding="utf-8")).items()
            found.known = {path: mark for path, mark in held if _is_mark(mark)}
        return found

    def of(self, path: Path) -> str:
        """Return the checksum of a file; empty when it is not there."""
        try:
            now = path.stat()
        except OSError:
            return ""
        key, mark = str(path), [now.st_size, now.st_mtime_ns, now.st_ino]
        if self.known.get(key, [None])[:-1] == mark:
            return str(self.known[key][-1])
        digest = files.sha256(path)
        if now.st_mtime_ns < time.time_ns() - files.TICK:
            self.known[key] = [*mark, digest]
            self.changed = True
        return digest

    def save(self) -> None:
        """Remember for a next command; that it cannot be written is no reason to stop."""
        if not self.changed or not self.path.parent.is_dir():
            return
        half = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            half.write_text(json.dumps(self.known), encoding="utf-8")
            half.replace(self.path)
        except OSError:
            half.unlink(missing_ok=True)


def _is_mark(mark: object) -> bool:
    """Return whether it says size, time, number and checksum of a file."""
    kinds = [type(one) for one in mark] if isinstance(mark, list) else []
    return kinds == [int, int, int, str]
