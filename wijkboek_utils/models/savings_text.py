"""The money of inverdienen in tables and pictures: what is left, who pays and gains, what matters.

Everything takes the tables that notebook 08 wrote; `label` as in `inverdienen_text`.
"""

import pandas as pd

from wijkboek_utils import charts, dutch, show
from wijkboek_utils.charts import Account, Bar, Range
from wijkboek_utils.dutch import about, between, number, percent
from wijkboek_utils.models.inverdienen_text import caption
from wijkboek_utils.models.netting import FACTORS
from wijkboek_utils.models.outcomes import CHANCE, GROSS
from wijkboek_utils.show import Html

NEVER = "niet in deze jaren"
_SHOWN = 8  # rows of a picture; the table has them all
_NAME = 52  # letters of a name in a picture
_SHORT = {  # the steps from gross to net, where there is room for few letters
    "netto_vanzelf": "Af: gebeurt ook vanzelf",
    "netto_verdringing": "Af: een ander verliest het",
    "netto_lek": "Af: komt elders terecht",
    "netto_vervanging": "Af: vervangt iets anders",
}
_MOST = 10.0  # a return above this is a number without meaning


def gross_to_net(stappen: pd.DataFrame, label: str) -> Html:
    """Return what is left of the saving after each step, as bars with their table."""
    gross = float(stappen["centraal"].iloc[0])
    if not gross:
        return show.text(
            "Er gaat geen plan door, dus er is geen besparing om iets van af te halen."
        )
    names = [_step(name) for name in stappen["stap"]]
    frame = pd.DataFrame(
        {
            "Wat er af gaat": names,
            "Er blijft over": stappen["centraal"],
            "Voorzichtig gerekend": stappen["voorzichtig"],
        }
    )
    title = caption("Van bruto naar netto, alle jaren samen", label)
    last = stappen.iloc[-1]
    sentence = (
        f"Van elke 100 euro die de plannen kunnen besparen, blijft ongeveer "
        f"{number(100 * last['centraal'] / gross)} euro over. Voorzichtig gerekend is het "
        f"{number(100 * last['voorzichtig'] / gross)} euro. Elke balk is wat er na die stap over "
        "is."
    )
    bars = [
        Bar(_SHORT.get(r.kengetal, name), about(r.centraal), r.centraal)
        for name, r in zip(names, stappen.itertuples(), strict=True)
    ]
    twin = show.table(frame, title, {"Er blijft over": about, "Voorzichtig gerekend": about})
    return show.figure(title, sentence, charts.bars(bars, title, sentence), twin, shape="narrow")


def _step(name: str) -> str:
    short = {GROSS: "Als alles lukt (bruto)", CHANCE: "Af: de kans dat het niet lukt"}
    return short.get(name, f"Af: {name}")


def verdict(oordeel: pd.DataFrame, label: str) -> Html:
    """Return per plan what it costs and saves, when it is paid back, and how sure that is."""
    frame = pd.DataFrame(
        {
            "Plan": oordeel["activiteit"].map(dutch.capital),
            "Blijft over": oordeel["contante_waarde"],
            "Waarschijnlijk": [between(r.laag, r.hoog) for r in oordeel.itertuples()],
            "Terug na": [_years(r) for r in oordeel.itertuples()],
            "Opbrengst": [_return(v) for v in oordeel["rendement"]],
            "Kans op winst": oordeel["kans_op_winst"],
        }
    )
    formats: dict[str, show.Format] = {"Blijft over": about, "Terug na": str, "Opbrengst": str}
    note = (
        "Elk plan apart en helemaal betaald, in geld van nu. Waarschijnlijk: negen van de tien "
        "keer. Opbrengst: van elke ingelegde euro, per jaar. Zij is onbekend als er niet één "
        "antwoord is."
    )
    title = caption("Wat elk plan oplevert", label)
    sums = oordeel[["activiteit", "kosten", "besparing"]]
    sums = sums.set_axis(["Plan", "Kosten", "Besparing"], axis=1)
    sums["Plan"] = sums["Plan"].map(dutch.capital)
    below = caption("Kosten en besparing, alle jaren samen", label)
    money = show.table(sums, below, {"Kosten": about, "Besparing": about})
    table = show.table(frame, title, formats | {"Kans op winst": percent}, note)
    return table + show.fold(below, money)


def _years(row: object) -> str:
    years, known = row.terugverdientijd, dutch.is_known(row.besparing)  # type: ignore[attr-defined]
    if not known:
        return dutch.UNKNOWN
    return f"{number(years, 1)} jaar" if dutch.is_known(years) else NEVER


