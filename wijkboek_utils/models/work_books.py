"""Work read off the books: what others pay for it, and what residents do unpaid, in hours.

Rules stand in `tables/werk.csv`: which boekingen, who does it, what of the money is labour, and
what we judge could be done by the wijk.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, iv3, ledger, sources, sums, unpaid, views
from wijkboek_utils.estimates import Estimate, of, sure
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.models.work_local import QUESTIONS

PAID, UNPAID, BOTH = "betaald", "onbetaald", "beide"
ENDS = ("", "_laag", "_hoog")  # the middle of a range, and where it starts and stops
STAFF = "werk_uurkosten_gemeente"
_SHARES = ["deel", "deel_laag", "deel_hoog"]
_JUDGED = [*QUESTIONS, *_SHARES, "grond", "uitvoerder", "schaal"]
_REST = "rest"
_MOST = ["werk", "domein"]


@dataclass(frozen=True)
class Books:
    """What the inventory is read from: boekingen, the weights of the area, kengetallen."""

    grootboek: pd.DataFrame
    gewichten: ledger.Weights
    getallen: Kengetallen

    def labour(self, rule: Any) -> Estimate:
        """Return the hours in a EUR that is paid for work of a kind; none where it is no work."""
        if not rule.arbeid:
            return sure(0.0)
        return self.share(rule.arbeid) / self.hour(rule.uurkosten)

    def share(self, kengetal: str) -> Estimate:
        """Return a kengetal that is a share."""
        return of(self.getallen.get(kengetal, "aandeel"))

    def hour(self, kengetal: str) -> Estimate:
        """Return what an hour of labour costs who employs it, in EUR."""
        return of(self.getallen.get(kengetal, "euro per uur"))

    def sums(
        self, labels: pd.Series, sign: pd.Series | None = None
    ) -> dict[str, tuple[dict[str, Any], Estimate]]:
        """Return by label what its boekingen say, and what they come to in the area, in EUR a year.

        `labels` is on the index of the grootboek, missing for what has none; so is `sign`.
        """
        named = labels.notna()
        rows = self.grootboek[named].assign(werk=labels[named])
        signs = None if sign is None else sign[named]
        table = ledger.totals(rows, self.gewichten, ["werk"], sign=signs).set_index("werk")
        facts = _told(rows)
        return {
            name: (facts[name], Estimate(one["bedrag"], own=one["se"]))
            for name, one in table.iterrows()
        }

    def labels(self, rules: pd.DataFrame, chosen: pd.Series) -> pd.Series:
        """Return of each chosen boeking the first rule whose posts it belongs to, by `keuze`."""
        choices = [(keuze, tuple(keuze.split(";"))) for keuze in rules["keuze"]]

        def first(post: str) -> str | None:
            return next((keuze for keuze, begins in choices if post.startswith(begins)), None)

        return by_post(self.grootboek, first).where(chosen)

    def item(self, rule: Any, told: dict[str, Any], euro: Estimate, **facts: Any) -> dict[str, Any]:
        """Return what is told of paid work beside its hours; `told` is what its boekingen say."""
        return {
            **told,
            "naam": rule.naam,
            "domein": rule.domein or told["domein"],
            "wie": rule.wie,
            "euro": euro.value,
            "se": euro.se,
            **_judged(rule),
            "kengetal": ";".join(k for k in (rule.arbeid, rule.uurkosten) if k),
            **facts,
        }


def by_post(grootboek: pd.DataFrame, of: Callable[[str], str | None]) -> pd.Series:
    """Return a word about the post of each boeking, missing where there is none."""
    code, posts = sums.coded(grootboek["post"])
    words = pd.array([of(post) for post in posts], dtype="str")
    return pd.Series(words.take(code), index=grootboek.index)


def _told(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return by label (`werk`) in which `domein` most is paid, and `post`, `bron`, `bronjaar`."""
    if rows.empty:
        return {}
    (werk, names), (domein, words) = (sums.ordered(rows[name].astype("str")) for name in _MOST)
    kind, first = sums.kinds(werk * len(words) + domein)
    euro = np.full((len(names), len(words)), -np.inf)
    euro[werk[first], domein[first]] = sums.precise(kind, rows["bedrag"].to_numpy(), len(first))
    domains = dict(zip(names, np.asarray(words)[euro.argmax(axis=1)], strict=True))
    said: dict[str, list[tuple[Any, ...]]] = {}
    cells = (rows[name].tolist() for name in ("werk", "post", "bron", "bronjaar"))
    for werk_, *one in dict.fromkeys(zip(*cells, strict=True)):
        said.setdefault(werk_, []).append(tuple(one))
    return {
        werk: {
            "domein": domains[werk],
            "post": ";".join(dict.fromkeys(post for post, _, _ in told)),
            "bron": ";".join(sources.ids(bron for _, bron, _ in told if pd.notna(bron))),
            "bronjaar": max((int(year) for *_, year in told if pd.notna(year)), default=None),
        }
        for werk, told in said.items()
    }


