"""Bring the accounts of a gemeente down to its buurten, under rival sets of verdeelsleutels."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import keys as keys_
from wijkboek_utils import ledger, several, sources, sums
from wijkboek_utils.keys import NO_KEY, Keys
from wijkboek_utils.spread import Spread, by_keys, join, split_owners, spread_cents

SETS = {
    "beredeneerd": "per taak een eigen sleutel",
    "gemeentefonds": "de verdeling van het gemeentefonds",
    "inwoners": "alles naar inwoners",
}
DEFAULT_SET = "beredeneerd"
OVERHEAD = "0.4"
_KINDS = ["domein", "sleutel", "cluster"]
_PAYERS = ["huishoudens", "bedrijven", "eigenaren"]
# Money into and out of reserves, and the result of the year: no services.
RESERVES = ["0.10", "0.11"]


def overhead_shares(iv3: pd.DataFrame) -> pd.Series:
    """Return how overhead (0.4) belongs to the other taakvelden of its gemeente.

    Shares that add up to 1 in each gemeente, indexed by `gemeente` and `taakveld`: in proportion to
    salaries (L1.1), or to lasten above 0 where no salaries are given.
    """
    others = iv3[~iv3["taakveld"].isin([OVERHEAD, *RESERVES])]
    gemeente, gemeenten = sums.coded(others["gemeente"])
    salaries, lasten = (np.fmax(others[c].to_numpy(float), 0.0) for c in ("salarissen", "lasten"))
    given = sums.precise(gemeente, salaries, len(gemeenten)) > 0
    basis = np.where(given[gemeente], salaries, lasten)
    some, whole = basis > 0, sums.precise(gemeente, basis, len(gemeenten))
    index = pd.MultiIndex.from_frame(others.loc[some, ["gemeente", "taakveld"]])
    shares = pd.Series(basis[some] / whole[gemeente[some]], index)
    # Where there is nothing to support, overhead stays with itself.
    alone = sorted(set(iv3["gemeente"]) - set(gemeenten[gemeente[some]]))
    itself = pd.MultiIndex.from_product([alone, [OVERHEAD]], names=index.names)
    return pd.concat([shares, pd.Series(1.0, index=itself)]) if alone else shares


def amounts(iv3: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Return the accounts as amounts to spread: `taakveld`, `kant`, `domein`, `sleutel`, `cluster`,
    `van`, `naar`, `euro` (signed as published).

    `rules` is `taakvelden.csv`. Lasten of which a part is salaries are split: salaries go to the
    buitenwereld, the rest to the `ontvanger`. Overhead gets the domein and key of the taakvelden it
    supports. Amounts of one taakveld and side add up to the published amount, to the cent. Accounts
    of several gemeenten have a column `gemeente`, and so have their amounts.
    """
    unknown = sorted(set(iv3["taakveld"]) - set(rules["taakveld"]))
    if unknown:
        raise KeyError(f"taakvelden.csv kent deze taakvelden niet: {unknown}")
    several = "gemeente" in iv3
    iv3 = iv3 if several else iv3.assign(gemeente="")
    own = iv3[iv3["taakveld"] != OVERHEAD]
    facts = rules.set_index("taakveld").reindex(own["taakveld"])
    told = {name: own[name].to_numpy(object) for name in ("gemeente", "taakveld")}
    told |= {name: facts[name].to_numpy(object) for name in _KINDS}
    lasten, wages, baten = (own[c].to_numpy(float) for c in ("lasten", "salarissen", "baten"))
    payer, receiver = (facts[name].to_numpy(object) for name in ("betaler", "ontvanger"))
    wages = np.fmin(np.fmax(wages, 0.0), np.fmax(lasten, 0.0))
    wages = np.where(receiver == "huishoudens", wages, 0.0)
    parts = [
        told | _side("lasten", "gemeente", receiver, lasten - wages),
        told | _side("lasten", "gemeente", "buitenwereld", wages),
        told | _side("baten", payer, "gemeente", baten),
        *_overhead_amounts(iv3, rules),
    ]
    some = np.concatenate([part["euro"] for part in parts]) != 0
    columns = ["taakveld", "kant", *_KINDS, "van", "naar", "euro"]
    columns = ["gemeente", *columns] if several else columns
    return pd.DataFrame({c: np.concatenate([part[c] for part in parts])[some] for c in columns})


def _side(kant: str, van: Any, naar: Any, euro: np.ndarray) -> dict[str, np.ndarray]:
    """Return one side of some amounts; one payer or receiver stands for all."""
    words = {"kant": kant, "van": van, "naar": naar}
    found = {name: np.full(len(euro), word, object) for name, word in words.items()}
    return found | {"euro": euro}


