"""Under what licence a report and its tables may be used again, and who made them."""

from collections.abc import Iterable
from dataclasses import dataclass

from wijkboek_utils.sources import Source

MAKERS = "De makers van Wijkboek"  # as in CITATION.cff
REPORT_ONLY = "alleen voor dit rapport"  # a choice of who contributes


@dataclass(frozen=True)
class Licence:
    """A licence: its address, its name, and in a sentence what it allows."""

    url: str
    name: str
    words: str


OPEN = Licence(
    "https://creativecommons.org/licenses/by/4.0/",
    "CC BY 4.0",
    "U mag dit delen en bewerken als u de bronnen noemt.",
)
CLOSED = Licence(
    "#niet-open",
    "Alleen voor dit rapport",
    "Een of meer bijdragen mogen alleen in dit rapport staan. Vraag de makers wat u mag.",
)
CODE = Licence(
    "https://opensource.org/license/mit",
    "MIT",
    "U mag de code gebruiken, veranderen en delen, met de naam van de makers erbij.",
)


def of(used: Iterable[Source]) -> Licence:
    """Return the licence of a report of some sources: closed where one contributor said so."""
    return CLOSED if any(one.licence == REPORT_ONLY for one in used) else OPEN
