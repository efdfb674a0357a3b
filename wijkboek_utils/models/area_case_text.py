"""The example of an area in words and tables: from the work to the agreement, the answer first."""

from collections.abc import Callable, Collection

import pandas as pd

from wijkboek_utils import dutch, passports, show, sources
from wijkboek_utils.dutch import about, number, percent
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.models import area_case
from wijkboek_utils.models.case_results import TOGETHER
from wijkboek_utils.models.cases_text import EXAMPLE, balances, gain, premises, total
from wijkboek_utils.models.plans import LESS, OWN
from wijkboek_utils.passports import Passport
from wijkboek_utils.show import Html

AGREEMENT = "overeenkomst.html"
_PERSON = "persoon"
_MONEY = ["betaalt", "bespaart", "krijgt"]
# The kengetallen of the example, beside those that its links name.
_OWN = (
    *("casus_begeleiding", "casus_deel", "casus_kans", "casus_minder", "casus_omzet"),
    *("casus_terug", "casus_vrij", "netto_", "discontovoet"),
)
_NOTHING = (
    "Voor dit gebied is geen rekenvoorbeeld te maken: in de boeken ontbreken de budgetten "
    "waarvoor een wijkbedrijf werk kan doen."
)


def passport(
    naam: str, eenheden: pd.DataFrame, activiteiten: pd.DataFrame, grootboek: pd.DataFrame
) -> Passport:
    """Return the passport of a table of the example; `eenheden` as `Kengetallen.used`."""
    linked = eenheden["id"].isin(activiteiten["kengetal"].dropna())
    units = eenheden[linked | eenheden["id"].str.startswith(_OWN)]
    posts = [post for budget in area_case.budgets() for post in budget["posten"]]
    ids = sources.ids(grootboek[grootboek["post"].isin(posts)]["bron"].dropna().unique())
    made = "Bedrag in de boeken maal kengetallen en aannames, hieronder genoemd"
    return passports.of_model(naam, made, units, ids)


def answer(uitkomsten: pd.DataFrame, activiteiten: pd.DataFrame, naam: str) -> Html:
    """Return what comes out, in five sentences; `uitkomsten` of this example alone."""
    going = uitkomsten[(uitkomsten["gaat_door"] == "ja") & (uitkomsten["activiteit"] != TOGETHER)]
    if uitkomsten.empty:
        return show.text(_NOTHING)
    if going.empty:
        return show.text(
            f"In dit rekenvoorbeeld voor {naam} gaat geen enkel plan door. "
            f"{' '.join(uitkomsten['reden'].dropna().unique())}"
        )
    row, places = total(uitkomsten), _places(activiteiten, going["activiteit"])
    low, middle, high = places
    count = dutch.plural(len(uitkomsten[uitkomsten["activiteit"] != TOGETHER]), "plan", "plannen")
    first = (
        f"Een rekenvoorbeeld: in {naam} gaan er van {count} {number(len(going))} door, met "
        f"samen {number(low)} tot {number(high)} betaalde werkplekken voor mensen met bijstand."
        f"{_scale(middle, activiteiten)}"
    )
    second = (
        f"Dat kost extra {about(row['kosten'])} per jaar. Daar staat in het eerste jaar een "
        f"besparing tegenover van netto {about(row['netto'])}."
    )
    third = (
        f"Over drie jaar samen {gain(row['waarde'])}. Negen van de tien keer is dat "
        f"{dutch.result(row['laag'], row['hoog'])}. De kans op winst is "
        f"{percent(row['kans_op_winst'])}."
    )
    fourth = (
        "Voorzichtig gerekend, met de ongunstige cijfers, "
        f"{gain(row['waarde_voorzichtig'])}. Om het geld alleen is het dus een gok."
    )
    return show.text(first, f"{second} {third}", fourth if row["waarde_voorzichtig"] < 0 else "")


def _places(activiteiten: pd.DataFrame, names: Collection[str]) -> list[float]:
    """Return the places that plans make: low, middle and high."""
    links = activiteiten[activiteiten["naam"].isin(names) & (activiteiten["eenheid"] == _PERSON)]
    return [float(links[name].sum()) for name in ("minder_laag", "minder_nodig", "minder_hoog")]


def _scale(places: float, activiteiten: pd.DataFrame) -> str:
    people = activiteiten.loc[activiteiten["doel"] == "minder bijstand", "groep"].dropna()
    if people.empty:
        return ""
    count = dutch.estimate(people.max(), people.max() / 10)
    share = places / people.max()
    part = percent(share, 0 if share >= 0.01 else 1)
    return f" Dat is ongeveer {part} van de ongeveer {count} mensen die hier bijstand krijgen."


