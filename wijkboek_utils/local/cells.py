"""What is wrong with a cell, and how a cell is compared and repeated."""

import re
import unicodedata

from wijkboek_utils import dutch

_SHOWN = 40  # characters of a cell that a fault repeats


class Wrong(Exception):
    """A cell cannot be read; the message says in Dutch why, and what to do."""


def key(text: str) -> str:
    """Return a word without case, accents and signs, to compare it by: `Één-Twee` is `een twee`."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def quote(text: str) -> str:
    """Return a cell as a fault repeats it: on one line, visible, not too long."""
    return f"«{dutch.name(text, _SHOWN)}»"


def visible(text: str) -> str:
    """Return a cell on one line; raise Wrong for a character that nobody sees."""
    if dutch.plain(text) != text:
        odd = next(c for c in text if dutch.plain(c) != c)
        raise Wrong(
            f"bevat een teken dat niemand ziet (U+{ord(odd):04X}). Typ de tekst opnieuw en plak "
            "haar niet."
        )
    return " ".join(unicodedata.normalize("NFC", text).split())
