"""The cijferpaspoort: where a figure comes from, as a fold-out for readers and as JSON-LD.

A figure of the books has a passport made from its boekingen. A table whose figures all come from
the same sources in the same way has one for the whole table.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from wijkboek_utils import area_flows, dutch, ledger, sources, sums, wijkrekening
from wijkboek_utils.passport_document import document as document
from wijkboek_utils.passport_document import used as used
from wijkboek_utils.show import Html, in_page

Mask: TypeAlias = pd.Series | np.ndarray
WHOLE = "alle cijfers in deze tabel"
EUROS = "EUR per jaar"
_TOLD = ["methode", "kengetal", "bron", "bronjaar"]  # by a passport, beside the facts of a flow
_SHOWN = 6  # names of keys or kengetallen that a reader sees; the JSON-LD has all
_METHODS = {
    "gemeten": "cijfer van de bron zelf",
    "verdeeld": "bekend voor een groter gebied, verdeeld met een sleutel",
    "geraamd": "aantal maal kengetal",
    "lokaal": "lokaal geteld",
    "geheim": "geheim bij de bron",
    "ontbreekt": "niet bekend",
}


@dataclass(frozen=True)
class Passport:
    """What is known of the origin of one figure, or of all figures of a table.

    `bronnen`, `sleutels` and `kengetallen` are ids with their names; `waarde` and `se` are in
    EUR a year, and None where the figure is words or there are more than one.
    """

    naam: str
    cijfer: str
    formule: str
    bronnen: dict[str, str]
    jaren: list[int]
    methode: str = ""
    sleutels: dict[str, str] = field(default_factory=dict)
    kengetallen: dict[str, str] = field(default_factory=dict)
    waarde: float | None = None
    se: float | None = None
    telt: tuple[str, ...] = ()  # the flows that add to it, `post|van|naar|domein`
    telt_af: tuple[str, ...] = ()  # those that are taken off
    maat: str = ""  # of what comes straight from CBS: `cbs:<topic>` counted, or `inkomen`


@dataclass(frozen=True)
class Books:
    """The `area_flows.kinds` of an area, and the names of their keys and kengetallen."""

    rows: pd.DataFrame
    keys: dict[str, str]
    units: dict[str, str]

    def figure(
        self,
        naam: str,
        cijfer: str,
        chosen: Mask,
        bedrag: float | None = None,
        se: float | None = None,
        formule: str = "",
        teken: np.ndarray | None = None,
    ) -> Passport:
        """Return the passport of a figure that is the sum of the `chosen` boekingen (a mask).

        Without `formule` the methods of the boekingen say how the figure was made. `teken` (1 or -1
        for each row) says what is taken off.
        """
        here = np.flatnonzero(chosen)
        rows = {name: cells[here] for name, cells in self._cells.items()}
        shares = _shares(rows["methode"], rows["bedrag"])
        made = "; ".join(_METHODS[m] for m in shares)
        count = int(rows["aantal"].sum())
        return Passport(
            naam,
            cijfer,
            formule or f"Som van {dutch.plural(count, 'boeking', 'boekingen')}: {made}",
            _titles(rows["bron"]),
            sorted({int(y) for y in rows["bronjaar"] if not pd.isna(y)}),
            _mix(shares),
            _named(rows["sleutel"], self.keys),
            _named(rows["kengetal"], self.units),
            float(bedrag) if dutch.is_known(bedrag) else None,
            float(se) if dutch.is_known(se) else None,
            *self._flows(here, teken),  # in the order of the fields: what adds, what is taken off
        )

    def _flows(
        self, here: np.ndarray, teken: np.ndarray | None
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the flows of some rows: those that add, and those that are taken off."""
        off = np.zeros(len(here), dtype=bool) if teken is None else teken[here] < 0
        names = self._named[here]
        added, taken = (tuple(dict.fromkeys(names[side])) for side in (~off, off))
        return added, taken

    @cached_property
    def _named(self) -> np.ndarray:
        """Return the flow of each row: post, payer, receiver, domein, and whether of no buurt."""
        parts = [self.rows[c].astype(str) for c in ("post", "van", "naar", "domein")]
        names = parts[0].str.cat(parts[1:], sep="|")
        return (names + np.where(self.rows["buurt"] == "", "", "|geheel")).to_numpy(object)

    @cached_property
    def _cells(self) -> dict[str, np.ndarray]:
        """Return the columns that passports are made from: one book has some hundreds of them."""
        return {c: self.rows[c].to_numpy(object) for c in (*_TOLD, "sleutel", "bedrag", "aantal")}

    def money(
        self, naam: str, amount: float, se: float, chosen: Mask, teken: np.ndarray | None = None
    ) -> Passport:
        """Return the passport of an amount that is printed to the digits it deserves."""
        return self.figure(naam, dutch.about(amount, se), chosen, amount, se, teken=teken)

    def table(self, naam: str, rows: pd.DataFrame, formule: str, cijfer: str = WHOLE) -> Passport:
        """Return the passport of all figures in a table that was made from `rows`.

        `rows` has `bron`, and where it has them `bronjaar` and `kengetal`.
        """
        ids, found, units = (
            _different(rows[c]) if c in rows else [] for c in ("bron", "bronjaar", "kengetal")
        )
        years, named = sorted(int(year) for year in found), _named(units, self.units)
        return Passport(naam, cijfer, formule, _titles(ids), years, kengetallen=named)


