"""What firms and institutions of a buurt get and pay: from counts of establishments and people.

Turnover follows the identity of the production account: turnover is purchases and value added, and
value added is compensation of employees and surplus (SNA 2008, ch. 6). Of trade the turnover is its
margin; the goods that it sells on are booked apart.
"""

from functools import reduce
from operator import add

import numpy as np
import pandas as pd

from wijkboek_utils import flows, keys, ledger
from wijkboek_utils.estimates import Estimate, of, sure
from wijkboek_utils.flows import Flow
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.regions import INHABITANTS

# Establishments as CBS counts them per buurt. Government, schools and care (O-Q) are institutions.
SECTORS = {
    "a": ("ALandbouwBosbouwEnVisserij", "Landbouw"),
    "bf": ("BFNijverheidEnEnergie", "Nijverheid en bouw"),
    "gi": ("GIHandelEnHoreca", "Handel en horeca"),
    "hj": ("HJVervoerInformatieEnCommunicatie", "Vervoer en informatie"),
    "kl": ("KLFinancieleDienstenOnroerendGoed", "Financiën en vastgoed"),
    "mn": ("MNZakelijkeDienstverlening", "Zakelijke diensten"),
    "ru": ("RUCultuurRecreatieOverigeDiensten", "Cultuur en overige diensten"),
}
GOODS = (
    "besteding:voeding",
    "besteding:alcohol_tabak",
    "besteding:kleding",
    "besteding:stoffering",
)
_MEASURES = ("vestigingen", "omzet", "toegevoegde_waarde", "lonen", "inkoop")
_COUNT_ERROR = 0.05  # CBS rounds establishments to fives, and counts some that do nothing
_REST_ERROR = 0.01
_WORK = "werk en inkomen"
_RATE = "vestiging per 1000 inwoners"


def production(indicatoren: pd.DataFrame, kengetallen: Kengetallen) -> pd.DataFrame:
    """Return what firms make: a row per sector, each with a value per buurt.

    `indicatoren` as `cbs.indicators`. Columns: `sector`, `naam`, `bron`, `bronjaar`, and as
    Estimate `vestigingen`, and in EUR a year `omzet`, `toegevoegde_waarde`, `lonen`, `inkoop`.
    Where a sector is not counted, it follows the inhabitants at the national rate, which is far
    less sure.
    """
    buurten, counts = keys.per_buurt(indicatoren)
    rows, origins = [], keys.origins_of(buurten)
    for sector, (topic, naam) in SECTORS.items():
        cause = f"aantal vestigingen {sector}"
        number = flows.counted(topic, counts, _COUNT_ERROR, cause)
        if number is None:  # not counted here: as many as the country has for its inhabitants
            topic = INHABITANTS
            rate = kengetallen.get(f"vestigingen_per_1000_inwoners_{sector}", _RATE)
            number = sure(counts[topic]) * of(rate) / 1000
        per_firm = f"toegevoegde_waarde_per_vestiging_{sector}"
        value = number * of(kengetallen.get(per_firm, "euro per vestiging per jaar"))
        wages = value * of(kengetallen.get(f"loonquote_{sector}", "aandeel"))
        bought = of(kengetallen.get(f"verbruiksquote_{sector}", "aandeel"))
        turnover = value / (1 - bought)
        bron, bronjaar = flows.origin(topic, origins)
        rows.append(
            {
                "sector": sector,
                "naam": naam,
                "bron": bron,
                "bronjaar": bronjaar,
                "vestigingen": number,
                "omzet": turnover,
                "toegevoegde_waarde": value,
                "lonen": wages,
                "inkoop": turnover * bought,
            }
        )
    return pd.DataFrame(rows)


