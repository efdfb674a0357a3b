"""The account of the households of an area: where their money comes from and where it goes."""

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, flows, ledger, show
from wijkboek_utils.dutch import about, interval, is_known, percent
from wijkboek_utils.show import Html

_EARNED = "Loon en winst"
_OTHER = "Andere goederen en diensten"
# The lines of the account, in reading order: which posts, by how they begin, on which side.
_LINES = [
    ("in", _EARNED, ("inkomen:loon_en_winst",)),
    ("in", "AOW", ("inkomen:aow",)),  # before ao: a post takes the first line that fits
    ("in", "Pensioen", ("inkomen:pensioen",)),
    ("in", "Uitkering van de gemeente, vooral bijstand", ("iv3:6.3:lasten",)),
    ("in", "Uitkering bij arbeidsongeschiktheid", ("inkomen:ao",)),
    ("in", "WW", ("inkomen:ww",)),
    ("in", "Toeslagen en kinderbijslag", ("toeslag:",)),
    ("uit", "Belasting en premies over het inkomen", ("belasting:inkomen",)),
    ("uit", "Zorgverzekering", ("premie:zorg",)),
    ("uit", "Huur aan woningcorporaties", ("wonen:huur_corporatie",)),
    ("uit", "Huur aan andere verhuurders", ("wonen:huur_particulier",)),
    ("uit", "Rente op de hypotheek", ("wonen:hypotheekrente",)),
    ("uit", "Stroom en gas", ("energie:",)),
    ("uit", "Auto's", ("auto:",)),
    ("uit", "Boodschappen", ("besteding:voeding", "besteding:alcohol_tabak")),
    ("uit", "Kleding en huisraad", ("besteding:kleding", "besteding:stoffering")),
    ("uit", "Vrije tijd, vakantie en horeca", ("besteding:recreatie", "besteding:horeca")),
    ("uit", _OTHER, ("besteding:",)),
    ("uit", "Heffingen van de gemeente", ("iv3:",)),
]
TOTAL_IN, TOTAL_OUT, LEFT = "Inkomsten samen", "Uitgaven samen", "Blijft over, of niet verklaard"


def account(boekingen: pd.DataFrame, weights: pd.Series, kengetallen: pd.DataFrame) -> pd.DataFrame:
    """Return the account of households: `kant` (in, uit, saldo), `regel`, `bedrag`, `se` in EUR.

    `kengetallen` as `Kengetallen.used`. What is left is what they save and pay off, and all that
    the estimates miss: an open end, not a figure of its own.
    """
    lines = boekingen.assign(regel=_line(boekingen))
    lines = flows.regardless_of_place(lines[lines["regel"] != ""], kengetallen)
    # The scale of prices and the level of a buurt are off for all groups of spending at once.
    spent = lines["post"].str.startswith("besteding:")
    lines["kengetal"] = lines["kengetal"].mask(spent, "besteding")
    order = [name for _, name, _ in _LINES]
    found = ledger.totals(lines, weights, ["regel"]).set_index("regel")
    found = found.reindex([name for name in order if name in found.index]).reset_index()
    sides = {name: side for side, name, _ in _LINES}
    found["kant"] = found["regel"].map(sides)
    into = lines["regel"].map(sides) == "in"
    whole, part = _published(lines)
    # What is taken out of a known whole makes the rest as unsure as itself.
    earned = found["regel"] == _EARNED
    own = ledger.totals(whole[lines["regel"] == _EARNED], weights, [])["se"].sum()
    found.loc[earned, "se"] = np.hypot(own, ledger.totals(lines[part], weights, [])["se"].sum())
    sums = [
        ("in", TOTAL_IN, ledger.totals(whole[into], weights, [])),
        ("uit", TOTAL_OUT, ledger.totals(lines[~into], weights, [])),
        ("saldo", LEFT, ledger.totals(whole, weights, [], sign=into.map({True: 1, False: -1}))),
    ]
    frames = []
    for side, name, total in sums:
        frames += [found[found["kant"] == side], total.assign(kant=side, regel=name)]
    rows = pd.concat(frames, ignore_index=True)
    if not found.loc[found["regel"] == _EARNED, "bedrag"].notna().any():
        # Without income there is no tax either: what is left of the lines is no total.
        rows.loc[rows["regel"].isin([TOTAL_IN, TOTAL_OUT, LEFT]), ["bedrag", "se"]] = np.nan
    return rows[["kant", "regel", "bedrag", "se"]]


