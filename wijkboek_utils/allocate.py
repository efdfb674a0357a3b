"""Bring an amount of the gemeente down to its buurten by verdeelsleutels, to the cent."""

import numpy as np
import pandas as pd

from wijkboek_utils import ledger
from wijkboek_utils.keys import NO_KEY, Keys, owner_shares
from wijkboek_utils.regions import rest_of

SETS = {
    "beredeneerd": "per taak een eigen sleutel",
    "gemeentefonds": "de verdeling van het gemeentefonds",
    "inwoners": "alles naar inwoners",
}
DEFAULT_SET = "beredeneerd"
OVERHEAD = "0.4"
_PAYERS = ["huishoudens", "bedrijven", "eigenaren"]
# Money into and out of reserves, and the result of the year: no services.
RESERVES = ["0.10", "0.11"]


def spread_cents(cents: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return whole amounts that add up to each of `cents` exactly, in proportion to `shares`.

    `cents`: n whole amounts of at least 0; `shares`: n rows that each add up to 1. The cents that
    rounding down leaves go to the largest remainders (Hamilton), the first column first.
    """
    exact = cents[:, None] * shares
    floors = np.floor(exact)
    left = cents - floors.sum(axis=1)
    if ((left < 0) | (left > shares.shape[1])).any():
        raise ValueError("the shares of an amount do not add up to 1")
    order = np.argsort(floors - exact, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return floors + (rank < left[:, None])


def overhead_shares(iv3: pd.DataFrame) -> pd.Series:
    """Return how overhead (0.4) belongs to the other taakvelden: shares that add up to 1.

    In proportion to their salaries (L1.1); to their lasten above 0 where no salaries are given.
    """
    others = iv3[~iv3["taakveld"].isin([OVERHEAD, *RESERVES])].set_index("taakveld")
    basis = others["salarissen"].clip(lower=0).fillna(0.0)
    if basis.sum() == 0:
        basis = others["lasten"].clip(lower=0)
    return (basis / basis.sum())[basis > 0]


def amounts(iv3: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Return the accounts as amounts to spread: `taakveld`, `kant`, `domein`, `sleutel`, `cluster`,
    `van`, `naar`, `euro` (signed as published).

    `rules` is `taakvelden.csv`. Lasten of which a part is salaries are split: salaries go to the
    buitenwereld, the rest to the `ontvanger`. Overhead gets the domein and key of the taakvelden it
    supports. Amounts of one taakveld and side add up to the published amount, to the cent.
    """
    unknown = sorted(set(iv3["taakveld"]) - set(rules["taakveld"]))
    if unknown:
        raise KeyError(f"taakvelden.csv kent deze taakvelden niet: {unknown}")
    own = iv3[iv3["taakveld"] != OVERHEAD].merge(
        rules.drop(columns="reden"), on="taakveld", how="left", validate="1:1"
    )
    wages = own["salarissen"].fillna(0.0).clip(0, own["lasten"].clip(lower=0))
    wages = wages.where(own["ontvanger"] == "huishoudens", 0.0)
    lasten = own.assign(
        kant="lasten", van="gemeente", naar=own["ontvanger"], euro=own["lasten"] - wages
    )
    salaries = own.assign(kant="lasten", van="gemeente", naar="buitenwereld", euro=wages)
    baten = own.assign(kant="baten", van=own["betaler"], naar="gemeente", euro=own["baten"])
    parts = [lasten, salaries, baten, _overhead_amounts(iv3, rules)]
    table = pd.concat(parts, ignore_index=True)
    columns = ["taakveld", "kant", "domein", "sleutel", "cluster", "van", "naar", "euro"]
    return table.loc[table["euro"] != 0, columns].reset_index(drop=True)


def _overhead_amounts(iv3: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    shares = overhead_shares(iv3)
    target = rules.set_index("taakveld").loc[shares.index, ["domein", "sleutel", "cluster"]]
    groups = target.assign(share=shares).groupby(["domein", "sleutel", "cluster"])["share"].sum()
    published = iv3.set_index("taakveld").reindex([OVERHEAD])[["lasten", "baten"]].fillna(0).iloc[0]
    frames = []
    for kant, van, naar in [
        ("lasten", "gemeente", "buitenwereld"),
        ("baten", "buitenwereld", "gemeente"),
    ]:
        cents = np.rint(np.array([abs(published[kant]) * 100]))
        parts = spread_cents(cents, groups.to_numpy()[None, :])[0] / 100
        frame = groups.reset_index().assign(kant=kant, van=van, naar=naar)
        frames.append(frame.assign(taakveld=OVERHEAD, euro=parts * np.sign(published[kant])))
    return pd.concat(frames, ignore_index=True)


def key_of_set(table: pd.DataFrame, key_set: str, keys: Keys) -> pd.Series:
    """Return the key that each amount gets in a set: beredeneerd, gemeentefonds or inwoners.

    What belongs to no buurt keeps no key in every set. A cluster that the gemeentefonds figures do
    not reach falls back to the reasoned key.
    """
    reasoned = table["sleutel"].map(lambda s: s if s == NO_KEY else keys.resolve(s))
    if key_set == "inwoners":
        return reasoned.where(reasoned == NO_KEY, keys.resolve("inwoners"))
    if key_set == "gemeentefonds":
        national = "gf:" + table["cluster"]
        # Amounts per unit are about cost: what residents and firms pay keeps its own key.
        keep = (reasoned == NO_KEY) | table["van"].isin(_PAYERS)
        return reasoned.where(keep | ~national.isin(keys.shares.index), national)
    return reasoned


def spread(table: pd.DataFrame, sleutels: pd.Series, keys: Keys, gemeente: str) -> pd.DataFrame:
    """Return `table` with a row per buurt: `buurt`, `bedrag` (EUR, >= 0), `teken`, `sleutel`, `se`.

    What has no key is booked under the rest of the gemeente. `teken` is -1 where the published
    amount is below zero. The amounts of each row of `table` add up to it, to the cent.
    """
    names = [*keys.shares.columns, rest_of(gemeente)]
    shares = keys.shares.assign(**{rest_of(gemeente): 0.0})
    shares.loc[NO_KEY] = [0.0] * len(keys.shares.columns) + [1.0]
    errors = keys.errors.assign(**{rest_of(gemeente): 0.0})
    errors.loc[NO_KEY] = 0.0
    share = shares.loc[sleutels].to_numpy()
    cents = np.rint(np.abs(table["euro"].to_numpy()) * 100)
    bedrag = spread_cents(cents, share) / 100
    se = bedrag * (1 - share) * errors.loc[sleutels].to_numpy()
    wide = table.assign(sleutel=sleutels.to_numpy(), teken=np.sign(table["euro"]).astype(int))
    long = wide.loc[wide.index.repeat(len(names))].reset_index(drop=True)
    long["buurt"] = np.tile(names, len(table))
    long["bedrag"], long["se"] = bedrag.ravel(), se.ravel()
    return long[long["bedrag"] > 0].reset_index(drop=True)


def split_owners(boekingen: pd.DataFrame, indicatoren: pd.DataFrame) -> pd.DataFrame:
    """Return the boekingen with payer `eigenaren` divided over who owns the dwellings of a buurt.

    Owner-occupiers are huishoudens, corporations instellingen, other landlords bedrijven. Where CBS
    does not say what kind of landlord it is, the landlords' part is booked under buitenwereld.
    """
    owners = boekingen["van"] == "eigenaren"
    shares = owner_shares(indicatoren).reindex(boekingen.loc[owners, "buurt"])
    cents = np.rint(boekingen.loc[owners, "bedrag"].to_numpy() * 100)
    parts = spread_cents(cents, shares.to_numpy()) / 100
    frames = [boekingen[~owners]]
    for i, payer in enumerate(shares.columns):
        rows = boekingen[owners].assign(van=payer, bedrag=parts[:, i])
        rows["se"] *= shares[payer].to_numpy()
        frames.append(rows[rows["bedrag"] > 0])
    return pd.concat(frames, ignore_index=True)


def book(spread_rows: pd.DataFrame, jaar: int, bron: str, keys: Keys) -> pd.DataFrame:
    """Return spread municipal amounts as boekingen in the form of the grootboek.

    The post is `iv3:<taakveld>:<lasten|baten>`. A negative published amount swaps `van` and `naar`;
    it can be told by its post: lasten that come in, or baten that go out.
    """
    swap = spread_rows["teken"] < 0
    used = keys.table["bronnen"].reindex(spread_rows["sleutel"]).fillna("").to_numpy()
    whole = spread_rows["sleutel"] == NO_KEY
    # Overhead that stays with land development is a share by salaries, and not published as such.
    overhead = whole & (spread_rows["taakveld"] == OVERHEAD)
    boekingen = spread_rows.assign(
        jaar=jaar,
        van=spread_rows["van"].where(~swap, spread_rows["naar"]),
        naar=spread_rows["naar"].where(~swap, spread_rows["van"]),
        post="iv3:" + spread_rows["taakveld"] + ":" + spread_rows["kant"],
        soort="publiek",
        # What stays with the gemeente as a whole is published for it and spread over nothing.
        methode=np.where(whole & ~overhead, "gemeten", "verdeeld"),
        sleutel=spread_rows["sleutel"].where(~whole).mask(overhead, "overhead"),
        bron=[";".join(x for x in [bron, *b.split(";")] if x) for b in used],
        bronjaar=jaar,
    )
    keys_of_row = ["buurt", "jaar", "van", "naar", "post", "domein", "soort", "methode", "sleutel"]
    merged = boekingen.groupby([*keys_of_row, "bron", "bronjaar"], dropna=False, as_index=False)
    return ledger.conform(merged[["bedrag", "se"]].sum())


def book_sets(
    table: pd.DataFrame,
    keys: Keys,
    indicatoren: pd.DataFrame,
    gemeente: str,
    jaar: int,
    bron: str,
) -> pd.DataFrame:
    """Return the accounts booked under each of the rival key sets, with the column `set` in front.

    `table` as from `amounts`.
    """
    frames = []
    for name in SETS:
        rows = spread(table, key_of_set(table, name, keys), keys, gemeente)
        frames.append(book(split_owners(rows, indicatoren), jaar, bron, keys))
    return pd.concat(dict(zip(SETS, frames, strict=True)), names=["set"]).reset_index("set")


def keys_used(table: pd.DataFrame, key_set: str, keys: Keys) -> pd.DataFrame:
    """Return per taakveld the key that was asked for and the key that was used in a set.

    Columns: `taakveld`, `gevraagd`, `gebruikt`. Overhead has a row for each key that it follows.
    """
    used = key_of_set(table, key_set, keys)
    asked = table["sleutel"] if key_set == DEFAULT_SET else used
    rows = pd.DataFrame({"taakveld": table["taakveld"], "gevraagd": asked, "gebruikt": used})
    return rows.drop_duplicates(ignore_index=True)


def published_sign(ledger_rows: pd.DataFrame) -> pd.Series:
    """Return 1, or -1 for a boeking whose published amount was below zero (see `book`)."""
    expense = ledger_rows["post"].str.endswith(":lasten")
    out = ledger_rows["van"].astype(str) == "gemeente"
    return pd.Series(np.where(expense == out, 1, -1), index=ledger_rows.index)


def by_taakveld(boekingen: pd.DataFrame) -> pd.Series:
    """Return municipal boekingen added up as published: indexed by taakveld and side, in EUR."""
    rows = boekingen[boekingen["post"].str.startswith("iv3:")]
    signed = rows["bedrag"] * published_sign(rows)
    parts = rows["post"].str.split(":", expand=True)
    return signed.groupby([parts[1], parts[2]]).sum().rename_axis(["taakveld", "kant"])
