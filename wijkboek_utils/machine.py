"""Paths and secrets of the machine on which a report was made, in its files."""

import os
import re
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wijkboek_utils.findings import Finding

# Per cue, which is searched for first, the pattern that it must be part of.
_PATHS = {
    b"/home/": rb"/home/[\w.-]+",
    b"/Users/": rb"/Users/[\w.-]+",
    b"/root/": rb"/root/",
    b"/tmp/": rb"/tmp/\w+",
    b"/var/folders/": rb"/var/folders/",
    b":\\": rb"\b[A-Za-z]:\\+(?:Users|Documents)\\+\w+",
}
_ASSIGNED = rb"(?i)(?:password|wachtwoord|api_?key|secret)[\"']?\s*[:=]\s*\\?[\"'][^\"']{6,}"
_SECRETS = {
    **{cue: cue + rb"\w{20,}" for cue in (b"ghp_", b"gho_", b"ghs_", b"github_pat_")},
    **{cue: rb"\b" + cue + rb"[\w-]{20,}" for cue in (b"sk-", b"xoxb-", b"xoxp-")},
    **{cue: _ASSIGNED for cue in (b"assword", b"achtwoord", b"pi_key", b"pikey", b"ecret")},
    b"AKIA": rb"\bAKIA[0-9A-Z]{16}\b",
    b"PRIVATE KEY": rb"-----BEGIN [A-Z ]*PRIVATE KEY",
    b"eyJ": rb"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}",
    b"earer ": rb"(?i)bearer\s+[\w.-]{20,}",
    b"://": rb"://[^/\s:@\"']+:[^/\s:@\"']+@",
}
# Of cues that are everywhere, more than the cue.
_LONGER = {
    b"://": r"://[^/\s\v:@\"']+:[^/\s:@\"']+@",
    b":\\": r"[A-Za-z]:\\+(?:Users|Documents)",
    b"sk-": r"sk-[\w-]{20}",
}
_CUES = "|".join(_LONGER.get(cue, re.escape(cue.decode())) for cue in (*_PATHS, *_SECRETS))


def findings(parts: dict[str, bytes]) -> Iterator[Finding]:
    """Find paths and secrets of the machine on which the report was made, in some files."""
    names = list(parts)
    for n in within(list(parts.values()), cues()):
        yield from _cued(names[n], parts[names[n]], [place.encode() for place in _own()])


def cues() -> str:
    """Return a pattern that a file without it passes: it has no path or secret either."""
    return "|".join([_CUES, *map(re.escape, _own())])


def _own() -> list[str]:
    """Return the folders of who makes the report."""
    return [place for place in (os.path.expanduser("~"), os.getcwd()) if place.count("/") > 1]


def _cued(name: str, data: bytes, own: Sequence[bytes] = ()) -> Iterator[Finding]:
    if any(place in data for place in own):
        words = "een map van de maker staat in dit bestand: haal het weg"
        yield Finding("pad van de computer", name, words)
    for cue, pattern in _PATHS.items():
        if cue in data and (match := re.search(pattern, data)):
            shown = match.group().decode("utf-8", "replace")
            words = f"«{shown}» wijst naar een map van de maker: haal het weg"
            yield Finding("pad van de computer", name, words)
    if any(cue in data and re.search(pattern, data) for cue, pattern in _SECRETS.items()):
        words = "dit lijkt een wachtwoord of sleutel: haal het weg en maak een nieuwe"
        yield Finding("geheim", name, words)


def within(texts: Sequence[bytes] | Sequence[str], pattern: str) -> list[int]:
    """Return which texts have a pattern in them; Arrow reads many bytes once, for all of it.

    To prepare a pattern takes as long as to read 50 to 500 kB: give it small texts together.
    """
    if len(texts) == 1 and isinstance(texts[0], bytes):  # read where it lies
        size = pa.py_buffer(np.array([0, len(texts[0])]))
        one = [None, size, pa.py_buffer(texts[0])]
        array = pa.LargeBinaryArray.from_buffers(pa.large_binary(), 1, one)
    else:
        kind = pa.large_binary() if texts and isinstance(texts[0], bytes) else pa.large_string()
        array = pa.array(texts, kind)
    found = pc.match_substring_regex(array, pattern=pattern)
    return [n for n, there in enumerate(found.to_pylist()) if there]
