"""Formulas over figures: numbers, topics, `+ - * /` and brackets, as in the project's tables."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

_WORK: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def work_out(formula: str, figures: pd.DataFrame) -> np.ndarray | None:
    """Return a formula over figures with a column per topic, in the order of their rows.

    Nothing is below zero, and what is divided by nothing is unknown. None when a topic is not there
    at all, or when no row is known.
    """
    compute, topics = _compiled(formula)
    if not all(topic in figures for topic in topics):
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        found = compute({topic: figures[topic].to_numpy(dtype=float) for topic in topics})
    values = np.where(np.isfinite(found), np.maximum(found, 0.0), np.nan)
    return None if np.isnan(values).all() else values


def compute(formula: str, figures: Mapping[str, Any]) -> Any:
    """Return a formula over anything that can be added, multiplied and so on, by topic."""
    return _compiled(formula)[0](figures)


@cache
def topics_of(formula: str) -> frozenset[str]:
    """Return the CBS names that a formula uses."""
    return frozenset(re.findall(r"[A-Za-z_]\w*", formula))


@cache
def _compiled(formula: str) -> tuple[Callable[[Mapping[str, np.ndarray]], Any], list[str]]:
    """Return what computes a formula from figures by topic, and the topics that it needs.

    There are a few hundred, and each is asked for in every gemeente and year: reading one takes far
    longer than computing it.
    """
    body = ast.parse(formula.strip(), mode="eval").body
    names = [node.id for node in ast.walk(body) if isinstance(node, ast.Name)]
    return partial(_compute, body), list(dict.fromkeys(names))


def _compute(node: ast.expr, figures: Mapping[str, np.ndarray]) -> Any:
    match node:
        case ast.Constant(value=float() | int() as number):
            return number
        case ast.Name(id=topic):
            return figures[topic]
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _WORK:
            return _WORK[type(sign)](_compute(left, figures), _compute(right, figures))
    raise ValueError(f"in een formule kan dit niet: {ast.unparse(node)}")
