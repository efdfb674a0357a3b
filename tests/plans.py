"""Made-up budgets and activities in the columns of notebook 06, for tests."""

from typing import Any

import pandas as pd

from wijkboek_utils import kengetallen
from wijkboek_utils.local import booking

KNOWN = kengetallen.load()
BUDGET = {"naam": "Wijkbudget", "houder": "gemeente", "doel": "groen", "bedrag": 1000, "jaar": 2026}
PLAN = {"naam": "Plan", "resultaat": "iets goeds", "kosten": 1000, "begin": 2026, "jaren": 1}


def budgets(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return the table budgetten, one row for each of `rows`; what is not given is `BUDGET`."""
    return _table("budget", [BUDGET | row for row in rows])


def activities(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return the table activiteiten, one row for each of `rows`; what is not given is `PLAN`."""
    return _table("activiteit", [PLAN | row for row in rows])


def _table(kind: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    types = {**booking.columns(kind), "bron": "str"}
    return pd.DataFrame(rows, columns=[*types]).astype(types)
