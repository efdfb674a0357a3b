"""The beursvloer in words and tables: who pays for what, who refuses, and what would be fair.

Everything takes the tables that notebook 08 wrote; `illustratie` is the sentence of an example, and
then every caption says that it is one.
"""

import pandas as pd

from wijkboek_utils import dutch, show
from wijkboek_utils.dutch import about, percent
from wijkboek_utils.models.inverdienen_text import caption
from wijkboek_utils.models.plans import COHESION
from wijkboek_utils.models.refusals import GOES
from wijkboek_utils.show import Html

_SHOWN = 8  # refusals that stand in the page; the others are folded away
_CENT = 0.005
_YEARS = 3  # years that a share is shown in


def funded(
    beurs: pd.DataFrame,
    betalingen: pd.DataFrame,
    beurs_stand: pd.DataFrame,
    illustratie: str = "",
    teruggaven: pd.DataFrame | None = None,
) -> Html:
    """Return what goes on and who pays for it, over all years; with `teruggaven` what comes back.

    `beurs` as `refusals.table`, `beurs_stand` as `market.Outcome.stand`.
    """
    start = show.text("Dit is een rekenvoorbeeld." if illustratie else "", *beurs_stand["status"])
    if betalingen.empty:
        return start
    who = ["activiteit", "budget", "soort"]
    paid = betalingen.groupby(who, as_index=False)["bedrag"].sum()
    own = paid["soort"] == COHESION
    frame = pd.DataFrame(
        {
            "Plan": paid["activiteit"].map(dutch.capital),
            "Budget": paid["budget"].map(dutch.capital),
            "Betaalt voor": own.map({True: "het eigen doel", False: "een ander doel"}),
            "Betaalt": paid["bedrag"],
        }
    )
    if teruggaven is not None:
        back = teruggaven.groupby(["activiteit", "naar"])["bedrag"].sum()
        pairs = pd.MultiIndex.from_frame(paid[["activiteit", "budget"]])
        frame["Krijgt terug"] = back.reindex(pairs, fill_value=0.0).to_numpy()
    parts = beurs[(beurs["deel"] > 0) & (beurs["uitslag"] != GOES)]
    note = " ".join(
        f"{dutch.capital(r.activiteit)} gaat voor {percent(r.deel)} door."
        for r in parts.itertuples()
    )
    title = caption("Wie betaalt wat, alle jaren samen", illustratie)
    return start + show.table(frame, title, {"Betaalt": about, "Krijgt terug": about}, note)


def refused(beurs: pd.DataFrame, illustratie: str = "") -> Html:
    """Return who refuses and why, a sentence for each plan that does not wholly go on."""
    left = beurs[beurs["uitslag"] != GOES]
    if beurs.empty:
        return Html("")
    if left.empty:
        return show.text("Niemand houdt een plan tegen.")
    told = left.sort_values("waarde", ascending=False, kind="stable")["reden"].to_list()
    lead = caption("Dit houdt de andere plannen tegen", illustratie) + ":"
    found = show.text(lead) + show.bullets(told[:_SHOWN])
    if rest := told[_SHOWN:]:
        words = f"Nog {dutch.plural(len(rest), 'plan dat', 'plannen die')} niet door kan gaan"
        words = words.replace("kan", "kunnen") if len(rest) > 1 else words
        found += show.fold(words, show.bullets(rest))
    return found


def division(verdeling: pd.DataFrame, illustratie: str = "") -> Html:
    """Return what each holder has of it and what would be fair; `verdeling` as
    `shapley.division`.
    """
    told = verdeling[(verdeling[["over", "billijk"]].abs() > _CENT).any(axis=1)]
    if told.empty:
        return show.text("Er valt niets te verdelen.")
    sampled = (told["se"] > 0).any()
    names = ["Betaalt", "Bespaart", "Houdt over", "Eerlijk deel"]
    frame = pd.DataFrame(
        {
            "Wie": told["houder"].map(dutch.capital),
            "Betaalt": told["betaalt"],
            "Bespaart": told["bespaart"],
            "Houdt over": told["over"],
            "Eerlijk deel": told["billijk"],
        }
    )
    note = (
        "In geld van het eerste jaar. Houdt over: wat iemand bespaart en terugkrijgt, min wat die "
        "betaalt en teruggeeft. Wie voor het eigen doel betaalt, krijgt ook het resultaat; dat "
        "telt hier niet mee."
    )
    if sampled:
        error = about(1.64 * told["se"].max())
        note += f" Het eerlijke deel is een steekproef; het kan tot {error} schelen."
    words = "Wat is eerlijk? Tel wat iemand toevoegt die aan tafel komt. Neem het gemiddelde"
    words += " over elke volgorde van binnenkomen. Zo krijgt wie onmisbaar is, meer."
    title = caption("Wat het oplevert, en een eerlijke verdeling", illustratie)
    table = show.table(frame, title, dict.fromkeys(names, about), note)
    return show.text(words) + table + show.text(_settle(told))


def _settle(told: pd.DataFrame) -> str:
    """Return who has most above and below what is fair."""
    most, least = told["verrekenen"].idxmax(), told["verrekenen"].idxmin()
    unit = max(1.0, 0.01 * told["over"].abs().max())
    if told["verrekenen"].abs().max() <= unit + 2 * told["se"].max():
        return "Dat is ongeveer hoe het nu al uitkomt. Er hoeft niets te worden verrekend."
    gets, gives = told.loc[most], told.loc[least]
    above, below = about(-gives["verrekenen"]), about(gets["verrekenen"])
    return (
        f"Het meest boven het eerlijke deel zit «{gives['houder']}»: {above}. Het verst eronder "
        f"zit «{gets['houder']}»: {below}."
    )


def shares(aandelen_doelen: pd.DataFrame, illustratie: str = "") -> Html:
    """Return each budget as a share in goals, and its value over the years; as
    `shares.shares`.
    """
    if aandelen_doelen.empty:
        return show.text("Er gaat geen plan door, dus geen budget heeft een aandeel in een doel.")
    words = "Wie een plan betaalt, krijgt een aandeel in wat het bespaart. De waarde is wat er nog"
    words += " te besparen valt. Valt het tegen, dan zakt de waarde van het aandeel mee."
    rows = aandelen_doelen.assign(
        waarde=aandelen_doelen["waarde_gerealiseerd"].fillna(aandelen_doelen["waarde_verwacht"])
    )
    who = ["budget", "doel"]
    wide = rows.pivot_table(index=who, columns="jaar", values="waarde", aggfunc="sum")
    first, last = int(rows["jaar"].min()), int(rows["jaar"].max())
    years = sorted({first, (first + last) // 2, last})[:_YEARS]
    part = rows.sort_values("jaar").groupby(who)["aandeel"].first()
    frame = pd.DataFrame({"Budget": wide.index.get_level_values("budget").map(dutch.capital)})
    frame["Heeft een aandeel in"] = wide.index.get_level_values("doel")
    frame["Aandeel"] = part.reindex(wide.index).to_numpy()
    for year in years:
        frame[f"Waarde in {year}"] = wide[year].fillna(0.0).to_numpy()
    formats = {"Aandeel": percent} | {f"Waarde in {y}": about for y in years}
    known = rows["waarde_gerealiseerd"].notna().any()
    note = "Aan het begin van het jaar, in geld van dat jaar. "
    note += "Bijgesteld naar wat er al is bespaard." if known else "Er is nog niets nagemeten."
    title = caption("Budgetten als aandeel in een doel", illustratie)
    return show.text(words) + show.table(frame, title, formats, note)
