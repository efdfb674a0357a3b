"""Questions in the terminal. Without a terminal, or with `--ja`, nothing is asked."""

import sys
from collections.abc import Sequence

from wijkboek_utils.errors import Fout

_STOPPED = "Gestopt: er kwam geen antwoord. Er is niets geschreven."
_YES = {"j", "ja", "y", "yes"}
_NO = {"n", "nee", "no"}


class Asker:
    """Asks the person at the keyboard; `live` says whether there is one."""

    def __init__(self, silent: bool = False) -> None:
        """Ask nothing when `silent`."""
        self.live = not silent and sys.stdin.isatty() and sys.stdout.isatty()

    def line(self, question: str) -> str:
        """Return what is typed, without spaces around it. Raises Fout at the end of the input."""
        try:
            # Not by `input`: it asks on stderr, which may go elsewhere.
            print(question, end=" ", flush=True)
            return input().strip()
        except EOFError:
            print()
            raise Fout(_STOPPED) from None

    def yes(self, question: str, otherwise: bool) -> bool:
        """Return whether the answer is yes; `otherwise` when only Enter is typed."""
        while True:
            answer = self.line(f"{question} [{'J/n' if otherwise else 'j/N'}]").casefold()
            if not answer:
                return otherwise
            if answer in _YES | _NO:
                return answer in _YES
            print("Typ ja of nee.")

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """Return the place of an option in the list, from 0; None when only Enter is typed."""
        for number, option in enumerate(options, 1):
            print(f"  {number:>2}. {option}")
        while answer := self.line(f"{question} [1-{len(options)}, of Enter voor geen]"):
            if answer.isdecimal() and 1 <= int(answer) <= len(options):
                return int(answer) - 1
            print(f"Typ een getal van 1 tot {len(options)}.")
        return None
