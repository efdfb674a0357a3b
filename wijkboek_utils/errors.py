"""The one exception whose message is meant for the person who uses the command."""

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
