"""Books made of boekingen, or straight from flows: without a line of text for each boeking.

The words of a boeking become numbers, and these the rows and columns of the matrices of `Books`.
`from_grootboek` reads a grootboek; `from_flows` takes flows as they were computed, millions of
boekingen in seconds. Both give the totals of `ledger.totals`: tests compare.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from wijkboek_utils import ledger
from wijkboek_utils.books import FACTS, Books
from wijkboek_utils.estimates import names_in
from wijkboek_utils.flows import Flow
from wijkboek_utils.ledger import KEY_CAUSE
from wijkboek_utils.regions import is_rest
from wijkboek_utils.spread import Spread
from wijkboek_utils.sums import Numbers, ratio


def from_grootboek(grootboek: pd.DataFrame) -> Books:
    """Return the books of a grootboek of whole gemeenten."""
    draft, rows = _Draft(grootboek["buurt"].unique()), grootboek.reset_index(drop=True)
    spread = (rows["methode"] == "verdeeld").to_numpy()
    cause = (KEY_CAUSE + rows["sleutel"]).where(spread, rows["kengetal"]).fillna("")
    named = ledger.named_errors(rows)
    draft.add(
        _Boekingen(
            draft.buurten.get_indexer(rows["buurt"]),
            draft.facts.of(rows[FACTS].astype("str").itertuples(index=False, name=None)),
            spread,
            draft.causes.of(cause),
            *(rows[column].to_numpy(float) for column in ("bedrag", "se", "se_bron")),
        ),
        _Errors(named.index.to_numpy(), draft.causes.of(named["cause"]), named["fout"].to_numpy()),
    )
    return draft.books()


def from_flows(municipal: Spread, parts: Iterable[tuple[pd.Index, list[Flow]]]) -> Books:
    """Return the books of many gemeenten: `municipal` from `allocate.flows`, and other flows.

    Each of `parts` has buurten and the flows of these; it can be forgotten once it is taken.
    """
    draft = _Draft(municipal.buurten)
    table, cells = municipal.table, municipal.cells
    spread, regel = (table["methode"] == "verdeeld").to_numpy(), cells["regel"].to_numpy()
    draft.add(
        _Boekingen(
            draft.buurten.get_indexer(municipal.buurten)[cells["plek"]],
            draft.facts.of(table[FACTS].itertuples(index=False, name=None))[regel],
            spread[regel],
            draft.causes.of((KEY_CAUSE + table["sleutel"]).where(spread, ""))[regel],
            cells["bedrag"].to_numpy(),
            cells["se"].to_numpy(),
            np.zeros(len(cells)),
        ),
        _NOTHING,
    )
    for buurten, flows in parts:
        for flow in flows:
            draft.add(*_numbered(draft, buurten, flow))
    return draft.books()


class _Boekingen(NamedTuple):
    """Boekingen in numbers; `cause` is the key of what was spread, else its kengetal."""

    row: np.ndarray
    fact: np.ndarray
    spread: np.ndarray
    cause: np.ndarray
    bedrag: np.ndarray
    se: np.ndarray
    se_bron: np.ndarray


class _Errors(NamedTuple):
    """Errors that boekingen name, in EUR: `cell` is the place of the boeking."""

    cell: np.ndarray
    cause: np.ndarray
    fout: np.ndarray


_NOTHING = _Errors(*np.zeros((3, 0), dtype=np.int32))


def _numbered(draft: "_Draft", buurten: pd.Index, flow: Flow) -> tuple[_Boekingen, _Errors]:
    """Return what `flows.book` would book, with errors in whole cents as it writes them."""
    bedrag, se, se_bron = (
        _wide(values, buurten)
        for values in (np.maximum(flow.amount.value, 0.0), flow.amount.se, flow.se_bron)
    )
    bedrag = bedrag.round(2)
    known = ~np.isnan(bedrag)
    errors = [_NOTHING]
    for cause, error in flow.amount.errors.items():
        fout = _wide(error, buurten)
        there = np.flatnonzero(known & (fout != 0))
        errors.append(_Errors(there, draft.causes_in(cause, buurten[there]), fout[there].round(2)))
    spread = known & (_wide(flow.methode, buurten, object) == "verdeeld")
    causes = np.full(len(buurten), draft.causes[";".join(dict.fromkeys(flow.kengetallen))])
    causes[spread] = draft.causes.of(KEY_CAUSE + _wide(flow.sleutel, buurten, object)[spread])
    fact = draft.facts[flow.post, flow.van, flow.naar, flow.domein, "particulier"]
    row, facts = draft.buurten.get_indexer(buurten), np.full(len(buurten), fact)
    named = _Errors(*map(np.concatenate, zip(*errors, strict=True)))
    return _Boekingen(row, facts, spread, causes, bedrag, se, se_bron), named


def _wide(values: Any, buurten: pd.Index, kind: type = float) -> np.ndarray:
    """Return a value per buurt; one value stands for all."""
    return np.broadcast_to(np.asarray(values, dtype=kind), len(buurten))


class _Draft:
    """Boekingen in numbers on their way to matrices, and the words behind the numbers."""

    def __init__(self, buurten: np.ndarray) -> None:
        self.buurten = pd.Index(buurten, dtype="str").sort_values()
        self.gemeente = pd.factorize(self.buurten.str[2:6])[0]
        self.facts, self.causes = Numbers(), Numbers({"": 0})
        self.amounts, self.named = _Cells(), _Cells()

    def causes_in(self, cause: str, buurten: pd.Index) -> np.ndarray:
        """Return the number of a cause in each buurt: it may name its wijk or gemeente."""
        if "{" not in cause:
            return np.full(len(buurten), self.causes[cause])
        return self.causes.of(names_in(cause, buurten))

    def add(self, boekingen: _Boekingen, errors: _Errors) -> None:
        """Add boekingen, their error told apart: of a key, of a cause with a name, or their own."""
        row, fact, spread, cause, bedrag, se, se_bron = boekingen
        square = np.bincount(errors.cell, errors.fout**2, len(row))
        rest = np.nan_to_num((se**2 - se_bron**2 - square).clip(min=0))
        some = np.bincount(errors.cell, minlength=len(row)) > 0
        # What has a kengetal and names no errors, is off for that kengetal as a whole.
        whole = ~spread & ~some & (cause > 0) & (rest > 0)
        own = np.where(spread | whole, 0.0, rest + np.nan_to_num(se_bron) ** 2)
        key, error, source = (np.where(spread, x, 0) for x in (cause, np.sqrt(rest), se_bron))
        code = (fact << 40) + self.gemeente[row]
        self.amounts.add(row, code + (key << 16), bedrag, own, error, source)
        cell, causes, fout = (x[errors.fout != 0] for x in errors)
        self.named.add(row[cell], code[cell] + (causes << 16), fout)
        self.named.add(row[whole], code[whole] + (cause[whole] << 16), np.sqrt(rest[whole]))

    def books(self) -> Books:
        """Return the matrices."""
        gemeente = np.where(is_rest(self.buurten), -1, self.gemeente)
        named = _matrix(gemeente, *self.named.joined())
        row, column, bedrag, own, error, source = self.amounts.joined()
        flows, errors = _about(self.amounts.codes), _about(self.named.codes)
        known = ~np.isnan(bedrag)
        part = np.where(known & (flows["cause"] > 0).to_numpy()[column], bedrag, 0.0)
        flows["whole"] = np.bincount(column, part, len(flows))
        outside = part * (1 - ratio(part, flows["whole"].to_numpy()[column]))
        flows["key"], keys = pd.factorize(flows["key"])
        errors["key"] = pd.Index(keys).get_indexer(errors["key"])
        facts = pd.DataFrame(list(self.facts), columns=FACTS)
        matrix = partial(_matrix, gemeente, row, column)
        return Books(
            buurten=self.buurten,
            gemeente=gemeente,
            causes=len(self.causes),
            facts=facts.astype({fact: ledger.COLUMNS[fact] for fact in FACTS}),
            flows=flows,
            errors=errors,
            amount=matrix(np.where(known, bedrag, 0.0)),
            known=matrix(known),
            unknown=matrix(~known),
            own=matrix(own),
            error=matrix(error),
            outside=matrix(outside),
            source=matrix(source),
            named=named,
        )


class _Cells:
    """Cells of matrices: rows, columns and values, and `codes`: what each column is about."""

    def __init__(self) -> None:
        self.parts: list[tuple[np.ndarray, ...]] = []
        self.codes = np.zeros(0, dtype=np.int64)

    def add(self, row: np.ndarray, code: np.ndarray, *values: np.ndarray) -> None:
        """Add cells to new columns, one for each code."""
        column, codes = pd.factorize(code)
        places = (row.astype(np.int32), (column + len(self.codes)).astype(np.int32))
        self.parts.append((*places, *values))
        self.codes = np.append(self.codes, codes)

    def joined(self) -> list[np.ndarray]:
        """Return all rows, columns and values, and forget them: they fill the memory."""
        found = [np.concatenate(arrays) for arrays in zip(*self.parts, strict=True)]
        self.parts.clear()
        return found


def _about(codes: np.ndarray) -> pd.DataFrame:
    """Return of codes the number of the `fact`, of the `cause`, and of both cause and gemeente."""
    key = codes & (1 << 40) - 1
    return pd.DataFrame({"fact": codes >> 40, "cause": key >> 16, "key": key})


def _matrix(
    gemeente: np.ndarray, row: np.ndarray, column: np.ndarray, values: np.ndarray
) -> csr_array:
    """Return values as a matrix of buurten, and of their sums below."""
    shape = (len(gemeente), column.max(initial=-1) + 1)
    if not values.all():
        row, column, values = (x[values != 0] for x in (row, column, values))
    found = csr_array((values.astype(float, copy=False), (row, column)), shape=shape)
    inside = np.flatnonzero(gemeente >= 0)
    places = (gemeente[inside], inside)
    several = (gemeente.max(initial=-1) + 1, len(gemeente))
    sums = csr_array((np.ones(len(inside)), places), shape=several)
    return vstack([found, sums @ found], format="csr")
