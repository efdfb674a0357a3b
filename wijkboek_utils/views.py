"""Municipal money of an area as tables, computed from the grootboek only."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from wijkboek_utils import allocate, ledger, regions
from wijkboek_utils.allocate import SETS, published_sign
from wijkboek_utils.area_flows import Flows, once
from wijkboek_utils.sums import coded, holds, precise

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
_SPENT = "lasten"  # beside the payers of receipts
FEW = 50  # below so many inhabitants an amount per inhabitant says nothing


def services(boekingen: pd.DataFrame) -> pd.DataFrame:
    """Return municipal boekingen of yearly services to buurten.

    Without reserves, result and land development, and without the overhead of land development:
    these stay with the gemeente as a whole, see `kept_apart`.
    """
    return boekingen[is_service(boekingen)]


@once
def _services(flows: Flows) -> pd.DataFrame:
    return services(flows.rows)


def is_service(boekingen: pd.DataFrame) -> pd.Series:
    """Return which boekingen are those of `services`."""
    municipal = holds(boekingen["post"], lambda post: post.startswith("iv3:"))
    return municipal & ~regions.is_rest(boekingen["buurt"])


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
    return pd.Series(allocate.is_expense(boekingen), boekingen.index)


def paid_out(boekingen: pd.DataFrame) -> pd.DataFrame:
    """Return the boekingen of lasten for services that the gemeente pays, not the negative ones."""
    paid = is_service(boekingen) & is_expense(boekingen) & (boekingen["van"] == "gemeente")
    return boekingen[paid]


def net_expenses(
    boekingen: pd.DataFrame, weights: ledger.Weights, by: list[str] | None = None
) -> pd.DataFrame:
    """Return lasten for services as published, negative lasten taken off: `bedrag`, `se` in EUR."""
    rows = boekingen[is_service(boekingen) & is_expense(boekingen)]
    return ledger.totals(rows, weights, by or [], sign=published_sign(rows))


@once
def cost(flows: Flows) -> pd.Series:
    """Return lasten for services of an area, negative ones taken off: `bedrag`, `se`, `se_vast`.

    In EUR. `se_vast` takes the borders of the area as certain. An amount per inhabitant has that
    error: what the borders do to the amount, they do to the number of inhabitants.
    """
    total, fixed = (_net(one, is_expense).iloc[0] for one in (flows, flows.certain()))
    return pd.Series({**total, "se_vast": fixed["se"]})


def spent(flows: Flows) -> pd.DataFrame:
    """Return lasten for services, as `cost` in one row; no row where the area has none."""
    return _net(flows, is_expense)


def spent_on(flows: Flows, post: str) -> pd.DataFrame:
    """Return lasten for services of one post, as `cost`; no row where the area has none."""
    return _net(flows, lambda rows: is_expense(rows) & (rows["post"] == post))


def _net(flows: Flows, chosen: Callable[[pd.DataFrame], pd.Series]) -> pd.DataFrame:
    """Return the chosen flows of services added up as published."""
    rows = _services(flows)
    rows = rows[chosen(rows)]
    return flows.totals(rows, [], published_sign(rows))


@once
def expenses(flows: Flows) -> pd.DataFrame:
    """Return what the gemeente pays for services by `domein`, largest first: `bedrag`, `se`.

    Before negative lasten, which `negative_expenses` gives.
    """
    table = flows.totals(paid_out(flows.rows), ["domein"])
    return table[table["bedrag"] > 0].sort_values("bedrag", ascending=False, ignore_index=True)


@once
def negative_expenses(flows: Flows) -> pd.DataFrame:
    """Return lasten that the gemeente published below zero, by `post`: `bedrag` >= 0, `se`."""
    rows = _services(flows)
    return flows.totals(rows[is_expense(rows) & (rows["naar"] == "gemeente")], ["post"])


@once
def receipts(flows: Flows) -> pd.DataFrame:
    """Return what the gemeente receives for services by payer (`van`): `bedrag`, `se`."""
    rows = _services(flows)
    rows = rows[~is_expense(rows)]
    sign = published_sign(rows)
    table = flows.totals(rows.assign(van=_payer(rows, sign)), ["van"], sign)
    return table[table["bedrag"] != 0].sort_values("bedrag", ascending=False, ignore_index=True)


def _payer(rows: pd.DataFrame, sign: pd.Series) -> pd.Series:
    """Return who pays each receipt: a negative receipt has its payer behind `naar`."""
    return rows["van"].where(sign > 0, rows["naar"])


@once
def gemeente_account(flows: Flows) -> pd.DataFrame:
    """Return the account of the gemeente for an area: `kant`, `regel`, `bedrag`, `se`.

    Rows are the lasten by domein, negative lasten taken off, total lasten, the baten by payer,
    total baten, and the balance.
    """
    spent, got, less = expenses(flows), receipts(flows), negative_expenses(flows)
    total, income = _net(flows, is_expense), _net(flows, lambda rows: ~is_expense(rows))
    rows = _services(flows)
    direction = pd.Series(np.where(is_expense(rows), -1, 1), index=rows.index)
    saldo = flows.totals(rows, [], published_sign(rows) * direction)
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


def by_taakveld(flows: Flows, names: pd.Series) -> pd.DataFrame:
    """Return lasten and baten for services by taakveld, with their keys.

    Columns: `taakveld`, `naam`, `lasten`, `se_lasten`, `baten`, `sleutels` (ids, `;` between).
    `names` is indexed by taakveld. A taakveld of the gemeente with nothing in the area has a row.
    """
    rows, everywhere = (
        t.assign(taakveld=t["post"].str.split(":").str[1])
        for t in (_services(flows), services(flows.gemeenten))
    )
    sign = published_sign(rows)
    out = is_expense(rows)
    lasten, baten = (
        flows.totals(rows[side], ["taakveld"], sign[side]).set_index("taakveld")
        for side in (out, ~out)
    )
    sleutels = everywhere.groupby("taakveld")["sleutel"].agg(
        lambda s: ";".join(sorted(set(s) - {""}))
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
    buurt, codes = coded(sets["buurt"])
    share = np.append(ledger.shares(weights).reindex(codes).to_numpy(float), np.nan)[buurt]
    inside = np.flatnonzero(is_service(sets) & (share > 0))
    rows = sets[["set", "post", "van", "naar", "bedrag"]].iloc[inside]
    sign = published_sign(rows)
    payer = _payer(rows, sign).cat
    name, names = coded(rows["set"])
    who = np.where(is_expense(rows), 0, payer.codes + 1)
    cell, shape = name * (len(payer.categories) + 1) + who, (len(names), len(payer.categories) + 1)
    euro = rows["bedrag"].to_numpy() * share[inside] * sign.to_numpy()
    known = np.bincount(cell[~np.isnan(euro)], minlength=math.prod(shape)) > 0
    euro = np.where(known, precise(cell, euro, len(known)), np.nan).reshape(shape)
    sums = pd.DataFrame(euro, names, [_SPENT, *payer.categories]).round(2)
    sums = sums.reindex(index=list(SETS), columns=[_SPENT, *OWN, "rijk"])
    got = sums[[*OWN, "rijk"]].mask(sums == 0)  # nothing is no receipt
    found = {"lasten": sums[_SPENT], "eigen": got[OWN].sum(axis=1, min_count=1)}
    return pd.DataFrame({**found, "rijk": got["rijk"]}).rename_axis("set").reset_index()


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


def landed(flows: Flows) -> pd.DataFrame:
    """Return where municipal expenses land: `naar`, `bedrag`, `se`."""
    return flows.totals(paid_out(flows.rows), ["naar"])


def by_key(flows: Flows, sleutels: pd.DataFrame) -> pd.DataFrame:
    """Return lasten for services by the key that spread them: `sleutel` (its name), `bedrag`."""
    names = sleutels.set_index("sleutel")["naam"]
    rows = _services(flows)
    rows = rows[is_expense(rows)]
    table = flows.totals(rows, ["sleutel"], published_sign(rows))
    table = table[table["bedrag"].notna() & (table["bedrag"] != 0)]
    named = [
        names.get(s, f"inwoners binnen {s.split(':')[-1]}" if s else "niet verdeeld")
        for s in table["sleutel"]
    ]
    return table.assign(sleutel=named).groupby("sleutel", as_index=False)["bedrag"].sum()


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


def poorer_share(flows: Flows, taakvelden: pd.DataFrame) -> pd.DataFrame:
    """Return, per `domein`, the `bedrag` of expenses and the part spread by a stand-in, `arm`.

    `taakvelden` has per taakveld the `gevraagd`e and the `gebruikt`e key.
    """
    # A key that stands in for one taakveld may be the right one for another.
    poor = taakvelden[taakvelden["gevraagd"] != taakvelden["gebruikt"]]
    stand_ins = set(zip(poor["taakveld"], poor["gebruikt"], strict=True))
    rows = paid_out(flows.rows)
    used = zip(rows["post"].str.split(":").str[1], rows["sleutel"], strict=True)
    rows = rows.assign(arm=rows["bedrag"].where([pair in stand_ins for pair in used], 0))
    return rows.groupby("domein", observed=True, as_index=False)[["bedrag", "arm"]].sum()