def firms(
    made: pd.DataFrame, received: list[Flow], levied: Estimate, kengetallen: Kengetallen
) -> list[Flow]:
    """Return the flows of the firms of each buurt.

    `made` as `production`; `received` what others in the wijk pay to bedrijven, `levied` what these
    pay to the gemeente. What firms do not sell to others in the wijk they sell outside it; levies
    come out of their profit. Of wages and profit a part goes to people who live in the wijk, as
    kinds of income.
    """
    shares = {name: of(kengetallen.get(name, "aandeel")) for name in _FIRM_SHARES}
    turnover, value, wages, bought = (
        reduce(add, made[c]) for c in ("omzet", "toegevoegde_waarde", "lonen", "inkoop")
    )
    received = [f for f in received if f.naar == "bedrijven"]
    sold = flows.total(received)
    goods = flows.total(received, post=GOODS) * (1 - shares["handelsmarge"])
    near = bought * shares["aandeel_inkoop_bedrijf_wijk"]  # between firms of the wijk: stays inside
    surplus = value - wages
    tax = surplus * shares["vpb_quote"]
    worn = value * shares["afschrijving_quote"]
    profit = (surplus - tax - worn - levied).at_least_zero()
    employers = wages * shares["werkgeverslasten_aandeel"]
    premiums = wages * shares["werkgeverslasten_aandeel_rijk"]
    own_wages = (wages - employers) * shares["aandeel_wijkbanen_wijkbewoners"]
    own_profit = profit * shares["aandeel_winst_wijk"]
    source = (";".join(dict.fromkeys(made["bron"])), int(made["bronjaar"].max()))
    exported = (turnover - sold + goods - near).at_least_zero()
    # By its making this account closes whatever the kengetallen are; stocks, interest and
    # subsidies are not in it. When others move, what is sold outside has to give.
    exported = exported.because("rest van de omzet", _REST_ERROR * exported.value)
    quotes = [f"{q}_{s}" for s in made["sector"] for q in _PER_SECTOR]
    used = (*quotes, *shares)
    outside, inside, rijk = ("buitenwereld", "huishoudens", "rijk")
    parts = [
        ("bedrijf:omzet_buiten", outside, exported),
        ("bedrijf:inkoop", outside, bought - near),
        ("bedrijf:handelswaar", outside, goods),
        ("bedrijf:loon", outside, wages - employers - own_wages),
        ("bedrijf:winst", outside, profit - own_profit),
        ("inkomen:loon_bedrijven", inside, own_wages),
        ("inkomen:winst_bedrijven", inside, own_profit),
        ("belasting:werkgevers", rijk, premiums),
        ("premie:pensioen", outside, employers - premiums),
        ("belasting:winst", rijk, tax),
        ("sparen:bedrijven", "vermogen", worn),
    ]
    found = []
    for post, other, amount in parts:
        van, naar = (other, "bedrijven") if post == "bedrijf:omzet_buiten" else ("bedrijven", other)
        found.append(Flow(post, van, naar, _WORK, amount.at_least_zero(), used, *source))
    return found


_PER_SECTOR = ("toegevoegde_waarde_per_vestiging", "loonquote", "verbruiksquote")
_WAGE_SHARES = (
    "werkgeverslasten_aandeel",
    "werkgeverslasten_aandeel_rijk",
    "aandeel_wijkbanen_wijkbewoners",
)
_FIRM_SHARES = (
    "handelsmarge",
    "aandeel_inkoop_bedrijf_wijk",
    "vpb_quote",
    "afschrijving_quote",
    *_WAGE_SHARES,
    "aandeel_winst_wijk",
)


def institutions(paid: list[Flow], kengetallen: Kengetallen) -> list[Flow]:
    """Return what schools and care in the buurt do with the money that they get.

    `paid` are the flows to them. Personnel is a share of it; of the wages a part goes to people who
    live in the wijk. The rest buys goods and services elsewhere.
    """
    found = []
    for kind, share in (("zorg", "aandeel_loon_zorg"), ("onderwijs", "aandeel_loon_onderwijs")):
        mine = [f for f in paid if f.naar == "instellingen" and f.post.startswith(kind)]
        if not mine:
            continue
        names = (share, *_WAGE_SHARES)
        labour, levy, statutory, near = (of(kengetallen.get(name, "aandeel")) for name in names)
        money = flows.total(mine)
        wages = money * labour
        employers, premiums = wages * levy, wages * statutory
        own = (wages - employers) * near
        used = tuple(dict.fromkeys([*(k for f in mine for k in f.kengetallen), *names]))
        parts = [
            (f"{kind}:loon", "buitenwereld", wages - employers - own),
            (f"{kind}:inkoop", "buitenwereld", money - wages),
            (f"inkomen:loon_{kind}", "huishoudens", own),
            ("belasting:werkgevers", "rijk", premiums),
            ("premie:pensioen", "buitenwereld", employers - premiums),
        ]
        source = (mine[0].bron, mine[0].bronjaar)
        found += [
            Flow(post, "instellingen", naar, kind, amount, used, *source)
            for post, naar, amount in parts
        ]
    return found


