"""A store that several computers share: a folder, S3, or whatever fsspec can reach.

Files go there together, as one pack (a ZIP): across a network a file of a kilobyte takes as long as
a whole report. A pack is there as a whole or not at all, and what comes out of it is proven.
"""

import contextlib
import hashlib
import json
import os
import shutil
import uuid
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from wijkboek_utils.errors import Fout

_LIST = "lijst.json"  # in a pack: of each file its checksum, and when it changed in ns
_SMALL = {".parquet", ".xlsx"}  # packing makes them no smaller


def absolute(address: str) -> str:
    """Return the address of a store for who stands in another folder."""
    return address if "://" in address else str(Path(address).expanduser().resolve())


class Depot:
    """A store at an address such as `s3://wijkboek/werk` or a folder.

    What it does not do for us is an OSError, whatever library reaches it.
    """

    def __init__(self, address: str) -> None:
        """Open it. Raises Fout for an address that nothing can open."""
        self._address = address
        try:
            from fsspec.core import url_to_fs

            self._files, self._base = url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise Fout(f"Opslag {address} is niet te openen: {error}") from error

    def has(self, name: str) -> bool:
        """Return whether there is a pack of that name."""
        with self._reached():
            return bool(self._files.exists(self._place(name)))

    def send(self, root: Path, paths: Iterable[Path], name: str) -> None:
        """Send files below `root` as one pack, in the place of one of that name."""
        with _beside(root) as work:
            pack = work / "pak"
            _pack(pack, root, paths)
            with self._reached():
                self._put(pack, self._place(name))

    def fetch(self, root: Path, name: str, folders: Iterable[str]) -> None:
        """Put folders of a pack in the place of those below `root`, each as a whole.

        One that is not in the pack is taken away. Raises Fout when what comes is not what was sent.
        """
        with _beside(root) as work:
            pack, out = work / "pak", work / "uit"
            with self._reached():
                self._files.get_file(self._place(name), str(pack))
            _unpack(pack, out)
            for number, folder in enumerate(folders):
                old, new = root / folder, out / folder
                if old.exists():  # in one step: who stops us here leaves no half report
                    old.replace(work / f"oud-{number}")
                if new.exists():
                    old.parent.mkdir(parents=True, exist_ok=True)
                    new.replace(old)

    def drop(self, name: str) -> None:
        """Take a pack away; a store where we may not do so keeps it."""
        with contextlib.suppress(OSError), self._reached():
            self._files.rm_file(self._place(name))

    def _place(self, name: str) -> str:
        return f"{self._base}/{name}.zip"

    def _put(self, pack: Path, place: str) -> None:
        """Write a pack whole or not at all: a store of objects does, a folder needs a rename."""
        if "file" not in self._files.protocol:
            self._files.put_file(str(pack), place)
            return
        half = Path(f"{place}.{uuid.uuid4().hex}")
        half.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(pack, half)
            half.replace(place)
        finally:
            half.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        """Let every error of the store be an OSError that says which store."""
        try:
            yield
        except Exception as error:
            if isinstance(error, OSError) and error.filename:
                raise
            number = getattr(error, "errno", None) or 0
            raise OSError(number, str(error) or type(error).__name__, self._address) from error


@contextlib.contextmanager
def _beside(root: Path) -> Iterator[Path]:
    """Give an empty folder on the disk of `root`, for as long as it takes."""
    work = root / f".{uuid.uuid4().hex}"
    work.mkdir(parents=True)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _pack(pack: Path, root: Path, paths: Iterable[Path]) -> None:
    known = {}
    with zipfile.ZipFile(pack, "w") as file:
        for path in paths:
            name, content = path.relative_to(root).as_posix(), path.read_bytes()
            known[name] = [_digest(content), path.stat().st_mtime_ns]
            how = zipfile.ZIP_STORED if path.suffix in _SMALL else zipfile.ZIP_DEFLATED
            file.writestr(zipfile.ZipInfo(name), content, how, compresslevel=1)  # the quickest
        file.writestr(_LIST, json.dumps(known))


def _unpack(pack: Path, folder: Path) -> None:
    """Write the files of a pack below a folder; raise Fout when they are not what was packed."""
    try:
        with zipfile.ZipFile(pack) as file:
            for name, (digest, changed) in json.loads(file.read(_LIST)).items():
                path = folder / name
                if not path.resolve().is_relative_to(folder.resolve()):
                    raise Fout(f"De opslag noemt een bestand buiten de map: {name}.")
                content = file.read(name)
                if _digest(content) != digest:
                    raise zipfile.BadZipFile(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                os.utime(path, ns=(changed, changed))
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, json.JSONDecodeError) as error:
        raise Fout(
            f"Wat in de opslag staat, is beschadigd ({error}). Maak de opslag leeg, en geef de "
            "opdracht opnieuw."
        ) from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
