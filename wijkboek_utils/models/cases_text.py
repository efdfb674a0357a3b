"""The worked cases of the publications in words and tables, each folded away and labelled.

Every table says in its caption that it is an example.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from wijkboek_utils import dutch, passports, show
from wijkboek_utils.dutch import about, euro, number, percent
from wijkboek_utils.kengetallen import Kengetal, Kengetallen
from wijkboek_utils.models import case_scheme
from wijkboek_utils.models.cases import Case
from wijkboek_utils.passports import Passport
from wijkboek_utils.show import Html

EXAMPLE = "rekenvoorbeeld"
_WAGE = "euro per uur"
NEVER = "niet in deze jaren"
_STEPS = {
    "Besparing per jaar als het lukt (bruto)": ("bruto", "bruto"),
    "Besparing per jaar die overblijft (netto)": ("netto", "voorzichtig"),
    "Winst over alle jaren samen": ("waarde", "waarde_voorzichtig"),
}
_BALANCE = ["betaalt", "bespaart", "geeft", "krijgt", "saldo"]
_HEADS = ["Betaalt", "Bespaart", "Geeft terug", "Krijgt terug", "Blijft over"]


@dataclass(frozen=True, eq=False)
class Tables:
    """What notebook 08 wrote of the cases, see `case_results`.

    Two are equal when they say the same: the published cases are told once for all gemeenten.
    """

    uitkomsten: pd.DataFrame
    saldi: pd.DataFrame
    bezit: pd.DataFrame
    verkoop: pd.DataFrame

    def of(self, name: str) -> "Tables":
        """Return what is about one case."""
        whole = (self.uitkomsten, self.saldi, self.bezit, self.verkoop)
        return Tables(*(t[t["voorbeeld"] == name].reset_index(drop=True) for t in whole))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tables):
            return NotImplemented
        mine, its = vars(self).values(), vars(other).values()
        return all(one.equals(two) for one, two in zip(mine, its, strict=True))

    def __hash__(self) -> int:
        return hash((*self.uitkomsten["activiteit"], *self.saldi["budget"]))


def publications(found: Iterable[Case], tables: Tables, getallen: Kengetallen) -> Html:
    """Return all cases of the publications, a fold for each."""
    content = Html("")
    for case in found:
        content += show.fold(case.titel, one(case, tables.of(case.naam), getallen))
    return content


def origins(found: Iterable[Case]) -> Html:
    """Return the passports of the cases, folded away: what each of them computes with."""
    made = "Wat de publicatie zegt en wat wij aannemen, maal kengetallen"
    return passports.fold([_origin(case, made) for case in found])


@lru_cache(maxsize=64)
def _origin(case: Case, made: str) -> Passport:
    return passports.of_model(case.titel, made, case.getallen.used())


def one(case: Case, tables: Tables, getallen: Kengetallen) -> Html:
    """Return a case: that it is an example, what comes out, who pays, what must be true."""
    wage = case.model["loon"]["kengetal"] if "loon" in case.model else None
    return _one(case, tables, getallen.get(wage, _WAGE) if wage else None)


@lru_cache(maxsize=64)
def _one(case: Case, tables: Tables, hour: Kengetal | None) -> Html:
    content = show.text(case.illustratie)
    for variant, rows in tables.uitkomsten.groupby("variant", sort=False):
        content += _plan(case, str(variant), rows, tables.saldi)
    content += _more(case, tables, hour)
    return content + premises(case.voorwaarden, case.aannames)


def premises(voorwaarden: Iterable[str], aannames: Iterable[str]) -> Html:
    """Return what must be true, and what is assumed."""
    must = show.text("Dit moet waar zijn:") + show.bullets([*voorwaarden])
    return must + show.text("Dit nemen we aan:") + show.bullets([*aannames])


def _plan(case: Case, variant: str, rows: pd.DataFrame, saldi: pd.DataFrame) -> Html:
    """Return one variant of a case: only the first has its sums, the others say what changes."""
    row = rows.iloc[0]
    if variant:
        return show.text(f"En {variant}? {outcome(row)}")
    content = show.text(outcome(row)) + steps(rows, case.titel)
    if row["gaat_door"] == "ja":
        content += balances(saldi[saldi["variant"] == ""], case.titel, "budget")
    return content


def outcome(row: pd.Series) -> str:
    """Say in a few sentences what comes out of a plan; a row of `case_results.RESULTS`."""
    if row["gaat_door"] == "nee":
        return f"Het plan gaat niet door. {dutch.capital(row['reden'])}"
    text = (
        f"Het plan gaat door. Het kost {about(row['kosten'])} in het eerste jaar. Lukt het, dan "
        f"bespaart het {about(row['bruto'])} per jaar. Daarvan blijft {about(row['netto'])} over, "
        f"en voorzichtig gerekend {about(row['voorzichtig'])}."
    )
    return f"{text} {worth(row)}"


def worth(row: pd.Series) -> str:
    """Say what a plan is worth over all its years, with its range and the cautious sum."""
    text = f"Over alle jaren samen {gain(row['waarde'])}. Negen van de tien keer is dat "
    text += f"{dutch.result(row['laag'], row['hoog'])}."
    if row["waarde"] > 0 > row["waarde_voorzichtig"]:
        text += f" Voorzichtig gerekend {gain(row['waarde_voorzichtig'])}."
    return text


def gain(amount: float) -> str:
    """Say that an amount is gained or lost, as in «samen levert het € 100 op»."""
    return f"levert het {about(amount)} op" if amount >= 0 else f"kost het {about(-amount)}"


def steps(rows: pd.DataFrame, titel: str) -> Html:
    """Return from gross to net of a plan, in the middle and cautiously, as a table."""
    row = rows.iloc[0]
    lines = [("Kosten in het eerste jaar", about(row["kosten"]), about(row["kosten"]))]
    lines += [
        (name, about(row[middle]), about(row[cautious]))
        for name, (middle, cautious) in _STEPS.items()
    ]
    cautious_time = years(row["terugverdientijd_voorzichtig"])
    lines.append(("Terugverdiend na", years(row["terugverdientijd"]), cautious_time))
    frame = pd.DataFrame(lines, columns=["Wat", "Midden", "Voorzichtig"])
    write: dict[str, Callable[..., str]] = dict.fromkeys(["Midden", "Voorzichtig"], str)
    return show.table(frame, f"{titel}: van bruto naar netto ({EXAMPLE})", write)


def years(value: float) -> str:
    """Return after how many years what was spent is back."""
    return f"{number(value, 1)} jaar" if dutch.is_known(value) else NEVER


def balances(saldi: pd.DataFrame, titel: str, wie: str) -> Html:
    """Return who pays, saves, gives and gets over all years, by `budget` or by `houder` (`wie`)."""
    sums = saldi.groupby(wie, sort=False)[_BALANCE].sum().reset_index()
    sums[wie] = sums[wie].map(dutch.capital)
    frame = sums.rename(columns=dict(zip(_BALANCE, _HEADS, strict=True)) | {wie: wie.capitalize()})
    write: dict[str, Callable[..., str]] = dict.fromkeys(_HEADS, about)
    return show.table(frame, f"{titel}: wie betaalt en wie wint ({EXAMPLE})", write)


def _more(case: Case, tables: Tables, hour: Kengetal | None) -> Html:
    """Return what a case has beside its plans."""
    content = Html("")
    if "korting" in case.model:
        content += discount(case.model["korting"], case.titel)
    if hour:
        content += show.text(wages(case.model["loon"], hour))
    if "bestuur" in case.model:
        content += governance(case.model["bestuur"], case.titel)
    if len(tables.bezit):
        content += holding(tables.bezit.iloc[0], case)
    if len(tables.verkoop):
        content += resale(tables.verkoop, case)
    return content


def discount(told: Mapping[str, Any], titel: str) -> Html:
    """Return what a collective discount was and is, as a table."""
    rows = []
    for what in (told["toen"], told["nu"]):
        each = what["premie"] * what["korting"]
        total = each * what["deel"] * told["verzekerden"]
        rows.append((what["naam"], percent(what["korting"]), euro(each), about(total)))
    heads = ["Korting", "Deel van de premie", "Per verzekerde per jaar", "Samen per jaar"]
    frame = pd.DataFrame(rows, columns=heads)
    table = show.table(frame, f"{titel}: de korting ({EXAMPLE})", dict.fromkeys(heads[1:], str))
    kept = about(total * (1 - told["deel_club"]))
    return table + show.text(f"Van de korting nu houden de verzekerden samen {kept} per jaar.")


def wages(told: Mapping[str, Any], hour: Kengetal) -> str:
    """Say what is earned in the wijk by who does the work, before tax, at a wage of an hour."""
    total = told["plekken"] * told["uren"] * hour.waarde
    return (
        f"Wie het werk doet, verdient bruto. Samen is dat ongeveer {about(total)} per "
        "jaar. Dat loon komt in de wijk terecht, in plaats van bij een bedrijf van buiten."
    )


def governance(rules: Iterable[Mapping[str, str]], titel: str) -> Html:
    """Return who may do what, who accounts to whom and what the gemeente keeps."""
    heads = {
        "vraag": "Zaak",
        "wie": "Wie",
        "mag": "Wat die mag",
        "aan": "Legt verantwoording af aan",
        "hoe": "Hoe",
        "gemeente_houdt": "Wat de gemeente houdt",
    }
    frame = pd.DataFrame([*rules])[[*heads]].rename(columns=heads)
    frame["Zaak"] = frame["Zaak"].str.capitalize()
    return case_scheme.scheme(show.table(frame, f"{titel}: het bestuur ({EXAMPLE})"))


def holding(row: pd.Series, case: Case) -> Html:
    """Return what comes out of a thing that is owned together, as `ownership.returns`."""
    low, high = (number(row[f"rendement_{end}"] * 100, 1) for end in ("laag", "hoog"))
    text = (
        f"De leden brengen {about(row['inleg'])} in. Zij krijgen samen ongeveer "
        f"{about(row['krijgt_per_jaar'])} per jaar, na alle kosten. Dat is "
        f"{percent(row['rendement'], 1)} per jaar, boven de inflatie; waarschijnlijk {low} tot "
        f"{high} procent."
    )
    lines = [
        ("Leden brengen in", about(row["inleg"])),
        ("Leden krijgen per jaar, gemiddeld", about(row["krijgt_per_jaar"])),
        (f"Leden krijgen terug na {case.model['bezit']['jaren']} jaar", about(row["terug"])),
        ("Blijft voor de wijk", about(row["voor_de_wijk"])),
        ("Kans dat de kas een keer leeg is", _chance(row["kans_tekort"])),
    ]
    frame = pd.DataFrame(lines, columns=["Wat", "Bedrag"])
    caption = f"{case.titel}: de rekening ({EXAMPLE})"
    return show.text(text) + show.table(frame, caption, {"Bedrag": str})


def _chance(value: float) -> str:
    """Return a chance that was counted in draws: none that came is not none that can come."""
    return f"minder dan {percent(0.01)}" if value < 0.005 else percent(value)


def resale(sales: pd.DataFrame, case: Case) -> Html:
    """Return the price of a home at each sale, with and without its land; `resale.SALES`."""
    first, last = sales.iloc[0], sales.iloc[-1]
    text = (
        f"De eerste koper betaalt {about(first['trust'])} in plaats van {about(first['markt'])}. "
        f"Na {number(last['jaar'])} jaar is dat {percent(last['deel_van_markt'])} van de prijs op "
        "de markt. Gemeten naar het inkomen van dan is het huis zonder grond "
        f"{_drift(last['last_trust'] / first['last_trust'])}, en met grond "
        f"{_drift(last['last_markt'] / first['last_markt'])}. Stijgen huizen sneller of trager "
        f"in prijs, dan is die last {_percents(last, first)} van die van de eerste koper."
    )
    frame = pd.DataFrame(
        {
            "Verkoop": [f"na {number(j)} jaar" if j else "de eerste keer" for j in sales["jaar"]],
            "Met grond": sales["markt"],
            "Zonder grond": sales["trust"],
            "Deel van de markt": sales["deel_van_markt"],
        }
    )
    formats = {"Met grond": about, "Zonder grond": about, "Deel van de markt": percent}
    caption = f"{case.titel}: de prijs bij elke verkoop ({EXAMPLE})"
    return show.text(text) + show.table(frame, caption, formats)


def _percents(last: pd.Series, first: pd.Series) -> str:
    ends = sorted(last[f"last_trust_{end}"] / first["last_trust"] for end in ("laag", "hoog"))
    return dutch.percents(*ends)


def _drift(ratio: float) -> str:
    """Return how much harder or easier a home is to pay than for the first buyer."""
    if abs(ratio - 1) < 0.05:
        return "net zo goed te betalen als nu"
    return f"{percent(abs(ratio - 1))} {'beter' if ratio < 1 else 'slechter'} te betalen"


def total(rows: pd.DataFrame) -> pd.Series:
    """Return the row of all plans that go on together, the last; of one plan its own row."""
    return rows[rows["gaat_door"] == "ja"].iloc[-1]