def asked(uitkomsten: pd.DataFrame, activiteiten: pd.DataFrame, budgetten: pd.DataFrame) -> Html:
    """Return what is asked of whom in a year, and how to begin small."""
    plans = uitkomsten[(uitkomsten["gaat_door"] == "ja") & (uitkomsten["activiteit"] != TOGETHER)]
    paid = activiteiten[
        activiteiten["naam"].isin(plans["activiteit"]) & activiteiten["gevraagd"].notna()
    ]
    if paid.empty:
        return show.text("Er wordt van niemand iets gevraagd.")
    holder = budgetten.drop_duplicates("doel").set_index("doel")["houder"]
    sums = paid.groupby([paid["doel"].map(holder), "verband"], sort=False)["gevraagd"].sum()
    items = []
    for who, group in sums.groupby(level=0, sort=False):
        council = " De gemeenteraad moet dat toestaan: het geld gaat naar een ander doel."
        other = LESS in group.index.get_level_values("verband")
        items.append(f"{dutch.capital(who)}: {about(group.sum())} per jaar.{council * other}")
    least = plans.loc[plans["kosten"].idxmin()]
    start = (
        f"Klein beginnen kan ook. «{dutch.capital(least['activiteit'])}» vraagt het minst: "
        f"{about(least['kosten'])} per jaar. Tel na een jaar wat er minder nodig was, en beslis "
        "dan over de rest."
    )
    return show.bullets(items) + show.text(start)


def work(
    budgetten: pd.DataFrame, activiteiten: pd.DataFrame, getallen: Kengetallen, naam: str
) -> Html:
    """Return the work that the wijkbedrijf takes on, with what the books have for it."""
    own = activiteiten[activiteiten["verband"] == OWN].set_index("naam")
    people = activiteiten[activiteiten["eenheid"] == _PERSON].set_index("naam")
    one = getallen.get("casus_omzet_per_plek", "euro per plek per jaar").waarde
    money = budgetten.drop_duplicates("doel").set_index("doel")["bedrag"]
    rows = []
    for name, plan in own.iterrows():
        if plan["doel"] in money.index:
            size = people.loc[name]
            share = size["minder_nodig"] * one
            low, high = size["minder_laag"], size["minder_hoog"]
            rows.append(
                (
                    dutch.capital(name),
                    about(money[plan["doel"]]),
                    about(share),
                    f"{number(low)} tot {number(high)}",
                    about(plan["kosten"]),
                )
            )
    heads = ["Werk", "In de boeken", "Naar het wijkbedrijf", "Werkplekken", "Extra kosten"]
    frame = pd.DataFrame(rows, columns=heads)
    caption = f"Het werk in {naam}, per jaar ({EXAMPLE})"
    return show.table(frame, caption, dict.fromkeys(heads[1:], str))


def hours(werk: pd.DataFrame, activiteiten: pd.DataFrame) -> Html:
    """Say how much of this work the wijk can do by the inventory of work (`work.inventory`)."""
    own = activiteiten.loc[activiteiten["verband"] == OWN, "doel"]
    posts = [post for b in area_case.budgets() if b["doel"] in set(own) for post in b["posten"]]
    mine = werk[werk["post"].isin(posts)]
    low = (mine["uren_laag"] * mine["deel_laag"]).sum()
    high = (mine["uren_hoog"] * mine["deel_hoog"]).sum()
    if not high:
        return Html("")
    span = dutch.between(low, high).replace("€\N{NO-BREAK SPACE}", "")
    return show.text(f"Volgens die lijst kan de wijk van dit werk {span} uur per jaar doen.")


def money(saldi: pd.DataFrame, naam: str) -> Html:
    """Return who pays and who gains over all years, a row per holder."""
    sums = saldi.groupby("houder", sort=False)["saldo"].sum()
    best = sums.idxmax() if len(sums) else ""
    words = []
    moves = saldi.groupby("houder")[_MONEY].sum().ne(0).any(axis=1)
    saldi = saldi[saldi["houder"].isin(moves.index[moves])]
    if len(sums) and sums.max() > 0:
        words.append(
            f"Wie het meest wint, is de {best}: {about(sums.max())} in drie jaar. Daarom betaalt "
            "die mee, en geeft die een deel terug."
        )
    losers = [f"bij de {who} {about(-amount)}" for who, amount in sums.items() if amount < -0.5]
    if losers:
        words.append(
            f"Niet ieder krijgt alles terug. Er blijft ongedekt: {dutch.join(losers)}. "
            "Daarvoor krijgen zij hun eigen resultaat: groen, een schone straat of een verzorgd "
            "huis."
        )
    return show.text(*words) + balances(saldi, f"{naam}, drie jaar samen", "houder")


