"""The double-count lock: a saving is a claim with a number on a group and a year, pledged once.

Two plans that both count the same person who leaves the bijstand save one bijstand. Claims on one
group are partial claims: together at most the whole group.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.models.plans import REFUSED, Activiteit, Effect, Plans, key

HOLDS = "geldt"
COLUMNS = {
    "nummer": "str",
    "activiteit": "str",
    "doel": "str",
    "voor_wie": "str",
    "jaar": "int64",
    "eenheden": "float64",
    "eenheid": "str",
    "groep": "float64",
    "oordeel": "str",
}
# In turn, so that no word comes out; none that people take for one another.
_LETTERS, _DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"
_SLACK = 1e-9  # of the whole: sums of parts differ by less


@dataclass(frozen=True)
class Claim:
    """What one link of one activity saves in one year, in units if it works."""

    nummer: str
    activiteit: Activiteit
    effect: Effect
    jaar: int
    link: tuple[int, int]  # which activity, and which of its links

    @property
    def pot(self) -> tuple[str, int]:
        """Return the goal and the year: what is saved elsewhere is never the same saving."""
        return key(self.effect.doel), self.jaar

    @property
    def group(self) -> str:
        """Return whose saving it is; empty is anyone of the goal."""
        return key(self.effect.voor_wie)


def code(*parts: object) -> str:
    """Return a number of letters and digits that belongs to these words alone: `K7M2Q-9A4B3`.

    Made from the words themselves, so that nothing else in the books can change it. Of ten thousand
    claims two are the same in one of five thousand reports.
    """
    rest = int.from_bytes(hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest())
    signs = ""
    for place in range(10):
        alphabet = (_LETTERS, _DIGITS)[place % 2]
        rest, at = divmod(rest, len(alphabet))
        signs += alphabet[at]
    return f"{signs[:5]}-{signs[5:]}"


def settle(plans: Plans) -> tuple[Plans, pd.DataFrame]:
    """Return the plans without savings that were pledged before, and every claim: `COLUMNS`.

    There are no dates of pledging, so who begins earlier goes first, and then the name; of one plan
    the link that saves most. `eenheden` is in `eenheid` a year if it works; `groep` is missing
    where nobody said how large it is; `oordeel` is `HOLDS` or why not. A link of which no year
    holds joins the refused links.
    """
    claims = sorted(_claims(plans), key=_order)
    accepted: dict[tuple[str, int], list[Claim]] = {}
    verdicts = []
    for claim in claims:
        before = accepted.setdefault(claim.pot, [])
        verdicts.append(_refusal(claim, before) or HOLDS)
        if verdicts[-1] == HOLDS:
            before.append(claim)
    rows = [(*_row(claim), said) for claim, said in zip(claims, verdicts, strict=True)]
    table = pd.DataFrame(rows, columns=[*COLUMNS]).astype(COLUMNS)
    return _without(plans, claims, verdicts), table


def _claims(plans: Plans) -> Iterator[Claim]:
    for n, plan in enumerate(plans.activiteiten):
        # The same link twice has the same words: the larger is the first.
        seen: Counter[tuple[str, ...]] = Counter()
        links = sorted(enumerate(plan.effecten), key=lambda e: (-e[1].minder, repr(e[1])))
        for m, effect in links:
            words = (key(plan.naam), key(effect.doel), key(effect.voor_wie), effect.kengetal.id)
            seen[words] += 1
            for year in effect.jaren:
                yield Claim(code(*words, seen[words], year), plan, effect, year, (n, m))


def _order(claim: Claim) -> tuple[object, ...]:
    plan, most = claim.activiteit, -claim.effect.bruto
    return plan.begin, key(plan.naam), claim.jaar, most, claim.nummer


def _row(claim: Claim) -> tuple[object, ...]:
    e = claim.effect
    who = e.voor_wie or None
    plan = claim.activiteit.naam
    return claim.nummer, plan, e.doel, who, claim.jaar, e.minder, e.eenheid, e.groep


def _refusal(claim: Claim, before: list[Claim]) -> str:
    """Return why a claim cannot hold beside those before it in its pot; nothing when it can."""
    same = [one for one in before if one.group == claim.group]
    if not claim.group:
        return _overfull(claim, before, [*same, claim])
    anyone = [one for one in before if not one.group]
    # Anyone of the goal may be one of this group too.
    return _overfull(claim, same, [*same, claim]) or (
        _overfull(claim, before, anyone) if anyone else ""
    )


def _overfull(claim: Claim, before: list[Claim], sized: list[Claim]) -> str:
    """Return why a claim does not fit beside others in the group whose size `sized` tell."""
    unit = claim.effect.eenheid
    others = [one for one in before if _doubles(one, claim)]
    alike = [one for one in before if one.effect.eenheid == unit]
    sizes = [c.effect.groep for c in sized if c.effect.eenheid == unit]
    known = [size for size in sizes if size is not None]
    told = dutch.join([f"{one.nummer} («{one.activiteit.naam}»)" for one in others])
    if others and all(one.effect.eenheid != unit for one in others):
        return (
            f"claim {told} telt deze groep in {others[0].effect.eenheid} en claim {claim.nummer} "
            f"in {unit}: dat is niet op te tellen"
        )
    if others and not known:
        return (
            f"dezelfde besparing is al beloofd in claim {told}; claim {claim.nummer} telt haar nog "
            "eens. Zijn het anderen? Schrijf dan voor wie het is en hoe groot die groep is"
        )
    if not known or _used([*alike, claim]) <= min(known) * (1 + _SLACK):
        return ""
    whole = _amount(min(known))
    if not others:
        mine = _amount(claim.effect.minder)
        return f"claim {claim.nummer} telt {mine} {unit} en de hele groep is {whole}"
    return (
        f"van de {whole} {unit} is {_amount(_used(alike))} al beloofd in claim {told}; claim "
        f"{claim.nummer} past er niet meer bij"
    )


def _doubles(one: Claim, claim: Claim) -> bool:
    """Return whether two claims can be about the same saving.

    Of one person a plan may save two costs, such as bijstand and its execution: two kengetallen.
    """
    own = one.link[0] == claim.link[0]
    return not own or one.effect.kengetal.id == claim.effect.kengetal.id


def _used(claims: list[Claim]) -> float:
    """Return the units that claims take of their group together; two costs of a unit are one."""
    units: dict[int, dict[str, float]] = {}
    for c in claims:
        costs = units.setdefault(c.link[0], {})
        costs[c.effect.kengetal.id] = costs.get(c.effect.kengetal.id, 0.0) + c.effect.minder
    return sum(max(costs.values()) for costs in units.values())


def _amount(value: float) -> str:
    return dutch.number(value, 0 if value == round(value) else 2)


def _without(plans: Plans, claims: list[Claim], verdicts: list[str]) -> Plans:
    """Return the plans with only the years that hold, and the links that lost every year."""
    years: dict[tuple[int, int], list[int]] = {}
    why: dict[tuple[int, int], str] = {}
    for claim, said in zip(claims, verdicts, strict=True):
        if said == HOLDS:
            years.setdefault(claim.link, []).append(claim.jaar)
        else:
            why.setdefault(claim.link, said)
    kept, lost = [], []
    for n, plan in enumerate(plans.activiteiten):
        effects = []
        for m, effect in enumerate(plan.effecten):
            if (n, m) in years:
                effects.append(replace(effect, jaren=tuple(sorted(years[n, m]))))
            else:
                lost.append((plan.naam, effect.doel, why[n, m]))
        kept.append(replace(plan, effecten=tuple(effects)))
    refused = pd.DataFrame(lost, columns=REFUSED, dtype="str")
    refused = pd.concat([plans.geweigerd, refused], ignore_index=True)
    return replace(plans, activiteiten=tuple(kept), geweigerd=refused)