def _overhead_amounts(iv3: pd.DataFrame, rules: pd.DataFrame) -> Iterator[dict[str, np.ndarray]]:
    """Yield the lasten and the baten of overhead in the columns of `amounts`."""
    shares = overhead_shares(iv3)
    gemeente, taakveld = (shares.index.get_level_values(n) for n in shares.index.names)
    facts = rules.set_index("taakveld").reindex(taakveld)[_KINDS]
    facts["sleutel"] = facts["sleutel"].replace("overhead", NO_KEY)
    place, gemeenten = pd.factorize(gemeente, sort=True)
    kind, first = sums.kinds(sums.alike(facts))
    groups = np.zeros((len(gemeenten), len(first)))
    np.add.at(groups, (place, kind), shares.to_numpy())
    published = iv3[iv3["taakveld"] == OVERHEAD].set_index("gemeente").reindex(gemeenten)
    told = {name: facts[name].to_numpy(object)[first].repeat(len(gemeenten)) for name in _KINDS}
    told["gemeente"] = np.tile(gemeenten.to_numpy(object), len(first))
    told["taakveld"] = np.full(len(told["gemeente"]), OVERHEAD, object)
    for kant, van, naar in [
        ("lasten", "gemeente", "buitenwereld"),
        ("baten", "buitenwereld", "gemeente"),
    ]:
        euro = published[kant].fillna(0.0).to_numpy(float)
        parts = spread_cents(np.rint(np.abs(euro) * 100), groups) / 100
        yield told | _side(kant, van, naar, (parts * np.sign(euro)[:, None]).T.ravel())


def keys_of(indicatoren: pd.DataFrame, rates: pd.DataFrame) -> dict[str, Keys]:
    """Return the keys of each gemeente by its code: those of `sleutels.csv` and the gemeentefonds.

    `indicatoren` as `cbs.indicators`, of one gemeente or several; `rates` as
    `keys.gemeentefonds_keys`.
    """
    own = sources.read_project_table("sleutels")
    found = {}
    for gemeente, rows in several.split(indicatoren).items():
        national = keys_.gemeentefonds_keys(rows, rates)
        found[gemeente] = keys_.build_keys(rows, pd.concat([own, national], ignore_index=True))
    return found


def join_keys(found: Mapping[str, Keys]) -> Keys:
    """Return the keys of several gemeenten as one table.

    Shares add up to 1 in each gemeente, and are missing where its figures do not allow the key. Of
    what a key was made of everything is named, and `bijgeschat` counts the buurten of all.
    """
    first, *others = found.values()
    if not others:
        return first
    tables = pd.concat([k.table for k in found.values()]).groupby(level=0, sort=False)
    table = tables.first()
    table["formule"] = tables["formule"].agg(lambda cells: " | ".join(dict.fromkeys(cells)))
    for column in ("onderwerpen", "jaren", "bronnen"):
        table[column] = tables[column].agg(lambda cells: ";".join(sources.ids(cells)))
    table["bijgeschat"] = tables["bijgeschat"].sum()
    shares, errors = (
        pd.concat([getattr(k, part) for k in found.values()], axis=1)
        for part in ("shares", "errors")
    )
    return Keys(shares, errors, table)


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


def spread_all(
    table: pd.DataFrame,
    keys: Mapping[str, Keys],
    indicatoren: pd.DataFrame,
    key_set: str = DEFAULT_SET,
) -> Spread:
    """Return the amounts of several gemeenten spread by their own keys, and split by owner.

    `table` as from `amounts`, with a column `gemeente`; `keys` by gemeente.
    """
    parts = [
        by_keys(rows, key_of_set(rows, key_set, keys[gemeente]), keys[gemeente], gemeente)
        for gemeente, rows in table.groupby("gemeente")
    ]
    return split_owners(join(parts), keys_.owner_shares(indicatoren))


def flows(rows: Spread, jaar: int, bron: str) -> Spread:
    """Return spread amounts as flows: the table has what a boeking has, except buurt and amount.

    The post is `iv3:<taakveld>:<lasten|baten>`. A negative published amount swaps `van` and `naar`;
    it can be told by its post: lasten that come in, or baten that go out. Amounts that are alike in
    all this are one flow.
    """
    facts = ("van", "naar", "taakveld", "kant", "sleutel", "bronnen")
    van, naar, taakveld, kant, sleutel, used = (rows.table[c].to_numpy(object) for c in facts)
    swap, whole = rows.table["teken"].to_numpy() < 0, sleutel == NO_KEY
    # Overhead that stays with land development is a share by salaries, and not published as such.
    overhead = whole & (taakveld == OVERHEAD)
    named = pd.DataFrame(
        {
            "jaar": jaar,
            "van": np.where(swap, naar, van),
            "naar": np.where(swap, van, naar),
            "post": "iv3:" + taakveld + ":" + kant,
            "domein": rows.table["domein"].to_numpy(),
            "soort": "publiek",
            # What stays with the gemeente as a whole is published for it and spread over nothing.
            "methode": np.where(whole & ~overhead, "gemeten", "verdeeld"),
            "sleutel": np.where(overhead, "overhead", np.where(whole, None, sleutel)),
            "bron": [f"{bron};{others}".strip(";") for others in used],
            "bronjaar": jaar,
        }
    )
    flow, first = sums.kinds(sums.alike(named))
    regel, plek = flow[rows.cells["regel"]], rows.cells["plek"].to_numpy()
    cell, one = sums.kinds(regel * len(rows.buurten) + plek)
    merged = {"regel": regel[one], "plek": plek[one]}
    for column in ("bedrag", "se"):
        merged[column] = sums.precise(cell, rows.cells[column].to_numpy(), len(one))
    table = named.iloc[first].reset_index(drop=True)
    return Spread(table, rows.buurten, pd.DataFrame(merged))


