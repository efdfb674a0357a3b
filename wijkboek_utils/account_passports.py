"""The passports of the accounts of an area: of each line its own boekingen."""

import pandas as pd

from wijkboek_utils import dutch, views
from wijkboek_utils.passports import Books, Passport


def sector(book: Books, rows: pd.DataFrame, name: str) -> list[Passport]:
    """Return the passports of the account of a sector; `rows` as `wijkrekening.sector`.

    Totals stand on all lines of their side, the balance on both.
    """
    parties = {"in": book.rows["naar"] == name, "uit": book.rows["van"] == name}
    parties["saldo"] = parties["in"] | parties["uit"]
    lines = set(book.rows["regel"])
    found = []
    for r in rows.itertuples():
        chosen = parties[str(r.kant)]
        if r.regel in lines and r.kant != "saldo":
            chosen = chosen & (book.rows["regel"] == r.regel)
        found.append(book.money(str(r.regel), r.bedrag, r.se, chosen))
    return found


def gemeente(book: Books, rows: pd.DataFrame) -> list[Passport]:
    """Return the passports of the account of the gemeente; `rows` as `views.gemeente_account`."""
    service, spent = _services(book)
    paid = spent & (book.rows["van"] == "gemeente")
    # A receipt that was published below zero has its payer behind `naar`.
    got = service & ~spent
    goals = book.rows["domein"].astype(str).str.capitalize()
    payers = {label: name for name, label in views.SECTOR_NAMES.items()}
    less = book.rows["post"].map(views.negative_name).where(spent & ~paid)
    found = []
    for r in rows.itertuples():
        label = str(r.regel)
        if r.kant == "lasten" and (goals == label).any():
            chosen = paid & (goals == label)
        elif r.kant == "baten" and label in payers:
            party = payers[label]
            chosen = got & ((book.rows["van"] == party) | (book.rows["naar"] == party))
        elif (less == label).any():
            chosen = less == label
        else:
            chosen = {"lasten": spent, "baten": got}.get(str(r.kant), service)
        found.append(book.money(label, r.bedrag, r.se, chosen))
    return found


def tasks(book: Books, rows: pd.DataFrame) -> list[Passport]:
    """Return the passports of expenses and receipts by taakveld; `rows` as `views.by_taakveld`.

    A side on which the gemeente filed nothing has none.
    """
    service, spent = _services(book)
    task = book.rows["post"].str.split(":").str[1]
    found = []
    for r in rows.itertuples():
        own = service & (task == r.taakveld)
        for word, side, amount, se in (
            ("uitgaven", own & spent, r.lasten, r.se_lasten),
            ("inkomsten", own & ~spent, r.baten, float("nan")),
        ):
            if dutch.is_known(amount):
                found.append(book.money(f"{r.naam}, {word}", amount, se, side))
    return found


def expenses(book: Books, rows: pd.DataFrame, column: str, names: pd.Series) -> list[Passport]:
    """Return the passports of municipal expenses by a column of the boekingen, such as `naar`.

    `rows` has that column, `bedrag` and `se`; `names` what a reader calls each of its values.
    """
    _, spent = _services(book)
    spent = spent & (book.rows["van"] == "gemeente")  # as the figure: before corrections
    by = book.rows[column].astype(str)
    parts = zip(rows[column].astype(str), names, rows["bedrag"], rows["se"], strict=True)
    return [book.money(str(name), a, se, spent & (by == key)) for key, name, a, se in parts]


def _services(book: Books) -> tuple[pd.Series, pd.Series]:
    """Return which boekingen are of municipal services, and which of those were lasten."""
    service = views.is_service(book.rows)
    return service, service & views.is_expense(book.rows)
