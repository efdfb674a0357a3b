"""Balance an account: the smallest adjustment, weighed by reliability, that makes it close.

Sources disagree: what households receive is not what they are seen to spend. National accountants
adjust each amount in proportion to its variance until every account closes (Stone, Champernowne &
Meade 1942; Byron 1978): least squares under linear constraints, here with no amount below zero. The
quadratic program is solved exactly by the dual active-set method of Goldfarb & Idnani (1983).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
import quadprog

from wijkboek_utils.errors import Fout
from wijkboek_utils.ledger import SECTOREN

FLAG = 2.0  # standard errors: a larger adjustment says that something is wrong with the source
_FIXED = 1e-6  # EUR: what counts as no standard error
_CLOSES = 0.005  # EUR
_ROOM = 1e-11  # of an amount: rounding in the solver
_RELATIVE = 1e-12  # of the largest amount: what floats can close


@dataclass(frozen=True, eq=False)
class Constraint:
    """`factors` (by row of the flows) times amounts add up to `total`. `naam` is for a message."""

    naam: str
    factors: np.ndarray
    total: float = 0.0


def closing(flows: pd.DataFrame, sectors: Sequence[str] = SECTOREN) -> list[Constraint]:
    """Return the constraints of double entry: per sector what comes in equals what goes out.

    `flows` has `van` and `naar`. A sector without flows has none.
    """
    found = []
    for sector in sectors:
        factors = (flows["naar"] == sector).astype(float) - (flows["van"] == sector).astype(float)
        if factors.any():
            found.append(Constraint(f"de rekening van {sector}", factors.to_numpy()))
    return found


def balance(
    flows: pd.DataFrame, constraints: Sequence[Constraint], loadings: np.ndarray | None = None
) -> pd.DataFrame:
    """Return the flows with `sluitend` (the balanced amount), its `se_sluitend`, and `aanpassing`.

    `flows` has `bedrag` and `se` in EUR; an amount with `se` 0 is exact and stays. `sprong` is the
    adjustment in standard errors, `gemarkeerd` whether it is larger than `FLAG`. The adjustment is
    the smallest in the sense of sum((adjustment / se) ** 2), with no balanced amount below zero.
    Amounts with a cause in common move together: `loadings` (a row per flow, a column per cause)
    says by how many EUR for one standard error of it, as `ledger.factors`; the smallest then is
    over the causes and what each flow has of its own. Raises Fout naming the constraints that
    contradict each other.
    """
    moves = _moves(flows["se"].to_numpy(float), loadings)
    amounts = flows["bedrag"].to_numpy(float)
    solved = balanced(amounts[None], constraints, flows["se"].to_numpy(float), loadings)[0]
    change, se = solved - amounts, flows["se"].to_numpy(float)
    jump = np.divide(change, se, out=np.zeros_like(change), where=se > _FIXED)
    return flows.assign(
        sluitend=solved,
        se_sluitend=_left(constraints, moves),
        aanpassing=change,
        sprong=jump,
        gemarkeerd=np.abs(jump) > FLAG,
    )


def balanced(
    amounts: np.ndarray,
    constraints: Sequence[Constraint],
    se: np.ndarray,
    loadings: np.ndarray | None = None,
    totals: np.ndarray | None = None,
) -> np.ndarray:
    """Return drawn amounts as `balance` balances them: a row for each draw, a column for each flow.

    `totals` says for each draw (row) to what the amounts of each constraint (column) add up, where
    these are not those of the constraints.
    """
    if not (np.isfinite(amounts).all() and (amounts >= 0).all() and (se >= 0).all()):
        raise ValueError("each flow needs an amount of at least 0 and a standard error")
    if totals is None:
        totals = np.tile([c.total for c in constraints], (len(amounts), 1))
    moves = _moves(se, loadings)
    solved = _solve(_factors(constraints, amounts), totals, amounts, moves)
    for failed in np.flatnonzero(np.isnan(solved).any(axis=1)):
        rows = [
            replace(c, total=float(t)) for c, t in zip(constraints, totals[failed], strict=True)
        ]
        raise Fout(_message(_conflict(rows, amounts[failed], moves)))
    return solved


def _factors(rows: Sequence[Constraint], amounts: np.ndarray) -> np.ndarray:
    return np.array([c.factors for c in rows], dtype=float).reshape(len(rows), amounts.shape[-1])


def _left(rows: Sequence[Constraint], moves: np.ndarray) -> np.ndarray:
    """Return the standard errors that are left once the constraints are known to hold."""
    bound = _factors(rows, moves.T) @ moves
    return np.linalg.norm(moves - (moves @ np.linalg.pinv(bound)) @ bound, axis=1)


def _moves(se: np.ndarray, loadings: np.ndarray | None) -> np.ndarray:
    """Return how the amounts (rows) move with each cause and with what is their own (columns)."""
    if loadings is None:
        return np.diag(se)
    own = np.sqrt(np.maximum(se**2 - (loadings**2).sum(axis=1), 0.0))
    return np.hstack([loadings, np.diag(own)])


def _solve(
    factors: np.ndarray, totals: np.ndarray, amounts: np.ndarray, moves: np.ndarray
) -> np.ndarray:
    """Return the amounts that meet the constraints, missing in a draw when none of at least 0 do.

    A row for each draw; `factors` has a row for each constraint, and `totals` a column.
    """
    if not len(factors):
        return amounts.copy()
    loose = np.linalg.norm(moves, axis=1) > _FIXED
    near = np.maximum(_CLOSES, _RELATIVE * amounts.max(axis=1, initial=0.0))
    empty = np.abs(totals - (amounts * ~loose) @ factors.T) <= near[:, None]
    solved = np.full_like(amounts, np.nan)
    for closes in np.unique(empty, axis=0):  # draws in which the same accounts add up to zero
        draws = np.flatnonzero((empty == closes).all(axis=1))
        shut = loose & _shut(np.where(loose, factors, 0.0), closes)
        solved[draws] = _changed(
            factors, totals[draws], amounts[draws] * ~shut, loose & ~shut, moves
        )
    missed = np.abs(totals - solved @ factors.T).max(axis=1, initial=0.0)
    solved[~(missed <= near)] = np.nan
    return solved


def _changed(
    factors: np.ndarray, totals: np.ndarray, start: np.ndarray, free: np.ndarray, moves: np.ndarray
) -> np.ndarray:
    """Return the amounts of draws once those that are `free` have changed to meet the totals."""
    order = np.argsort(-np.linalg.norm(moves[free], axis=1), kind="stable")
    matrix, gaps = _reduced(factors[:, free], (totals - start @ factors.T).T, order)
    used = matrix.any(axis=1)
    if used.any():
        start[:, free] = _nearest(matrix[used], gaps[used].T, start[:, free], moves[free])
    return start


def _shut(matrix: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """Return which amounts must be zero: an account that is only paid to closes at zero only.

    `empty` are the accounts that add up to zero. The solver is spared these: with no room at all,
    rounding makes it find a contradiction.
    """
    shut = np.zeros(matrix.shape[1], dtype=bool)
    while True:
        part = np.where(shut, 0.0, matrix)
        one_way = (part >= 0).all(axis=1) | (part <= 0).all(axis=1)
        more = part[one_way & empty].any(axis=0)
        if not more.any():
            return shut
        shut |= more


def _nearest(
    matrix: np.ndarray, gaps: np.ndarray, starts: np.ndarray, moves: np.ndarray
) -> np.ndarray:
    """Return the amounts from 0 nearest to `starts` that change by `gaps`, in units of `moves`.

    A row for each draw, missing where there are none.
    """
    # In standard errors the program is well scaled: x = start + moves @ z with the smallest |z|.
    # Only lengths and angles of moves count, so as many columns as amounts can hold them.
    moves = np.asarray(np.linalg.qr(moves.T, mode="r")).T
    left = matrix @ moves
    size = np.linalg.norm(left, axis=1)
    if (size <= _FIXED).any():  # what must change moves with nothing
        return np.full_like(starts, np.nan)
    left, right = left / size[:, None], gaps / size
    scale = np.linalg.norm(moves, axis=1)
    step = moves / scale[:, None]
    # Mostly nothing ends below zero, and then the smallest |z| has a closed form.
    found = starts + (moves @ _smallest(left, right.T)).T
    for n in np.flatnonzero((found < 0).any(axis=1)):
        start = starts[n]
        # Accounts that close at zero only when taken together still need room for rounding.
        room = _ROOM * (1 + start / scale)
        z = _program(left, right[n], step, -start / scale - room)
        if z is None:
            found[n] = np.nan
            continue
        # The solver tells which amounts end at zero; the others then follow in closed form.
        zero = start + moves @ z - scale * room <= 0
        wanted = np.concatenate([right[n], -(start / scale)[zero]])
        exact = _smallest(np.vstack([left, step[zero]]), wanted)
        ends = [np.where(zero, 0.0, np.maximum(start + moves @ one, 0.0)) for one in (exact, z)]
        found[n] = min(ends, key=lambda x: np.abs(gaps[n] - matrix @ (x - start)).max())
    return found


def _program(
    left: np.ndarray, right: np.ndarray, step: np.ndarray, least: np.ndarray
) -> np.ndarray | None:
    """Return the shortest z with `left @ z` as `right` and no `step @ z` below `least`, if any."""
    count = left.shape[1]
    bounds, target = np.vstack([left, step]), np.concatenate([right, least])
    try:
        # What is the shortest needs no factors: the identity is its own root.
        told = (np.eye(count), np.zeros(count), bounds.T, target, len(right))
        return quadprog.solve_qp(*told, factorized=True)[0]
    except ValueError as error:
        if "inconsistent" not in str(error):
            raise
        return None


def _smallest(rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the shortest z with `rows @ z` as wanted; of several, a column for each."""
    found = np.zeros((rows.shape[1], *wanted.shape[1:]))
    for _ in range(2):  # the second time takes away the rounding of the first
        found += np.linalg.lstsq(rows, wanted - rows @ found, rcond=None)[0]
    return found