def boekingen(rows: Spread) -> pd.DataFrame:
    """Return flows as boekingen in the form of the grootboek."""
    cells = rows.cells.reset_index(drop=True)
    words = rows.table.iloc[cells["regel"]].reset_index(drop=True)
    buurt = pd.array(rows.buurten, dtype="str").take(cells["plek"])
    return ledger.conform(words.assign(buurt=buurt, bedrag=cells["bedrag"], se=cells["se"]))


def book(rows: Spread, jaar: int, bron: str) -> pd.DataFrame:
    """Return spread municipal amounts as boekingen in the form of the grootboek; see `flows`."""
    return boekingen(flows(rows, jaar, bron))


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
    owners = keys_.owner_shares(indicatoren)
    spread = [by_keys(table, key_of_set(table, name, keys), keys, gemeente) for name in SETS]
    rows = [split_owners(amounts, owners) for amounts in spread]
    frames = [boekingen(flows(r, jaar, bron)) for r in rows]
    return pd.concat(dict(zip(SETS, frames, strict=True)), names=["set"]).reset_index("set")


def book_all(
    table: pd.DataFrame,
    keys: Mapping[str, Keys],
    indicatoren: pd.DataFrame,
    jaar: int,
    bronnen: Mapping[str, str],
) -> pd.DataFrame:
    """Return the accounts of one gemeente or several, each as `book_sets`, one below the other.

    `table` as from `amounts`; `keys` and `bronnen` (the source of the account) by gemeente.
    """
    figures, frames = several.split(indicatoren), []
    for gemeente, rows in _by_gemeente(table, keys):
        own = (keys[gemeente], figures[gemeente], gemeente, jaar, bronnen[gemeente])
        frames.append(book_sets(rows, *own))
    return pd.concat(frames, ignore_index=True)


def _by_gemeente(
    table: pd.DataFrame, keys: Mapping[str, Keys]
) -> Iterable[tuple[str, pd.DataFrame]]:
    """Return the amounts of each gemeente; of one alone they do not say of which."""
    return several.split(table).items() if "gemeente" in table else [(next(iter(keys)), table)]


def keys_used(table: pd.DataFrame, key_set: str, keys: Mapping[str, Keys]) -> pd.DataFrame:
    """Return per taakveld the key that was asked for and the key that was used in a set.

    Columns: `taakveld`, `gevraagd`, `gebruikt`. Overhead has a row for each key that it follows,
    and a taakveld for each key that a gemeente uses; `keys` by gemeente.
    """
    frames = []
    for gemeente, rows in _by_gemeente(table, keys):
        used = key_of_set(rows, key_set, keys[gemeente])
        asked = rows["sleutel"] if key_set == DEFAULT_SET else used
        facts = {"taakveld": rows["taakveld"], "gevraagd": asked, "gebruikt": used}
        frames.append(pd.DataFrame(facts))
    return pd.concat(frames).drop_duplicates(ignore_index=True)


def is_expense(boekingen: pd.DataFrame) -> np.ndarray:
    """Return which municipal boekingen were published as lasten."""
    return sums.holds(boekingen["post"], lambda post: post.endswith(":lasten"))


def published_sign(ledger_rows: pd.DataFrame) -> pd.Series:
    """Return 1, or -1 for a boeking whose published amount was below zero (see `book`)."""
    out = (ledger_rows["van"] == "gemeente").to_numpy()
    return pd.Series(np.where(is_expense(ledger_rows) == out, 1, -1), index=ledger_rows.index)


def by_taakveld(boekingen: pd.DataFrame) -> pd.Series:
    """Return municipal boekingen added up as published: indexed by taakveld and side, in EUR."""
    post, posts = pd.factorize(boekingen["post"])
    parts = [text.split(":") for text in posts]
    told = [(p[1], p[2]) if p[0] == "iv3" and len(p) > 2 else None for p in parts]
    places = {pair: n for n, pair in enumerate(sorted({pair for pair in told if pair}))}
    place = np.array([places.get(pair, -1) if pair else -1 for pair in told], dtype=int)[post]
    signed = boekingen["bedrag"] * published_sign(boekingen)
    found = signed[place >= 0].groupby(place[place >= 0]).sum()
    names = ["taakveld", "kant"]
    return found.set_axis(pd.MultiIndex.from_frame(pd.DataFrame([*places], columns=names)))