def books(
    boekingen: pd.DataFrame,
    weights: ledger.Weights,
    sleutels: pd.DataFrame,
    kengetallen: pd.DataFrame,
) -> Books:
    """Return the books of an area, with names for `sleutels` (notebook 04) and `kengetallen`."""
    buurt, codes = sums.coded(boekingen["buurt"])
    inside = np.append(ledger.shares(weights).reindex(codes).to_numpy(float) > 0, False)[buurt]
    return Books(
        wijkrekening.named(area_flows.kinds(boekingen, inside, _TOLD)),
        dict(zip(sleutels["sleutel"], sleutels["naam"], strict=True)),
        dict(zip(kengetallen["id"], kengetallen["naam"], strict=True)),
    )


def of_sources(
    naam: str, ids: Iterable[str], formule: str, cijfer: str = WHOLE, maat: str = ""
) -> Passport:
    """Return the passport of what comes straight from sources; `ids` as for `sources.describe`.

    Its years are those that the sources are about; `maat` is as in `Passport`.
    """
    titles = _titles(ids)
    periods = {sources.source(one).period for one in titles}
    years = sorted(int(period) for period in periods if period and period.isdigit())
    return Passport(naam, cijfer, formule, titles, years, maat=maat)


def of_kind(naam: str, kinds: list[str], jaren: Iterable[int], formule: str) -> Passport:
    """Return the passport of a table that reads all sources of some kinds over some years."""
    wanted = {str(year) for year in jaren}
    found = [s.id for kind in kinds for s in sources.vintages(kind) if s.period in wanted]
    return of_sources(naam, found, formule)


def of_model(
    naam: str, formule: str, units: pd.DataFrame, ids: Iterable[str] = (), cijfer: str = WHOLE
) -> Passport:
    """Return the passport of what a model computes from kengetallen and assumptions.

    `units` as `Kengetallen.used`; `ids` are the sources of what the model takes from the books.
    """
    base = of_sources(naam, ids, formule, cijfer)
    return replace(base, kengetallen=dict(zip(units["id"], units["naam"], strict=True)))


def _shares(methods: Iterable[str], amounts: Iterable[float]) -> dict[str, float]:
    """Return which part of the money of some boekingen each method made, largest first."""
    sums: dict[str, float] = {}
    for method, amount in sorted(zip(methods, amounts, strict=True), key=lambda pair: pair[0]):
        sums[method] = sums.get(method, 0.0) + (amount if dutch.is_known(amount) else 0.0)
    whole = sum(sums.values())
    shares = {name: part / whole if whole else 1 / len(sums) for name, part in sums.items()}
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def _mix(shares: dict[str, float]) -> str:
    if len(shares) == 1:
        return next(iter(shares))
    return dutch.join([f"{dutch.percent(part)} {name}" for name, part in shares.items()])


def _named(cells: Iterable[object], names: dict[str, str]) -> dict[str, str]:
    """Return the ids in some cells (`;` between) with their names, in order of appearance."""
    told = dict.fromkeys(str(cell) for cell in cells if not pd.isna(cell))
    found = dict.fromkeys(i for cell in told for i in cell.split(";") if i)
    # A key of CBS' own figures is the inhabitants of one wijk or gemeente: `inwoners:WK034401`.
    return {i: names.get(i, i.replace(":", " binnen ")) for i in found}


