"""Files: written whole or not at all, and read once for as long as they lie there unchanged."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from pandas.api.extensions import ExtensionArray

T = TypeVar("T")
_MANY = 1000  # rows: of fewer, looking for the same words takes longer than it saves
TICK = 2_000_000_000  # ns: within it a file may be written twice and look the same


def sha256(path: Path) -> str:
    """Return the checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also when the machine stops."""
    half = path.with_name(f".{path.name}.half")
    try:
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError:  # what is not whole takes the room that is short
        half.unlink(missing_ok=True)
        raise


def read_parquet(path: Path) -> "pd.DataFrame":
    """Return a table, as pandas would; without looking for folders and without threads."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        if file.metadata.num_rows < _MANY:
            return file.read(use_threads=False).to_pandas(use_threads=False)
        texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        table = file.read(use_threads=False)
    rest = table.drop_columns(texts).to_pandas(use_threads=False)
    columns = {n: _words(table[n]) if n in texts else rest[n] for n in table.column_names}
    return pd.DataFrame(columns, rest.index)


def _words(column: "pa.ChunkedArray") -> "ExtensionArray":
    """Return a column of texts, read as places in a list, in which a word is the same object.

    pandas makes each anew: that takes longer, and so does all that looks at them later.
    """
    import pandas as pd

    coded = column.unify_dictionaries().combine_chunks()
    places = coded.indices.fill_null(-1).to_numpy()
    return pd.array(coded.dictionary.to_pylist(), dtype="str").take(places, allow_fill=True)


def write_parquet(path: Path, table: "pd.DataFrame") -> None:
    """Write a table without its index, as pandas would; without asking which engine and where."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    if type(table) is pd.DataFrame:
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False, nthreads=1), path)
    else:  # a table with shapes has its own way
        table.to_parquet(path, index=False)


class Once(Generic[T]):
    """What `make` gives of a file, made once for as long as the file lies there unchanged.

    Whether it changed is seen by its time, size and number. Who writes a file tells it by `forget`;
    for files that others write, `guarded` makes again what may have changed within a tick of the
    clock. Of the last `most` files the result is kept.
    """

    def __init__(self, make: Callable[[Path], T], most: int = 128, guarded: bool = False) -> None:
        """Nothing is read yet."""
        self._make, self._most, self._guarded = make, most, guarded
        self._kept: dict[Path, tuple[tuple[int, ...], T]] = {}
        self.cache_clear = self._kept.clear  # as functools.cache has it

    def __call__(self, path: Path) -> T:
        """Return what the file gives. Raises OSError when it is not there."""
        found = path.stat()
        now = (found.st_mtime_ns, found.st_size, found.st_ino)
        if path in self._kept and self._kept[path][0] == now:
            return self._kept[path][1]
        self.forget(path)
        made = self._make(path)
        if not self._guarded or time.time_ns() - found.st_mtime_ns > TICK:
            while len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[path] = (now, made)
        return made

    def forget(self, path: Path) -> None:
        """Read a file anew when it is asked for again."""
        self._kept.pop(path, None)
