"""What is asked of who makes a report, and what came of it: plain facts that cross processes."""

from dataclasses import dataclass, field
from typing import Any

from wijkboek_utils.errors import Fout, did_you_mean

STOCK, FORKED = "papermill", "wijkboek"  # who runs a notebook: papermill's engine or ours


def check_engine(name: str) -> None:
    """Raise Fout, with the nearest name, when there is no such engine."""
    if name not in (FORKED, STOCK):
        near = did_you_mean(name, [FORKED, STOCK])
        raise Fout(f"Engine {name} bestaat niet.{near} Kies uit: {FORKED}, {STOCK}.")


@dataclass(frozen=True)
class Limits:
    """What a notebook may take: seconds for a cell and for all, and bytes of memory (or None)."""

    cell: int = 600
    notebook: int = 1800
    memory: int | None = 4_000_000_000


@dataclass(frozen=True)
class Asked:
    """What report to make, and how. `together` is how many notebooks may run at once."""

    name: str  # of a pilot, or the code of an area
    parameters: dict[str, str] = field(default_factory=dict)  # as the user typed them
    pdf: bool = False
    stand: str = ""  # only what was fetched by this day
    engine: str = FORKED
    limits: Limits = Limits()
    together: int = 1
    printed: bool = True  # as PDF, where that is asked; who compares needs the rest alone

    @classmethod
    def of(cls, how: dict[str, Any]) -> "Asked":
        """Return what was asked, from JSON."""
        return cls(**{**how, "limits": Limits(**how["limits"])})


@dataclass(frozen=True)
class Outcome:
    """What came of it. `faults` keep the report from being published; empty when it may.

    `again` says that what went wrong may go well a second time; `died` that who made it ended
    without a word, and so without a page. `hint` is what may help then.
    """

    name: str
    faults: list[str]
    seconds: float
    finished: bool = True
    again: bool = False
    died: bool = False
    hint: str = ""
