"""Balance an account: the smallest adjustment, weighed by reliability, that makes it close.

Sources disagree: what households receive is not what they are seen to spend. National accountants
adjust each amount in proportion to its variance until every account closes (Stone, Champernowne &
Meade 1942; Byron 1978): least squares under linear constraints, here with no amount below zero. The
quadratic program is solved exactly by the dual active-set method of Goldfarb & Idnani (1983).
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
    amounts, se = flows["bedrag"].to_numpy(float), flows["se"].to_numpy(float)
    if not (np.isfinite([amounts, se]).all() and (amounts >= 0).all() and (se >= 0).all()):
        raise ValueError("each flow needs an amount of at least 0 and a standard error")
    moves = _moves(se, loadings)
    solved = _solve(constraints, amounts, moves)
    if solved is None:
        raise Fout(_message(_conflict(constraints, amounts, moves)))
    change = solved - amounts
    jump = np.divide(change, se, out=np.zeros_like(change), where=se > _FIXED)
    return flows.assign(
        sluitend=solved,
        se_sluitend=_left(constraints, moves),
        aanpassing=change,
        sprong=jump,
        gemarkeerd=np.abs(jump) > FLAG,
    )


def _left(rows: Sequence[Constraint], moves: np.ndarray) -> np.ndarray:
    """Return the standard errors that are left once the constraints are known to hold."""
    factors = np.array([c.factors for c in rows]).reshape(len(rows), len(moves))
    bound = factors @ moves
    return np.linalg.norm(moves - (moves @ np.linalg.pinv(bound)) @ bound, axis=1)


def _moves(se: np.ndarray, loadings: np.ndarray | None) -> np.ndarray:
    """Return how the amounts (rows) move with each cause and with what is their own (columns)."""
    if loadings is None:
        return np.diag(se)
    own = np.sqrt(np.maximum(se**2 - (loadings**2).sum(axis=1), 0.0))
    return np.hstack([loadings, np.diag(own)])


def _solve(rows: Sequence[Constraint], amounts: np.ndarray, moves: np.ndarray) -> np.ndarray | None:
    """Return the amounts that meet the constraints, or None when none of at least 0 do."""
    se = np.linalg.norm(moves, axis=1)
    near = max(_CLOSES, _RELATIVE * amounts.max(initial=0.0))
    factors = np.array([c.factors for c in rows]).reshape(len(rows), len(amounts))
    total = np.array([c.total for c in rows])
    free = se > _FIXED
    shut = free & _shut(np.where(free, factors, 0.0), total - factors @ (amounts * ~free), near)
    free &= ~shut
    solved = np.where(shut, 0.0, amounts)
    gap = total - factors @ solved
    reduced = _reduced(factors[:, free], gap, np.argsort(-se[free], kind="stable"))
    matrix, left = reduced[:, :-1], reduced[:, -1]
    used = matrix.any(axis=1)
    if used.any():
        found = _nearest(matrix[used], left[used], solved[free], moves[free])
        if found is None:
            return None
        solved[free] = found
    return solved if np.abs(total - factors @ solved).max(initial=0.0) <= near else None


def _shut(matrix: np.ndarray, right: np.ndarray, near: float) -> np.ndarray:
    """Return which amounts must be zero: an account that is only paid to closes at zero only.

    The solver is spared these: with no room at all, rounding makes it find a contradiction.
    """
    shut = np.zeros(matrix.shape[1], dtype=bool)
    while True:
        part = np.where(shut, 0.0, matrix)
        one_way = (part >= 0).all(axis=1) | (part <= 0).all(axis=1)
        more = part[one_way & (np.abs(right) <= near)].any(axis=0)
        if not more.any():
            return shut
        shut |= more


def _nearest(
    matrix: np.ndarray, gap: np.ndarray, start: np.ndarray, moves: np.ndarray
) -> np.ndarray | None:
    """Return the amounts from 0 nearest to `start` that change by `gap`, in units of `moves`."""
    # In standard errors the program is well scaled: x = start + moves @ z with the smallest |z|.
    moves = moves[:, moves.any(axis=0)]
    left = matrix @ moves
    size = np.linalg.norm(left, axis=1)
    if (size <= _FIXED).any():  # what must change moves with nothing
        return None
    left, right = left / size[:, None], gap / size
    scale = np.linalg.norm(moves, axis=1)
    step = moves / scale[:, None]
    # Mostly nothing ends below zero, and then the smallest |z| has a closed form.
    exact = _smallest(left, right)
    if (start + moves @ exact >= 0).all():
        return start + moves @ exact
    # Accounts that close at zero only when taken together still need room for rounding.
    room = _ROOM * (1 + start / scale)
    count = moves.shape[1]
    bounds = np.vstack([left, step])
    target = np.concatenate([right, -start / scale - room])
    try:
        z = quadprog.solve_qp(np.eye(count), np.zeros(count), bounds.T, target, meq=len(gap))[0]
    except ValueError as error:
        if "inconsistent" not in str(error):
            raise
        return None
    # The solver tells which amounts end at zero; the others then follow in closed form.
    zero = start + moves @ z - scale * room <= 0
    wanted = np.concatenate([right, -(start / scale)[zero]])
    exact = _smallest(np.vstack([left, step[zero]]), wanted)
    found = [np.where(zero, 0.0, np.maximum(start + moves @ one, 0.0)) for one in (exact, z)]
    return min(found, key=lambda x: np.abs(gap - matrix @ (x - start)).max())


def _smallest(rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the shortest z with `rows @ z` as wanted."""
    found = np.zeros(rows.shape[1])
    for _ in range(2):  # the second time takes away the rounding of the first
        found += np.linalg.lstsq(rows, wanted - rows @ found, rcond=None)[0]
    return found


def _reduced(matrix: np.ndarray, gap: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return the constraints with `gap` as last column, each of the first of `order` in one row.

    Gauss-Jordan elimination. A row that follows from the others becomes zero. Two accounts that
    share a flow of billions differ in cents only; that is lost once they are in standard errors.
    """
    rows = np.column_stack([matrix, gap])
    todo = np.ones(len(rows), dtype=bool)
    for column in order:
        size = np.abs(rows[:, column]) * todo
        if not size.any():
            continue
        pivot = size.argmax()
        rows[pivot] /= rows[pivot, column]
        others = np.arange(len(rows)) != pivot
        rows[others] -= np.outer(rows[others, column], rows[pivot])
        rows[:, :-1][np.abs(rows[:, :-1]) < 1e-9] = (
            0.0  # what is left of factors that are no integer
        )
        todo[pivot] = False
    return rows


def _conflict(
    rows: Sequence[Constraint], amounts: np.ndarray, moves: np.ndarray
) -> Sequence[Constraint]:
    """Return a smallest set of constraints that cannot hold together with no amount below zero."""
    needed = list(rows)
    for one in rows:
        fewer = [c for c in needed if c is not one]
        if _solve(fewer, amounts, moves) is None:
            needed = fewer
    # None of these can be missed, but another set may be smaller: that is the one to look at.
    for count in range(1, min(len(needed), 4)):
        for some in combinations(rows, count):
            if _solve(some, amounts, moves) is None:
                return some
    return needed


def _message(conflict: Sequence[Constraint]) -> str:
    names = ", ".join(c.naam for c in conflict)
    what = "Deze eisen spreken elkaar tegen" if conflict[1:] else "Aan deze eis is niet te voldoen"
    return f"{what}: {names}. Verbeter een van de bedragen, of geef er een ruimere marge aan."
