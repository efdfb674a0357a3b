"""What a check found: which rule, where, and in words what is wrong and what to do."""

from dataclasses import dataclass
from typing import Literal

# fout: may not be published so; advies: better otherwise; zelf: a person has to look.
Severity = Literal["fout", "advies", "zelf"]


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found. `words` tell the maker of a report what is wrong and to do."""

    rule: str
    where: str
    words: str
    severity: Severity = "fout"


def faults(found: list[Finding]) -> list[Finding]:
    """Return what keeps a report from being published."""
    return [one for one in found if one.severity == "fout"]