def all_flows(
    indicatoren: pd.DataFrame,
    households: list[Flow],
    levied: Estimate,
    paid: Estimate,
    kengetallen: Kengetallen,
    jaar: int,
) -> list[Flow]:
    """Return the flows of firms and institutions.

    `households` are those of `household_flows.all_flows`: what residents spend nearby is income of
    firms. `levied` is what firms pay to the gemeente, `paid` what the gemeente spends outside the
    gebied or nobody knows where.
    """
    parts = flows.estimate(indicatoren, kengetallen, jaar, "instellingen")
    parts += institutions(parts, kengetallen)
    made = production(indicatoren, kengetallen)
    parts.append(landed(made, paid, kengetallen))
    return parts + firms(made, [*households, *parts], levied, kengetallen)


def landed(made: pd.DataFrame, paid: Estimate, kengetallen: Kengetallen) -> Flow:
    """Return what comes back to firms of the wijk of what the gemeente pays for it.

    The accounts of a gemeente do not say whom it pays. They stand in the grootboek as filed; this
    is the part that our judgement brings back, and `wijkrekening.lines` puts in its place.
    """
    share = of(kengetallen.get("aandeel_inkoop_gemeente_wijk", "aandeel"))
    source = (made["bron"].iloc[0], int(made["bronjaar"].max()))
    return Flow(
        flows.LANDED, "buitenwereld", "bedrijven", _WORK, paid * share, (*share.errors,), *source
    )


def book(
    indicatoren: pd.DataFrame, known: pd.DataFrame, kengetallen: Kengetallen, jaar: int
) -> pd.DataFrame:
    """Return `all_flows` as boekingen; `known` are those of households and of the gemeente."""
    index = keys.per_buurt(indicatoren)[1].index
    to_firms = known[known["naar"] == "bedrijven"]
    households = flows.read(to_firms[to_firms["van"] == "huishoudens"], index)
    levied = flows.estimate_of(known[known["van"] == "bedrijven"], index)
    spent = (known["van"] == "gemeente") & (known["naar"] == "buitenwereld")
    paid = flows.estimate_of(known[spent], index)
    parts = all_flows(indicatoren, households, levied, paid, kengetallen, jaar)
    return flows.book(parts, index, jaar)


def table(made: pd.DataFrame) -> pd.DataFrame:
    """Return `production` per buurt and sector in long form, to be written and added up.

    Columns: `buurt`, `sector`, `naam`, `maat` (vestigingen, omzet, toegevoegde_waarde, lonen,
    inkoop), `waarde` (number, or EUR a year), `se`, `bron`, `bronjaar`.
    """
    amounts = [(row, m, getattr(row, m)) for row in made.itertuples() for m in _MEASURES]
    size = len(amounts[0][2].value)
    facts = [(row.sector, row.naam, measure, row.bron, row.bronjaar) for row, measure, _ in amounts]
    names = ["sector", "naam", "maat", "bron", "bronjaar"]
    rows = pd.DataFrame(facts, columns=names).loc[np.repeat(np.arange(len(facts)), size)]
    found = {
        "buurt": np.concatenate([a.value.index for _, _, a in amounts]),
        "waarde": np.concatenate([a.value for _, _, a in amounts]),
        "se": np.concatenate([a.se for _, _, a in amounts]),
    }
    columns = ["buurt", "sector", "naam", "maat", "waarde", "se", "bron", "bronjaar"]
    return rows.reset_index(drop=True).assign(**found)[columns]


def per_buurt(indicatoren: pd.DataFrame, kengetallen: Kengetallen) -> pd.DataFrame:
    """Return `production` per buurt and sector, as `table`."""
    return table(production(indicatoren, kengetallen))


def totals(rows: pd.DataFrame, weights: ledger.Weights) -> pd.DataFrame:
    """Return `table` of an area: `naam` and per measure its value and `<maat>_se`, by sector.

    All buurten share the kengetallen of a sector, so within a sector their errors add up. The
    weight of a buurt has an error of its own.
    """
    weight, unsure = (rows["buurt"].map(w).astype(float) for w in ledger.weights_of(weights))
    weight = weight.where(weight > 0)  # what lies outside says nothing
    scaled = rows.assign(
        waarde=rows["waarde"] * weight, se=rows["se"] * weight, moved=(rows["waarde"] * unsure) ** 2
    )
    groups = scaled.groupby(["naam", "maat"], sort=False)[["waarde", "se", "moved"]]
    sums = groups.sum(min_count=1)
    sums["se"] = np.sqrt(sums["se"] ** 2 + sums["moved"])
    sums = sums.unstack("maat")
    wide = sums["waarde"].join(sums["se"].add_suffix("_se"))
    return wide.reset_index()
