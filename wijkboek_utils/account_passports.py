"""The passports of the accounts of an area: of each line its own boekingen."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from wijkboek_utils import allocate, dutch, passports, regions, sources, views
from wijkboek_utils.passports import Books, Passport


def books(pilot: str) -> Books:
    """Return the books of a pilot; all its chapters share them."""
    names = ("grootboek", "gebied", "sleutels", "kengetallen")
    paths = [sources.table_path(pilot, name) for name in names]
    found = _books(*paths, made=paths[0].stat().st_mtime_ns)
    return replace(found, rows=found.rows.copy(deep=False))


@cache
def _books(*paths: Path, made: int) -> Books:
    """Return the books of some tables; `made` is when, for they may be made again."""
    boekingen, gebied, sleutels, kengetallen = map(sources.table_at, paths)
    return passports.books(boekingen, regions.area(gebied), sleutels, kengetallen)


def sector(book: Books, rows: pd.DataFrame, name: str, turned: bool = False) -> list[Passport]:
    """Return the passports of the account of a sector; `rows` as `wijkrekening.sector`.

    Totals stand on all lines of their side, the balance on both: what is in less what is out, or
    the other way round when it is `turned`.
    """
    parties = {"in": _cells(book, "naar") == name, "uit": _cells(book, "van") == name}
    parties["saldo"] = parties["in"] | parties["uit"]
    line, lost = _cells(book, "regel"), np.where(parties["in" if turned else "uit"], -1, 1)
    lines = set(line)
    found = []
    for r in rows.itertuples():
        chosen = parties[str(r.kant)]
        if r.regel in lines and r.kant != "saldo":
            chosen = chosen & (line == r.regel)
        sign = lost if r.kant == "saldo" else None
        found.append(book.money(str(r.regel), r.bedrag, r.se, chosen, sign))
    return found


def gemeente(book: Books, rows: pd.DataFrame) -> list[Passport]:
    """Return the passports of the account of the gemeente; `rows` as `views.gemeente_account`."""
    service, spent = _services(book)
    payer, payee = _cells(book, "van"), _cells(book, "naar")
    paid = spent & (payer == "gemeente")
    # A receipt that was published below zero has its payer behind `naar`.
    got = service & ~spent
    goals = book.rows["domein"].astype(str).str.capitalize().to_numpy(object)
    payers = {label: name for name, label in views.SECTOR_NAMES.items()}
    names = np.array([views.negative_name(post) for post in _cells(book, "post")], dtype=object)
    less = np.where(spent & ~paid, names, "")
    signs = allocate.published_sign(book.rows).to_numpy()
    left = np.where(spent, -signs, signs)
    found = []
    for r in rows.itertuples():
        label = str(r.regel)
        if r.kant == "lasten" and (goals == label).any():
            chosen = paid & (goals == label)
        elif r.kant == "baten" and label in payers:
            party = payers[label]
            chosen = got & ((payer == party) | (payee == party))
        elif (less == label).any():
            chosen = less == label
        else:
            chosen = {"lasten": spent, "baten": got}.get(str(r.kant), service)
        sign = left if r.kant == "saldo" else signs
        found.append(book.money(label, r.bedrag, r.se, chosen, sign))
    return found


def tasks(book: Books, rows: pd.DataFrame) -> list[Passport]:
    """Return the passports of expenses and receipts by taakveld; `rows` as `views.by_taakveld`.

    A side on which the gemeente filed nothing has none.
    """
    service, spent = _services(book)
    task = book.rows["post"].str.split(":").str[1].to_numpy(object)
    signs = allocate.published_sign(book.rows).to_numpy()
    found = []
    for r in rows.itertuples():
        own = service & (task == r.taakveld)
        for word, side, amount, se in (
            ("uitgaven", own & spent, r.lasten, r.se_lasten),
            ("inkomsten", own & ~spent, r.baten, float("nan")),
        ):
            if dutch.is_known(amount):
                found.append(book.money(f"{r.naam}, {word}", amount, se, side, signs))
    return found


def expenses(book: Books, rows: pd.DataFrame, column: str, names: pd.Series) -> list[Passport]:
    """Return the passports of municipal expenses by a column of the boekingen, such as `naar`.

    `rows` has that column, `bedrag` and `se`; `names` what a reader calls each of its values.
    """
    _, spent = _services(book)
    spent = spent & (_cells(book, "van") == "gemeente")  # as the figure: before corrections
    by = _cells(book, column)
    parts = zip(rows[column].astype(str), names, rows["bedrag"], rows["se"], strict=True)
    return [book.money(str(name), a, se, spent & (by == key)) for key, name, a, se in parts]


def _cells(book: Books, column: str) -> np.ndarray:
    """Return a column of the boekingen to compare with; some hundred times for one account."""
    return book.rows[column].astype(str).to_numpy(object)


def _services(book: Books) -> tuple[np.ndarray, np.ndarray]:
    """Return which boekingen are of municipal services, and which of those were lasten."""
    service = views.is_service(book.rows)
    return service.to_numpy(), (service & views.is_expense(book.rows)).to_numpy()