def net(uitkomsten: pd.DataFrame, naam: str) -> Html:
    """Return gross, net and cautious savings in the first year, beside the costs, per plan."""
    rows = uitkomsten
    frame = pd.DataFrame(
        {
            "Plan": rows["activiteit"].map(dutch.capital),
            "Gaat door": rows["gaat_door"],
            "Kosten": rows["kosten"],
            "Bruto": rows["bruto"],
            "Netto": rows["netto"],
            "Voorzichtig": rows["voorzichtig"],
        }
    )
    formats: dict[str, Callable[..., str]] = dict.fromkeys([*frame.columns[2:]], about)
    caption = f"{naam}, besparing in het eerste jaar ({EXAMPLE})"
    note = "Bruto: als alles lukt. «Samen» telt alleen de plannen die doorgaan."
    return show.table(frame, caption, formats, note=note, totals=(dutch.capital(TOGETHER),))


def evidence(activiteiten: pd.DataFrame) -> Html:
    """Return how each saving works and how well that is known, as a list."""
    links = activiteiten[activiteiten["verband"] == LESS].drop_duplicates(["doel", "mechanisme"])
    return show.bullets(
        [
            f"{dutch.capital(link.doel)}: {dutch.lower_first(link.mechanisme)} Bewijs: "
            f"{number(link.bewijs)} van 5; kans: {percent(link.kans)}."
            for link in links.itertuples()
        ]
    )


def refusals(uitkomsten: pd.DataFrame) -> Html:
    """Say which plan does not go on, who stands in the way and why."""
    refused = uitkomsten[uitkomsten["gaat_door"] == "nee"]
    if refused.empty:
        return show.text("In dit voorbeeld zegt niemand nee.")
    return show.bullets([*refused["reden"]])


def agreement(
    uitkomsten: pd.DataFrame,
    activiteiten: pd.DataFrame,
    budgetten: pd.DataFrame,
    illustratie: str,
) -> Html:
    """Return what would be agreed, and the link to the page to sign; `illustratie` of the plans."""
    going = uitkomsten[uitkomsten["gaat_door"] == "ja"]["activiteit"]
    links = activiteiten[
        activiteiten["naam"].isin(going) & (activiteiten["verband"] == LESS)
    ].sort_values("minder_nodig", ascending=False)
    if links.empty:
        return show.text("Er is in dit voorbeeld niets af te spreken.")
    back = links["terug_deel"].max()
    items = [_deal(name, activiteiten, budgetten) for name in dict.fromkeys(links["naam"])]
    items = [f"{item}, drie jaar lang." for item in items]
    rules = [
        "Verbinden: het budget van wie bespaart, betaalt mee aan het werk van een ander.",
        "Overplaatsen: is de besparing groter dan wat is betaald, dan gaat dat deel van het "
        "budget mee naar het werk.",
        f"Teruggeven: wie bespaart, geeft hoogstens {percent(back)} van de besparing terug aan "
        "wie betaalde.",
    ]
    which = "dit voorbeeld" if illustratie else "de plannen van de wijk zelf"
    link = f'<p><a href="{AGREEMENT}">De overeenkomst bij {which}</a></p>'
    return (
        show.bullets(items)
        + show.text("Zij spreken drie dingen af:")
        + show.bullets(rules)
        + Html(link)
    )


def _deal(name: str, activiteiten: pd.DataFrame, budgetten: pd.DataFrame) -> str:
    """Return who pays what of a plan in a year."""
    asked = activiteiten[(activiteiten["naam"] == name) & activiteiten["gevraagd"].notna()]
    holder = budgetten.drop_duplicates("doel").set_index("doel")["houder"]
    paid = [f"{holder[row.doel]} {about(row.gevraagd)}" for row in asked.itertuples()]
    return f"{dutch.capital(name)}: {dutch.join(paid)} per jaar"


def conditions(getallen: Kengetallen) -> Html:
    """Return what must be true for the example to come out, and what is assumed, folded away."""
    must, assumed = area_case.premises(getallen)
    return show.fold("Wat waar moet zijn, en wat wij aannemen", premises(must, assumed))
