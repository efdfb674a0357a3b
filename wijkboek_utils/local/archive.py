"""An archive (a workbook, a zipped shapefile) whose contents are no larger than they may be."""

import io
import re
import zipfile

from wijkboek_utils.local import limits
from wijkboek_utils.local.tabular import Refusal

_ANEW = "Maak het bestand opnieuw."
_OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\0")
_ARCHIVES = (".zip", ".gz", ".7z", ".rar", ".xz", ".bz2", ".tar")


def opened(content: bytes) -> zipfile.ZipFile:
    """Return an archive of which the directory is in order. Nothing is unpacked to disk.

    Raises Refusal for too many or too large parts, a part that packs more than 100 times, parts
    that overlap (one small block that unpacks many times), names that lead out of the archive, an
    archive within the archive, and a password.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        raise Refusal(f"het bestand is beschadigd of niet heel aangekomen. {_ANEW}") from None
    if len(parts) > limits.PARTS:
        raise Refusal(f"in dit bestand zitten {len(parts)} bestanden. Dat is te veel. {_ANEW}")
    if len({part.filename for part in parts}) < len(parts):
        raise Refusal(f"in dit bestand zitten twee delen met dezelfde naam. {_ANEW}")
    end = 0
    for part in sorted(parts, key=lambda part: part.header_offset):
        if part.header_offset < end:
            raise Refusal(f"de delen van dit bestand liggen over elkaar heen. {_ANEW}")
        end = part.header_offset + 30 + len(part.filename) + part.compress_size
        if part.flag_bits & 0x1:
            raise Refusal("het bestand heeft een wachtwoord. Haal dat eraf.")
        if _OUTSIDE.search(part.filename):
            raise Refusal(f"in dit bestand zit een deel met een onveilige naam. {_ANEW}")
        if part.filename.lower().endswith(_ARCHIVES):
            raise Refusal("er zit een ingepakt bestand in dit bestand. Haal dat eruit.")
        packed = max(part.compress_size, 1)
        if part.file_size > limits.RATIO_FROM and part.file_size > limits.RATIO * packed:
            raise Refusal(f"een deel van dit bestand wordt uitgepakt veel te groot. {_ANEW}")
    if sum(part.file_size for part in parts) > limits.UNPACKED:
        most = limits.UNPACKED // 1_000_000
        raise Refusal(f"uitgepakt is dit bestand groter dan {most} MB. Verdeel het.")
    return archive


def read(archive: zipfile.ZipFile, name: str, most: int = limits.PART) -> bytes:
    """Return a part of an archive. Raises Refusal when it is damaged or has over `most` bytes."""
    if archive.getinfo(name).file_size > most:
        raise Refusal(
            f"een deel van dit bestand is groter dan {most // 1_000_000} MB. Verdeel het."
        )
    try:
        return archive.read(name)
    except Exception:  # each way of packing has errors of its own
        raise Refusal(f"het bestand is beschadigd of niet heel aangekomen. {_ANEW}") from None