def _titles(cells: Iterable[str]) -> dict[str, str]:
    told = _different(cells) if isinstance(cells, pd.Series) else set(cells)
    return {i: sources.source(i).title for i in sources.ids(c for c in told if not pd.isna(c))}


def _different(column: pd.Series) -> Iterable[Any]:
    """Return the different cells of a column, in order of appearance: thousands are alike."""
    return [cell for cell in sums.coded(column)[1] if not pd.isna(cell)]


def fold(passports: list[Passport], words: str = "") -> Html:
    """Return passports folded away, one fold inside it for each; `linked` holds them as JSON-LD.

    `words` says of what they are, after «Cijferpaspoort:». The link `#cel` is that of the notebook
    cell, and `#pas` the id of the passport: only the report knows both.
    """
    if not passports:
        return Html("")
    summary = "Cijferpaspoort" if len(passports) == 1 else f"{len(passports)} cijferpaspoorten"
    summary += f": {words}" if words else ""
    if len(passports) == 1:
        inner = _facts(passports[0])
    else:
        inner = "".join(
            f'<details class="wb-pas-een"><summary>{in_page(p.naam)}: '
            f"<strong>{in_page(p.cijfer)}</strong></summary>{_facts(p)}</details>"
            for p in passports
        )
    return Html(
        f'<details class="wb-pas"><summary>{in_page(summary)}</summary>{inner}</details>',
        tuple(linked(p) for p in passports),
    )


def _facts(passport: Passport) -> str:
    """Return what a passport says as a list of terms."""
    rows: list[tuple[str, str]] = [
        ("Cijfer", in_page(f"{passport.naam}: {passport.cijfer}")),
        ("Hoe gemaakt", in_page(passport.formule)),
        ("Methode", in_page(passport.methode)),
        ("Sleutel", in_page(_few(passport.sleutels))),
        ("Kengetal", in_page(_few(passport.kengetallen))),
        ("Periode", in_page(dutch.join([str(year) for year in passport.jaren]))),
        ("Standaardfout", "" if passport.se is None else _error(passport.se)),
        ("Hard", _grade(passport)),
        ("Bron", "<br>".join(_source(i, title) for i, title in passport.bronnen.items())),
        ("Stap", '<a href="#cel">de code van deze stap</a>'),
    ]
    # Titles are the words of who publishes the source; the check of our Dutch leaves them out.
    kinds = {"Bron": ' class="wb-sources"'}
    items = "".join(
        f"<div><dt>{term}</dt><dd{kinds.get(term, '')}>{words}</dd></div>"
        for term, words in rows
        if words
    )
    return f'<dl id="#pas">{items}</dl>'


def _error(se: float) -> str:
    return in_page(dutch.about(se)) if se else "geen: zeker volgens de bron"


def _few(names: dict[str, str]) -> str:
    listed = list(names.values())
    if len(listed) <= _SHOWN:
        return "; ".join(listed)
    return "; ".join(listed[:_SHOWN]) + f"; en {len(listed) - _SHOWN} andere"


def _grade(passport: Passport) -> str:
    if passport.waarde is None or passport.se is None:
        return ""
    return wijkrekening.grade(passport.waarde, passport.se)


def _source(ident: str, title: str) -> str:
    found = sources.source(ident)
    table = f", tabel {found.table}" if found.table else ""
    return in_page(f"{title}{table}. Controlegetal (sha256): ") + f"<code>{found.sha256}</code>"


def linked(passport: Passport) -> dict[str, Any]:
    """Return a passport as JSON-LD, without the context and without the cell it came from."""
    node: dict[str, Any] = {
        "@type": "Cijfer",
        "naam": passport.naam,
        "cijfer": passport.cijfer,
        "formule": passport.formule,
        "methode": passport.methode,
        "sleutel": list(passport.sleutels),
        "kengetal": list(passport.kengetallen),
        "jaar": passport.jaren,
        "bron": [f"#bron-{ident}" for ident in passport.bronnen],
        "maat": passport.maat,
    }
    if passport.waarde is not None:
        node |= {"waarde": round(passport.waarde, 2), "eenheid": EUROS}
        node |= {"telt": list(passport.telt), "telt_af": list(passport.telt_af)}
    if passport.se is not None:
        node["standaardfout"] = round(passport.se, 2)
        node["hard"] = _grade(passport)
    return {key: value for key, value in node.items() if value not in ("", [])}
