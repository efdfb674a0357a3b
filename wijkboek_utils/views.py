"""Municipal money of an area as tables, computed from the grootboek only."""

import numpy as np
import pandas as pd

from wijkboek_utils import allocate, ledger, regions
from wijkboek_utils.allocate import SETS, published_sign

SECTOR_NAMES = {
    "huishoudens": "Huishoudens",
    "bedrijven": "Bedrijven",
    "instellingen": "Woningcorporaties en andere instellingen",
    "gemeente": "Gemeente",
    "rijk": "Rijk",
    "buitenwereld": "Buiten het gebied, of onbekend wie",
    "vermogen": "Reserves",
}
OWN = ["huishoudens", "bedrijven", "instellingen"]  # who in the area itself pays the gemeente
FEW = 50  # below so many inhabitants an amount per inhabitant says nothing


def services(boekingen: pd.DataFrame) -> pd.DataFrame:
    """Return municipal boekingen of yearly services to buurten.

    Without reserves, result and land development, and without the overhead of land development:
    these stay with the gemeente as a whole, see `kept_apart`.
    """
    return boekingen[is_service(boekingen)]


def is_service(boekingen: pd.DataFrame) -> pd.Series:
    """Return which boekingen are those of `services`."""
    return boekingen["post"].str.startswith("iv3:") & ~regions.is_rest(boekingen["buurt"])


