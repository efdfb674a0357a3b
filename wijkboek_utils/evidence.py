"""The tables of the accounting chapter: sources, years, keys, what is missing, and the checks."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from wijkboek_utils import dutch, show, views
from wijkboek_utils import sources as files
from wijkboek_utils.area_flows import Flows
from wijkboek_utils.dutch import about, number, percent
from wijkboek_utils.households import INCOME
from wijkboek_utils.kengetallen import STATUSES
from wijkboek_utils.show import Html

NOBODY: Mapping[str, str] = MappingProxyType({})  # no names of gemeenten: there is but one


def sources(bronnen: pd.DataFrame) -> Html:
    """Return all sources with what is needed to find and prove them, as a list."""
    items = []
    for r in bronnen.fillna({"tabel": "geen tabelnummer", "gewijzigd": ""}).itertuples():
        items.append(
            f"{r.titel} ({r.uitgever}; tabel {r.tabel}; periode {r.periode}; licentie "
            f"{r.licentie}; bron {r.bron}). Verkregen: {r.verkregen} Vastgelegd op "
            f"{dutch.day(r.opgenomen)}{_stand(r)}. "
            f"Controlegetal (sha256): {r.sha256}."
        )
    return show.bullets(items).with_class("wb-sources")


def _stand(row: Any) -> str:
    """Return which version of a fetched source this is."""
    if not row.status:
        return ""
    changed = f", bij de bron gewijzigd op {dutch.day(row.gewijzigd)}" if row.gewijzigd else ""
    return f"{changed} ({row.status})"


def standing(bronnen: pd.DataFrame) -> Html:
    """Return when the figures were taken up, and which of them may still change."""
    days = sorted(bronnen["opgenomen"].unique())
    when = f"op {dutch.day(days[0])}"
    if days[1:]:
        when = f"tussen {dutch.day(days[0])} en {dutch.day(days[-1])}"
    words = f"Deze cijfers zijn {when} vastgelegd. De bron kan ze daarna hebben aangepast."
    early = bronnen.loc[bronnen["status"] == "voorlopig", "titel"].tolist()
    if early:
        words += f" Nog voorlopig of niet compleet: {dutch.join(early)}."
    return show.text(words)


def converted(indicatoren: pd.DataFrame) -> Html:
    """Return which figures were converted from other buurten; `indicatoren` as in notebook 01."""
    moved = indicatoren[indicatoren["omgerekend"]]
    if moved.empty:
        return show.text("De buurten zijn in alle gebruikte jaren dezelfde.")
    years = dutch.join([str(year) for year in sorted(moved["jaar"].unique())])
    count = moved["gebied"].nunique()
    who = "één buurt" if count == 1 else f"{number(count)} buurten"
    return show.text(
        f"De grens van {who} veranderde. De cijfers over {years} zijn omgerekend naar de buurten "
        "van dit rapport, naar oppervlakte. Dat is een schatting: mensen wonen niet overal even "
        "dicht op elkaar. Daarom rekenen we daar met een grotere fout."
    )


def boundaries(source: files.Source) -> str:
    """Return how exact the boundaries of a source are, as a sentence."""
    if source.dataset:
        return "De grenzen zijn die van CBS en Kadaster; tussen buurten zijn ze op 10 tot 50 meter."
    return "De grenzen zijn vereenvoudigd: zij wijken 10 tot 30 meter af."


def years(
    indicatoren: pd.DataFrame, sleutels: pd.DataFrame, taakvelden: pd.DataFrame, jaar: int
) -> Html:
    """Return the years of the figures behind the keys that were used, and of income."""
    used = sleutels[sleutels["sleutel"].isin(taakvelden["gebruikt"])]
    topics = {t for ids in used["onderwerpen"].dropna() for t in ids.split(";") if t}
    topics.add(INCOME)
    rows = indicatoren[indicatoren["onderwerp"].isin(topics) & (indicatoren["soort"] == "Buurt")]
    titles = cbs_titles()
    groups = rows.groupby(["onderwerp", "jaar"])["waarde"].agg(["count", "size"]).reset_index()
    frame = pd.DataFrame(
        {
            "Onderwerp": [titles.get(o, o) for o in groups["onderwerp"]],
            "Jaar": groups["jaar"].astype(str),
            "Zelfde jaar als de rekening": ["ja" if j == jaar else "nee" for j in groups["jaar"]],
            "Buurten met een cijfer": [
                f"{number(r.count_)} van {number(r.size_)}"
                for r in groups.rename(columns={"count": "count_", "size": "size_"}).itertuples()
            ],
        }
    )
    return show.table(frame, "Cijfers achter de sleutels", {"Buurten met een cijfer": str})


def keys(flows: Flows, sleutels: pd.DataFrame) -> Html:
    """Return the keys that municipal money was spread by: how much, margin, and why."""
    sums = views.by_key(flows, sleutels)
    facts = sleutels.drop_duplicates("naam").set_index("naam").reindex(sums["sleutel"])
    frame = pd.DataFrame(
        {
            "Sleutel": sums["sleutel"],
            "Bedrag": sums["bedrag"].to_numpy(),
            "Mogelijke fout": [percent(v) for v in facts["fout"]],
            "Hoe bepaald": facts["fout_grond"].to_numpy(),
            "Waarom deze sleutel": facts["reden"].to_numpy(),
        }
    ).sort_values("Bedrag", ascending=False)
    return show.table(
        frame, "Uitgaven van de gemeente naar sleutel", {"Bedrag": about, "Mogelijke fout": str}
    )


def stand_ins(taakvelden: pd.DataFrame, sleutels: pd.DataFrame) -> Html:
    """Return which keys were not to be had and what replaces them."""
    rows = views.stand_ins(taakvelden, sleutels)
    if rows.empty:
        return show.text("Nergens: voor elke taak is het gevraagde cijfer er.")
    frame = pd.DataFrame(
        {
            "Liefst verdeeld naar": rows["gevraagd"],
            "Nu verdeeld naar": rows["gebruikt"],
            "Mogelijke fout": [percent(m) for m in rows["marge"]],
            "Wat dat betekent": rows["reden"],
        }
    )
    return show.table(
        frame, "Cijfers die nog niet in onze bestanden staan", {"Mogelijke fout": str}
    )


def negative(
    rekening: pd.DataFrame, gemeente: str, jaar: str, names: Mapping[str, str] = NOBODY
) -> Html:
    """Return the amounts that the gemeente published below zero, and what we do with them.

    `rekening` as `iv3.read_all`; of several gemeenten `names` gives their names by code.
    """
    rows = rekening[(rekening["lasten"] < 0) | (rekening["baten"] < 0)]
    if rows.empty:
        return show.text(f"De rekening van {gemeente} over {jaar} heeft geen negatieve bedragen.")
    frame = pd.DataFrame(
        {
            "Taak": [f"{r.taakveld} {r.naam}" for r in rows.itertuples()],
            "Uitgaven": rows["lasten"],
            "Inkomsten": rows["baten"],
        }
    )
    word = "gemeenten" if "gemeente" in rows else "gemeente"
    if "gemeente" in rows:
        frame.insert(0, "Gemeente", rows["gemeente"].map(names))
    return show.table(
        frame,
        f"Negatieve bedragen van de hele {word} {gemeente}, {jaar}",
        {"Uitgaven": dutch.euro, "Inkomsten": dutch.euro},
        note="Een negatieve uitgave boeken we als geld dat binnenkomt, een negatieve inkomst als "
        "geld dat uitgaat. Het totaal blijft gelijk aan wat de gemeente publiceerde.",
    )


def kept_apart(rows: pd.DataFrame, gemeente: str, jaar: str) -> Html:
    """Return what is spread over no buurt; `rows` as `views.kept_apart`.

    `gemeente` is in words: `de gemeente Utrecht`.
    """
    overhead = {"0.4": "Overhead van de grondexploitatie"}
    frame = pd.DataFrame(
        {
            "Taak": [f"{r.taakveld} {overhead.get(r.taakveld, r.naam)}" for r in rows.itertuples()],
            "Uitgaven": rows["lasten"].fillna(0.0),
            "Inkomsten": rows["baten"].fillna(0.0),
        }
    )
    caption = f"Bedragen die bij {gemeente} als geheel blijven, {jaar}"
    return show.table(frame, caption, {"Uitgaven": dutch.euro, "Inkomsten": dutch.euro})


def checks(rows: pd.DataFrame, names: Mapping[str, str] = NOBODY) -> Html:
    """Return the checks that close the books; `rows` as `checks.enforce`.

    Of several gemeenten `names` gives their names by code.
    """
    frame = rows.replace({"controle": dict(names)}, regex=True)
    frame = frame.rename(columns=lambda c: c.capitalize())
    frame = frame[["Controle", "Verwacht", "Gevonden", "Verschil", "Oordeel"]]
    figures = dict.fromkeys(["Verwacht", "Gevonden", "Verschil"], number)
    return show.table(frame, "Controles van het grootboek", figures)


def cbs_titles() -> dict[str, str]:
    """Return the titles that CBS gives its topics, by our name for them."""
    table = files.read_project_table("onderwerpen")
    return dict(zip(table["onderwerp"], table["titel"], strict=True))


def unit_values(kengetallen: pd.DataFrame) -> Html:
    """Return the kengetallen that were used, as a list; `kengetallen` as `Kengetallen.used`."""
    items = [
        f"{r.naam}: {_value(r.waarde, r.eenheid)} ({r.jaar}), waarschijnlijk {_range(r)}. "
        f"{STATUSES[r.status].capitalize()}. Bron: {r.bron}, "
        f"{_findable(r.vindplaats)}."
        for r in kengetallen.itertuples()
    ]
    return show.bullets(items).with_class("wb-sources")


def _range(unit: Any) -> str:
    """Return the range of a kengetal."""
    if unit.eenheid == "aandeel":
        return f"tussen {_value(unit.laag, 'aandeel')} en {_value(unit.hoog, 'aandeel')}"
    return f"tussen {_decimals(unit.laag)} en {_decimals(unit.hoog)}"


def _value(value: float, unit: str) -> str:
    """Return a unit value with its unit; a share in percent."""
    return percent(value, 1) if unit == "aandeel" else f"{_decimals(value)} {unit}"


def _decimals(value: float) -> str:
    """Return a number with the decimals it has."""
    return number(value, 0 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3)


def _findable(place: str) -> str:
    """Return where a source is, without the part of an address that makes it a link."""
    return place.replace("https://", "").replace("http://", "")