def rows(books: Books, onbetaald: pd.DataFrame, rekening: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the facts of each kind of work, as far as they are known.

    `onbetaald` as `unpaid.hours`, `rekening` as `iv3.read_all`. Hours are a range: `uren`,
    `uren_laag`, `uren_hoog`, and of the gemeente `uren_eigen` and `uren_inkoop`.
    """
    table = sources.read_project_table("werk")
    rules = dict(iter(table.groupby("soort", sort=False)))
    found = [
        *_municipal(books, rules["taakveld"], rekening),
        *_posts(books, rules["post"]),
        *_firms(books, rules["bedrijf"], rules["rest"]),
        *_unpaid(books, rules["onbetaald"], onbetaald),
        *_unknown(rules["los"]),
    ]
    return [row for row in found if row.get("euro") != 0]  # where nobody lives nothing is bought


def _judged(rule: Any) -> dict[str, Any]:
    found = {name: getattr(rule, name) for name in _JUDGED}
    shares = {name: found[name] or np.nan for name in _SHARES}
    return {**found, **shares}


def _hours(amount: Estimate, name: str = "uren") -> dict[str, float]:
    """Return hours and their range; nothing for what is unknown or no work."""
    if not dutch.is_known(amount.value) or amount.value <= 0:
        return {}
    wide = dutch.Z90 * float(amount.se)
    ends = (amount.value, max(amount.value - wide, 0.0), amount.value + wide)
    return {f"{name}{end}": value for end, value in zip(ENDS, ends, strict=True)}


def staff(rekening: pd.DataFrame) -> pd.Series:
    """Return which share of its lasten the gemeente pays its own staff, by taakveld.

    `rekening` as `iv3.read_all`. Unknown where no salaries were given.
    """
    sums = rekening.groupby("taakveld")[["lasten", "salarissen"]].sum(min_count=1)
    spent = sums["lasten"].where(sums["lasten"] > 0)
    return (sums["salarissen"] / spent).clip(0.0, 1.0)


def _municipal(
    books: Books, rules: pd.DataFrame, rekening: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    """Yield what the gemeente does for the area, by taakveld: its own staff, and what it buys."""
    rows = books.grootboek
    code = by_post(rows, lambda post: post.split(":")[1] if ":" in post else None)
    code = code.where(views.is_service(rows) & views.is_expense(rows))
    found = books.sums(code, views.published_sign(rows))
    by_prefix = {rule.keuze: rule for rule in rules.itertuples()}
    names, own = iv3.names(rekening), staff(rekening)
    for taakveld in sorted(found, key=views.taakveld_order):
        rule = by_prefix[max((k for k in by_prefix if taakveld.startswith(k)), key=len)]
        mine, euro = found[taakveld]
        share = own.get(taakveld, np.nan)
        known = share if dutch.is_known(share) else 0.0
        by_staff = euro * known / books.hour(STAFF)
        bought = euro * (1.0 - known) * books.labour(rule)
        facts = {
            "id": f"iv3:{taakveld}",
            "naam": names.get(taakveld, taakveld),
            "betaald": PAID,
            "taakveld": taakveld,
            **_hours(by_staff + bought),
            **_hours(by_staff, "uren_eigen"),
            **_hours(bought, "uren_inkoop"),
        }
        item = books.item(rule, mine, euro, **facts)
        item["kengetal"] = ";".join(dict.fromkeys([*item["kengetal"].split(";"), STAFF]))
        yield item


def _posts(books: Books, rules: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield work that others than the gemeente pay, as posts of the grootboek."""
    everything = pd.Series(True, index=books.grootboek.index)
    found = books.sums(books.labels(rules, everything))
    for rule in rules[rules["keuze"].isin(list(found))].itertuples():
        mine, euro = found[rule.keuze]
        hours = _hours(euro * books.labour(rule))
        yield books.item(rule, mine, euro, id=rule.keuze, betaald=PAID, **hours)


def _firms(books: Books, rules: pd.DataFrame, rest: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the work of firms in the area: what residents buy of them, and all other sales.

    Wages follow turnover; of goods that are sold on only the margin is turnover.
    """
    rows = books.grootboek
    to_firms = rows["naar"] == "bedrijven"
    sides = pd.Series("in", index=rows.index).where(to_firms).astype("object")
    sides[_wages(rows)] = "loon"
    sides[rows["post"] == "bedrijf:handelswaar"] = "waar"
    sides[rows["post"] == "bedrijf:omzet_buiten"] = "elders"
    found = books.sums(sides)
    money = {name: float(np.nan_to_num(amount.value)) for name, (_, amount) in found.items()}
    turnover = money.get("in", 0.0) + money.get("elders", 0.0) - money.get("waar", 0.0)
    if "loon" not in found or not turnover > 0:
        return
    paid, wages = found["loon"]
    quote = wages * (1.0 / turnover)
    sold = books.sums(books.labels(rules, to_firms))
    for rule in rules[rules["keuze"].isin(list(sold))].itertuples():
        mine, euro = sold[rule.keuze]
        margin = books.share(rule.arbeid) if rule.arbeid else sure(1.0)
        hours = _hours(euro * margin * quote / books.hour(rule.uurkosten))
        name = f"bedrijf:{rule.keuze.split(';')[0]}"
        yield books.item(rule, mine, euro, id=name, betaald=PAID, **hours)
    for rule in rest.itertuples():
        elsewhere = quote * money.get("elders", 0.0)
        hours = _hours(elsewhere / books.hour(rule.uurkosten))
        yield books.item(rule, paid, elsewhere, id=rule.keuze, betaald=PAID, **hours)


def _wages(rows: pd.DataFrame) -> pd.Series:
    """Return which boekingen are what firms pay for labour, with premiums."""
    posts = ["bedrijf:loon", "inkomen:loon_bedrijven", "belasting:werkgevers", "premie:pensioen"]
    return (rows["van"] == "bedrijven") & rows["post"].isin(posts)


def _unpaid(books: Books, rules: pd.DataFrame, onbetaald: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield unpaid work of residents; what they do at home in its parts."""
    sums = unpaid.totals(onbetaald, books.gewichten).set_index("naam")
    shares = {r.arbeid: books.share(r.arbeid) for r in rules.itertuples() if r.arbeid[:4] == "werk"}
    left = sum(shares.values(), sure(0.0))
    for rule in rules.itertuples():
        mine = onbetaald[onbetaald["soort"] == rule.keuze]
        if mine.empty:
            continue
        total = sums.loc[mine["naam"].iloc[0]]
        if total["uren"] == 0:
            continue
        part = 1.0 - left if rule.arbeid == _REST else shares.get(rule.arbeid, sure(1.0))
        yield {
            "id": f"onbetaald:{rule.keuze}" + (f":{rule.arbeid}" if rule.arbeid else ""),
            "naam": rule.naam,
            "domein": rule.domein,
            "betaald": UNPAID,
            "wie": rule.wie,
            **_judged(rule),
            "post": f"onbetaald:{rule.keuze}",
            "bron": ";".join(sources.ids(mine["bron"].dropna().unique())),
            "bronjaar": int(mine["bronjaar"].max()),
            "kengetal": ";".join(k for k in (mine["kengetal"].iloc[0], rule.arbeid) if k),
            **_hours(Estimate(total["uren"], own=total["se"]) * part),
        }


def _unknown(rules: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield work that stands in no book: named, without hours."""
    for rule in rules.itertuples():
        facts = {"id": f"los:{rule.keuze}", "naam": rule.naam, "domein": rule.domein}
        yield {**facts, "betaald": PAID, "wie": rule.wie, **_judged(rule)}
