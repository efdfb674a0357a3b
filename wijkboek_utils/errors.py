"""What is said to the person who uses the command, and the one exception that is meant for them."""

import errno
from difflib import get_close_matches


class Fout(Exception):
    """Say in Dutch what is wrong, where, and what to do. The command prints it without a trace."""


def did_you_mean(word: str, known: list[str], count: int = 3) -> str:
    """Return `" Bedoelt u a, b of c?"` with the nearest known words, or an empty string."""
    # Codes and slugs are compared without regard to case: GM0344 and gm0344 are one typo apart.
    by_lower = {name.lower(): name for name in known}
    near = [by_lower[n] for n in get_close_matches(word.lower(), by_lower, count, cutoff=0.5)]
    if not near:
        return ""
    return f" Bedoelt u {' of '.join([', '.join(near[:-1]), near[-1]]) if near[1:] else near[0]}?"


def refused(error: OSError, where: object) -> str:
    """Return in words what the system refuses to do with a file or folder, and what may help."""
    words = {
        errno.ENOSPC: f"De schijf is vol: {where} kan niet worden bewaard. Maak ruimte vrij.",
        errno.EDQUOT: f"Uw ruimte op de schijf is op: {where} kan niet worden bewaard.",
        errno.EROFS: f"In {where} kan niet worden geschreven: de schijf is alleen te lezen.",
        errno.EACCES: f"U mag niet bij {where}. Pas de rechten van het bestand of de map aan.",
        errno.ENOENT: f"{where} is er niet.",
    }
    other = f"{where} kan niet worden gelezen of bewaard: {error.strerror or error}."
    return words.get(error.errno or 0, other)