def kept_apart(boekingen: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return what stays with the gemeente as a whole: `taakveld`, `naam`, `lasten`, `baten`.

    `names` is indexed by taakveld.
    """
    sums = allocate.by_taakveld(boekingen[regions.is_rest(boekingen["buurt"])]).unstack()
    table = sums.reindex(columns=["lasten", "baten"]).rename_axis(columns=None).reset_index()
    table.insert(1, "naam", table["taakveld"].map(names))
    return table


def is_expense(boekingen: pd.DataFrame) -> pd.Series:
    """Return which municipal boekingen were published as lasten."""
    return boekingen["post"].str.endswith(":lasten")


def paid_out(boekingen: pd.DataFrame) -> pd.DataFrame:
    """Return the boekingen of lasten for services that the gemeente pays, not the negative ones."""
    rows = services(boekingen)
    return rows[is_expense(rows) & (rows["van"] == "gemeente")]


def net_expenses(
    boekingen: pd.DataFrame, weights: ledger.Weights, by: list[str] | None = None
) -> pd.DataFrame:
    """Return lasten for services as published, negative lasten taken off: `bedrag`, `se` in EUR."""
    rows = services(boekingen)
    rows = rows[is_expense(rows)]
    return ledger.totals(rows, weights, by or [], sign=published_sign(rows))


def cost(boekingen: pd.DataFrame, weights: ledger.Weights) -> pd.Series:
    """Return `net_expenses` of an area: `bedrag`, `se`, and `se_vast`, in EUR.

    `se_vast` takes the borders of the area as certain. An amount per inhabitant has that error:
    what the borders do to the amount, they do to the number of inhabitants.
    """
    total = net_expenses(boekingen, weights).iloc[0]
    fixed = net_expenses(boekingen, ledger.shares(weights)).iloc[0]["se"]
    return pd.Series({**total, "se_vast": fixed})


def expenses(boekingen: pd.DataFrame, weights: ledger.Weights) -> pd.DataFrame:
    """Return what the gemeente pays for services by `domein`, largest first: `bedrag`, `se`.

    Before negative lasten, which `negative_expenses` gives.
    """
    table = ledger.totals(paid_out(boekingen), weights, ["domein"])
    return table[table["bedrag"] > 0].sort_values("bedrag", ascending=False, ignore_index=True)


def negative_expenses(boekingen: pd.DataFrame, weights: ledger.Weights) -> pd.DataFrame:
    """Return lasten that the gemeente published below zero, by `post`: `bedrag` >= 0, `se`."""
    rows = services(boekingen)
    return ledger.totals(rows[is_expense(rows) & (rows["naar"] == "gemeente")], weights, ["post"])


def receipts(boekingen: pd.DataFrame, weights: ledger.Weights) -> pd.DataFrame:
    """Return what the gemeente receives for services by payer (`van`): `bedrag`, `se`."""
    rows = services(boekingen)
    rows = rows[~is_expense(rows)]
    # A negative receipt has its payer behind `naar`.
    sign = published_sign(rows)
    payer = rows["van"].where(sign > 0, rows["naar"])
    table = ledger.totals(rows.assign(betaler=payer), weights, ["betaler"], sign=sign)
    table = table.rename(columns={"betaler": "van"})
    return table[table["bedrag"] != 0].sort_values("bedrag", ascending=False, ignore_index=True)


def gemeente_account(boekingen: pd.DataFrame, weights: ledger.Weights) -> pd.DataFrame:
    """Return the account of the gemeente for an area: `kant`, `regel`, `bedrag`, `se`.

    Rows are the lasten by domein, negative lasten taken off, total lasten, the baten by payer,
    total baten, and the balance.
    """
    spent, got = expenses(boekingen, weights), receipts(boekingen, weights)
    total = net_expenses(boekingen, weights)
    less = negative_expenses(boekingen, weights)
    rows = services(boekingen)
    rows_in = rows[~is_expense(rows)]
    income = ledger.totals(rows_in, weights, [], sign=published_sign(rows_in))
    direction = pd.Series(np.where(is_expense(rows), -1, 1), index=rows.index)
    saldo = ledger.totals(rows, weights, [], sign=published_sign(rows) * direction)
    parts = [
        spent.assign(kant="lasten", regel=spent["domein"].astype(str).str.capitalize()),
        less.assign(
            kant="lasten", regel=[negative_name(p) for p in less["post"]], bedrag=-less["bedrag"]
        ),
        total.assign(kant="lasten", regel="Uitgaven samen"),
        got.assign(kant="baten", regel=got["van"].map(SECTOR_NAMES).astype(str)),
        income.assign(kant="baten", regel="Inkomsten samen"),
        saldo.assign(kant="saldo", regel="Inkomsten min uitgaven"),
    ]
    return pd.concat(parts, ignore_index=True)[["kant", "regel", "bedrag", "se"]]


def negative_name(post: str) -> str:
    """Return what a reader calls lasten of a post that were published below zero."""
    return f"Af: correctie (taakveld {post.split(':')[1]})"


def by_taakveld(boekingen: pd.DataFrame, weights: ledger.Weights, names: pd.Series) -> pd.DataFrame:
    """Return lasten and baten for services by taakveld, with their keys.

    Columns: `taakveld`, `naam`, `lasten`, `se_lasten`, `baten`, `sleutels` (ids, `;` between).
    `names` is indexed by taakveld.
    """
    rows = services(boekingen)
    rows = rows.assign(taakveld=rows["post"].str.split(":").str[1])
    sign = published_sign(rows)
    out = is_expense(rows)
    lasten = ledger.totals(rows[out], weights, ["taakveld"], sign=sign[out]).set_index("taakveld")
    baten = ledger.totals(rows[~out], weights, ["taakveld"], sign=sign[~out]).set_index("taakveld")
    sleutels = rows.groupby("taakveld")["sleutel"].agg(
        lambda s: ";".join(sorted(s.dropna().unique()))
    )
    table = pd.DataFrame(
        {
            "naam": names.reindex(sleutels.index),
            "lasten": lasten["bedrag"].reindex(sleutels.index),
            "se_lasten": lasten["se"].reindex(sleutels.index),
            "baten": baten["bedrag"].reindex(sleutels.index),
            "sleutels": sleutels,
        }
    )
    order = sorted(table.index, key=taakveld_order)
    return table.loc[order].rename_axis("taakveld").reset_index()


def taakveld_order(code: str) -> tuple:
    """Return a key that sorts taakvelden as people read them: 0.9 before 0.10, 6.71, 6.71a."""
    head, _, tail = code.partition(".")
    digits = "".join(c for c in tail if c.isdigit())
    # 0.61 is a part of 0.6 and comes after 0.5; 0.10 and 0.11 are tens.
    place = float(digits) if digits in ("10", "11") else float(f"{digits[0]}.{digits[1:] or 0}")
    return (int(head), place, tail)


def compare_sets(sets: pd.DataFrame, weights: ledger.Weights) -> pd.DataFrame:
    """Return one row per key set: `set`, `lasten`, `eigen` (paid from the area itself), `rijk`."""
    rows = []
    for name in SETS:
        part = sets[sets["set"] == name]
        got = receipts(part, weights).set_index("van")["bedrag"]
        rows.append(
            {
                "set": name,
                "lasten": net_expenses(part, weights)["bedrag"].sum(min_count=1),
                "eigen": got.reindex(OWN).sum(min_count=1),
                "rijk": got.reindex(["rijk"]).sum(min_count=1),
            }
        )
    return pd.DataFrame(rows)


def per_inhabitant(
    boekingen: pd.DataFrame, gebied: pd.DataFrame, inwoners: pd.Series
) -> pd.DataFrame:
    """Return lasten for services per buurt: `buurt`, `naam`, `gewicht`, `inwoners`, `bedrag`, `se`,
    `per_inwoner`.

    For every buurt of the gemeente. `per_inwoner` is missing below 50 inhabitants.
    """
    everywhere = pd.Series(1.0, index=gebied["buurt"])
    table = net_expenses(boekingen, everywhere, ["buurt"])
    names = gebied[["buurt", "naam", "gewicht"]]
    table = names.merge(table, on="buurt", how="left", validate="1:1")
    table["inwoners"] = table["buurt"].map(inwoners)
    enough = table["inwoners"] >= FEW
    table["per_inwoner"] = (table["bedrag"] / table["inwoners"].where(enough)).round(2)
    return table[table["inwoners"].notna()].reset_index(drop=True)


def landed(boekingen: pd.DataFrame, weights: ledger.Weights) -> pd.DataFrame:
    """Return where municipal expenses land: `naar`, `bedrag`, `se`."""
    return ledger.totals(paid_out(boekingen), weights, ["naar"])


def by_key(rows: pd.DataFrame, weights: ledger.Weights, sleutels: pd.DataFrame) -> pd.DataFrame:
    """Return what a figure is made of, by key: `wijze`, `sleutel`, `bedrag`, `marge`, `bron`.

    `rows` are the boekingen behind the figure, `sleutels` the table of keys.
    """
    names = sleutels.set_index("sleutel")["naam"]
    part = rows.assign(sleutel=rows["sleutel"].fillna(""))
    sign = published_sign(part).where(part["post"].str.startswith("iv3:"), 1)
    table = ledger.totals(part, weights, ["methode", "sleutel", "bron"], sign=sign)
    table = table[table["bedrag"].notna() & (table["bedrag"] != 0)]
    table["sleutel"] = [
        names.get(s, f"inwoners binnen {s.split(':')[-1]}" if s else "niet verdeeld")
        for s in table["sleutel"]
    ]
    table = table.rename(columns={"methode": "wijze", "se": "marge"})
    table["wijze"] = table["wijze"].astype(str)
    columns = ["wijze", "sleutel", "bedrag", "marge", "bron"]
    return table.sort_values("bedrag", ascending=False, ignore_index=True)[columns]


def stand_ins(taakvelden: pd.DataFrame, sleutels: pd.DataFrame) -> pd.DataFrame:
    """Return the poorer keys that had to be used: `gevraagd`, `gebruikt`, `marge`, `reden`.

    `taakvelden` has per taakveld the `gevraagd`e and the `gebruikt`e key.
    """
    pairs = taakvelden[["gevraagd", "gebruikt"]].drop_duplicates()
    pairs = pairs[pairs["gevraagd"] != pairs["gebruikt"]]
    facts = sleutels.set_index("sleutel")
    return pd.DataFrame(
        {
            "gevraagd": facts["naam"].reindex(pairs["gevraagd"]).to_numpy(),
            "gebruikt": facts["naam"].reindex(pairs["gebruikt"]).to_numpy(),
            "marge": facts["fout"].reindex(pairs["gebruikt"]).to_numpy(),
            "reden": facts["reden"].reindex(pairs["gebruikt"]).to_numpy(),
        }
    ).sort_values("gevraagd", ignore_index=True)


def poorer_share(
    boekingen: pd.DataFrame, weights: ledger.Weights, taakvelden: pd.DataFrame
) -> pd.DataFrame:
    """Return, per `domein`, the `bedrag` of expenses and the part spread by a stand-in, `arm`.

    `taakvelden` has per taakveld the `gevraagd`e and the `gebruikt`e key.
    """
    # A key that stands in for one taakveld may be the right one for another.
    poor = taakvelden[taakvelden["gevraagd"] != taakvelden["gebruikt"]]
    stand_ins = set(zip(poor["taakveld"], poor["gebruikt"], strict=True))
    rows = paid_out(boekingen)
    used = zip(rows["post"].str.split(":").str[1], rows["sleutel"], strict=True)
    part = rows["bedrag"] * rows["buurt"].map(ledger.shares(weights))
    arm = part.where([pair in stand_ins for pair in used], 0)
    frame = pd.DataFrame({"domein": rows["domein"], "bedrag": part, "arm": arm})
    return frame.groupby("domein", observed=True, as_index=False)[["bedrag", "arm"]].sum()