def _published(lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return the lines with the error of published income on what is left of its kinds.

    Benefits are a part of the income that CBS publishes: which part does not move the total. Also
    returns which lines are such a part.
    """
    rest = lines["post"] == "inkomen:loon_en_winst"
    part = lines["post"].str.startswith(("inkomen:", "iv3:")) & ~rest
    part &= (lines["naar"] == "huishoudens") & lines["buurt"].isin(
        lines.loc[rest & lines["bedrag"].notna(), "buurt"]
    )
    square = (lines["se"] ** 2).where(part).groupby(lines["buurt"]).sum()
    left = np.sqrt((lines["se"] ** 2 - lines["buurt"].map(square)).clip(lower=0))
    published = lines.assign(
        se=lines["se"].mask(rest, np.maximum(left, lines["se_bron"])).mask(part, 0.0),
        se_bron=lines["se_bron"].mask(part, 0.0),
    )
    return published, part


def _line(boekingen: pd.DataFrame) -> pd.Series:
    """Return the line of the account on which each boeking stands; empty for one of others."""
    posts = boekingen["post"]
    into = boekingen["naar"] == "huishoudens"
    out = boekingen["van"] == "huishoudens"
    line = pd.Series("", index=boekingen.index)
    for side, name, prefixes in _LINES:
        mine = into if side == "in" else out
        line = line.mask(mine & (line == "") & posts.str.startswith(prefixes), name)
    return line


def local_share(
    boekingen: pd.DataFrame, weights: pd.Series, kengetallen: pd.DataFrame
) -> pd.Series:
    """Return what households spend in shops and on services: `bedrag`, `lokaal`, and its `se`.

    The error is that of the share: how much they spend does not matter to it. A share that is off
    is off for all groups of spending that it is used for.
    """
    rows = boekingen[boekingen["post"].str.startswith("besteding:")]
    near = rows[rows["naar"] == "bedrijven"]
    share = near["kengetal"].str.extract(r"(aandeel_wijk_\w+)", expand=False)
    error = flows.place_error(rows, kengetallen).loc[near.index]
    weight = near["buurt"].map(weights).astype(float).fillna(0.0)
    parts = (error * weight).groupby(share).sum()
    whole, local = (ledger.totals(r, weights, [])["bedrag"].sum(min_count=1) for r in (rows, near))
    return pd.Series({"bedrag": whole, "lokaal": local, "se": np.sqrt((parts**2).sum())})


def sentence(rows: pd.DataFrame, near: pd.Series, naam: str) -> str:
    """Say what to see in the account; `rows` as `account`, `near` as `local_share`."""
    table = rows.set_index("regel")
    total, left = table.loc[TOTAL_IN], table.loc[LEFT]
    named = (rows["kant"] == "uit") & ~rows["regel"].isin([TOTAL_OUT, _OTHER])
    spent = rows[named].dropna(subset="bedrag")
    if not is_known(total["bedrag"]) or spent.empty:
        return f"Wat huishoudens in {naam} uitgeven, is niet bekend."
    largest = spent.sort_values("bedrag", ascending=False)["regel"].head(3)
    names = dutch.join([name[0].lower() + name[1:] for name in largest])
    text = [
        f"Huishoudens in {naam} krijgen samen ongeveer {about(total['bedrag'], total['se'])} per "
        f"jaar. Het meeste gaat naar schatting naar {names}.",
    ]
    if is_known(near["lokaal"]) and near["bedrag"] > 0:
        low, high = (near["lokaal"] + side * dutch.Z90 * near["se"] for side in (-1, 1))
        text.append(
            "Van wat zij in winkels en aan diensten uitgeven blijft naar schatting "
            f"{percent(max(low, 0) / near['bedrag'])} tot "
            f"{percent(min(high / near['bedrag'], 1))} in de eigen wijk."
        )
    text.append(_rest(left))
    return " ".join(text)


def _rest(left: pd.Series) -> str:
    """Say what is left of the income, or that it may be nothing."""
    margin = dutch.Z90 * left["se"]
    if left["bedrag"] > margin:
        rest = interval(left["bedrag"], left["se"])
        return f"Er blijft {rest} over: om te sparen en af te lossen, en wat onze schatting mist."
    if left["bedrag"] < -margin:
        return (
            "Volgens onze schatting gaat er meer uit dan er binnenkomt. Dat kan bijna niet: een "
            "deel van de schatting klopt hier dus niet."
        )
    return (
        "Of er iets overblijft om te sparen en af te lossen, is met deze schatting niet te zeggen."
    )


def table(rows: pd.DataFrame, naam: str, jaar: str) -> Html:
    """Return the account as a table; `rows` as `account`."""
    kinds = {"in": "Inkomst", "uit": "Uitgave", "saldo": "Saldo"}
    frame = pd.DataFrame(
        {
            "Regel": rows["regel"],
            "Soort": rows["kant"].map(kinds),
            "Bedrag": [about(r.bedrag, r.se) for r in rows.itertuples()],
            "Waarschijnlijk": [
                interval(r.bedrag, r.se, signed=r.kant == "saldo") for r in rows.itertuples()
            ],
        }
    )
    return show.table(
        frame,
        f"Rekening van de huishoudens van {naam}, {jaar}",
        {"Bedrag": str},
        note="Inkomen is van CBS; soorten inkomen en uitgaven zijn geschat: een aantal maal een "
        "landelijk bedrag. Zo'n schatting zegt niets over één huishouden.",
        totals=(TOTAL_IN, TOTAL_OUT, LEFT),
    )
