"""A store of files that several computers share: a folder, S3, or whatever fsspec can reach.

A file is kept under its checksum, so that it is sent once, and proven when it is fetched. A list of
files is written last: what is in a list is there as a whole.
"""

import hashlib
import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from wijkboek_utils.errors import Fout

List = dict[str, list[Any]]  # path below a root: checksum, time of change in ns


def absolute(address: str) -> str:
    """Return the address of a store for who stands in another folder."""
    return address if "://" in address else str(Path(address).expanduser().resolve())


class Depot:
    """A store at an address such as `s3://wijkboek/werk` or a folder."""

    def __init__(self, address: str) -> None:
        """Open it. Raises Fout for an address that nothing can open."""
        try:
            from fsspec.core import url_to_fs

            self._files, self._base = url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise Fout(f"Opslag {address} is niet te openen: {error}") from error

    def send(self, root: Path, paths: list[Path], name: str) -> None:
        """Send files below `root` that are not there yet, and write their list under `name`."""
        found: List = {}
        for path in paths:
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            found[path.relative_to(root).as_posix()] = [digest, path.stat().st_mtime_ns]
            if not self._files.exists(self._object(digest)):
                self._write(self._object(digest), content)
        self._write(self._list(name), json.dumps(found).encode())

    def has(self, name: str) -> bool:
        """Return whether there is a list of that name."""
        return bool(self._files.exists(self._list(name)))

    def fetch(self, root: Path, name: str) -> list[str]:
        """Put the files of a list below `root`, those that are not there yet; return their paths.

        Raises Fout when what is in the store is not what was sent.
        """
        found: List = json.loads(self._files.cat_file(self._list(name)))
        for path, (digest, changed) in found.items():
            target = root / path
            if not target.resolve().is_relative_to(root.resolve()):
                raise Fout(f"De opslag noemt een bestand buiten de map: {path}.")
            if target.exists() and _digest(target.read_bytes()) == digest:
                continue
            content = self._files.cat_file(self._object(digest))
            if _digest(content) != digest:
                raise Fout(f"In de opslag is {path} beschadigd; de controlesom klopt niet.")
            target.parent.mkdir(parents=True, exist_ok=True)
            half = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
            half.write_bytes(content)
            os.utime(half, ns=(changed, changed))
            half.replace(target)
        return list(found)

    def replace(self, root: Path, name: str, folders: list[str]) -> None:
        """Put the files of a list in the place of some folders below `root`, each as a whole."""
        work = root / f".{uuid.uuid4().hex}"
        try:
            self.fetch(work, name)
            for folder in folders:
                old, new = root / folder, work / folder
                shutil.rmtree(old, ignore_errors=True)
                if new.exists():
                    old.parent.mkdir(parents=True, exist_ok=True)
                    new.replace(old)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _object(self, digest: str) -> str:
        return f"{self._base}/bestanden/{digest[:2]}/{digest}"

    def _list(self, name: str) -> str:
        return f"{self._base}/lijsten/{name}.json"

    def _write(self, path: str, content: bytes) -> None:
        """Write a file whole or not at all: a store of objects does, a folder needs a rename."""
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        if "file" not in self._files.protocol:
            self._files.pipe_file(path, content)
            return
        half = f"{path}.{uuid.uuid4().hex}"
        self._files.pipe_file(half, content)
        os.replace(half, path)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