def _reduced(
    matrix: np.ndarray, gaps: np.ndarray, order: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the constraints and their gaps, each of the first of `order` in one row.

    Gauss-Jordan elimination. A row that follows from the others becomes zero. Two accounts that
    share a flow of billions differ in cents only; that is lost once they are in standard errors.
    """
    rows, count = np.hstack([matrix, gaps]), matrix.shape[1]
    todo = np.ones(len(rows), dtype=bool)
    for column in order:
        if not todo.any():
            break
        size = np.abs(rows[:, column]) * todo
        if not size.any():
            continue
        pivot = size.argmax()
        rows[pivot] /= rows[pivot, column]
        others = np.arange(len(rows)) != pivot
        rows[others] -= np.outer(rows[others, column], rows[pivot])
        factors = rows[:, :count]
        factors[np.abs(factors) < 1e-9] = 0.0  # what is left of factors that are no integer
        todo[pivot] = False
    return rows[:, :count], rows[:, count:]


def _conflict(
    rows: Sequence[Constraint], amounts: np.ndarray, moves: np.ndarray
) -> Sequence[Constraint]:
    """Return a smallest set of constraints that cannot hold together with no amount below zero."""
    needed = list(rows)
    for one in rows:
        fewer = [c for c in needed if c is not one]
        if not _possible(fewer, amounts, moves):
            needed = fewer
    # None of these can be missed, but another set may be smaller: that is the one to look at.
    for count in range(1, min(len(needed), 4)):
        for some in combinations(rows, count):
            if not _possible(some, amounts, moves):
                return some
    return needed


def _possible(rows: Sequence[Constraint], amounts: np.ndarray, moves: np.ndarray) -> bool:
    totals = np.array([[c.total for c in rows]])
    return bool(np.isfinite(_solve(_factors(rows, amounts), totals, amounts[None], moves)).all())


def _message(conflict: Sequence[Constraint]) -> str:
    names = ", ".join(c.naam for c in conflict)
    what = "Deze eisen spreken elkaar tegen" if conflict[1:] else "Aan deze eis is niet te voldoen"
    return f"{what}: {names}. Verbeter een van de bedragen, of geef er een ruimere marge aan."