def _return(value: float) -> str:
    if dutch.is_known(value) and value > _MOST:
        return f"meer dan {percent(_MOST)}"
    return percent(value)


def accounts(
    houders: pd.DataFrame, kansen: pd.DataFrame, rekeningen: pd.DataFrame, label: str
) -> Html:
    """Return what goes out of and comes into the budgets of each holder, the years folded."""
    moved = houders[houders[["betaalt", "bespaart", "geeft", "krijgt"]].sum(axis=1) > 0]
    if moved.empty:
        return show.text("Niemand betaalt of bespaart: er gaat geen plan door.")
    ranges = kansen.set_index("naam")[["laag", "hoog"]].reindex(moved["houder"])
    items = []
    for r, low, high in zip(moved.itertuples(), ranges["laag"], ranges["hoog"], strict=True):
        out, into = r.betaalt + r.geeft, r.bespaart + r.krijgt
        words = (about(out), about(into), between(low, high))
        name = dutch.capital(dutch.name(r.houder, 44))
        items.append(Account(name, words, out, into, into - out, low, high))
    title = caption("Wie betaalt en wie wint, alle jaren samen", label)
    sentence = (
        "Links wat een houder betaalt en teruggeeft, rechts wat hij bespaart en terugkrijgt. Het "
        "bolletje is het verschil, met hoe ver dat uiteen kan lopen in geld van nu."
    )
    names = ["betaalt", "bespaart", "geeft", "krijgt", "saldo", "contante_waarde"]
    heads = ["Betaalt", "Bespaart", "Geeft terug", "Krijgt terug", "Verschil", "In geld van nu"]
    frame = moved[["houder", *names]].set_axis(["Houder", *heads], axis=1)
    frame["Houder"] = frame["Houder"].map(dutch.capital)
    frame["Waarschijnlijk"] = [between(*ends) for ends in ranges.itertuples(index=False)]
    formats: dict[str, show.Format] = dict.fromkeys(heads, about)
    twin = show.table(frame, title, formats | {"Waarschijnlijk": str})
    svg = charts.accounts(items, title, sentence)
    figure = show.figure(title, sentence, svg, twin, shape="narrow")
    return figure + show.fold("Toon elk jaar", _yearly(rekeningen, label))


def _yearly(rekeningen: pd.DataFrame, label: str) -> Html:
    names = ["betaalt", "bespaart", "geeft", "krijgt", "saldo"]
    table = rekeningen.groupby(["houder", "jaar"], as_index=False, sort=False)[names].sum()
    table = table[table[names[:4]].sum(axis=1) > 0].astype({"jaar": "str"})
    heads = ["Betaalt", "Bespaart", "Geeft terug", "Krijgt terug", "Verschil"]
    frame = table.set_axis(["Houder", "Jaar", *heads], axis=1)
    frame["Houder"] = frame["Houder"].map(dutch.capital)
    title = caption("Per houder en per jaar, netto", label)
    return show.table(frame, title, dict.fromkeys(heads, about))


def sensitivity(gevoeligheid: pd.DataFrame, oordeel: pd.DataFrame, label: str) -> Html:
    """Return for the plan worth most what each figure alone does to it, largest first."""
    if gevoeligheid.empty:
        return Html("")
    name = gevoeligheid["activiteit"].iloc[0]
    rows = gevoeligheid[gevoeligheid["activiteit"] == name].head(_SHOWN)
    middle = float(oordeel.set_index("activiteit")["contante_waarde"][name])
    items = [
        Range(
            dutch.capital(dutch.name(FACTORS.get(r.kengetal, r.naam), _NAME)),
            "",
            min(r.bij_laag, r.bij_hoog),
            middle,
            max(r.bij_laag, r.bij_hoog),
            None,
        )
        for r in rows.itertuples()
    ]
    title = caption(f"Wat het meest uitmaakt bij «{dutch.name(name, 40)}»", label)
    sentence = (
        "Elke balk laat zien wat er over alle jaren overblijft als één cijfer laag of hoog uitvalt "
        "en de rest gelijk blijft. Het streepje is de verwachting."
    )
    frame = rows[["naam", "bij_laag", "bij_hoog"]].set_axis(
        ["Cijfer", "Als het laag uitvalt", "Als het hoog uitvalt"], axis=1
    )
    heads = ["Als het laag uitvalt", "Als het hoog uitvalt"]
    twin = show.table(frame, title, dict.fromkeys(heads, about))
    svg = charts.ranges(items, title, sentence, shared=True)
    return show.figure(title, sentence, svg, twin, shape="narrow")
