"""The kinds of income, cut out of the income that CBS publishes."""

from dataclasses import replace

import numpy as np
import pandas as pd

from wijkboek_utils import flows, ledger, several
from wijkboek_utils.estimates import Estimate
from wijkboek_utils.flows import Flow

# To whom firms and institutions pay what residents cannot have earned.
ELSEWHERE = {
    "inkomen:loon_bedrijven": "bedrijf:loon_elders",
    "inkomen:winst_bedrijven": "bedrijf:winst_elders",
    "inkomen:loon_zorg": "zorg:loon_elders",
    "inkomen:loon_onderwijs": "onderwijs:loon_elders",
}


_SOURCE = ["bron", "bronjaar"]


def with_income(parts: pd.DataFrame, loon: pd.DataFrame) -> pd.DataFrame:
    """Return boekingen with the kinds of income cut out of published income.

    `parts` has the estimated flows of households and firms, `loon` is `households.book_income`, of
    one gemeente or several: where their sources differ, each is cut on its own.
    """
    kinds = parts[parts["post"].str.startswith("inkomen:")]
    alike = [t.groupby("post")[_SOURCE].nunique(dropna=False).le(1) for t in (kinds, loon)]
    if all(table.all(axis=None) for table in alike):  # together takes a tenth of the time
        return ledger.conform(_cut(loon, parts))
    return ledger.conform(several.each(_cut, [loon, parts]))


def _cut(loon: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    kinds = parts["post"].str.startswith("inkomen:")
    buurten = pd.Index(loon["buurt"], name="buurt")
    split = split_income(loon, flows.read(parts[kinds], buurten))
    income = flows.book(split, buurten, int(loon["jaar"].iloc[0]))
    return pd.concat([income, parts[~kinds]], ignore_index=True)


def split_income(inkomen: pd.DataFrame, kinds: list[Flow]) -> list[Flow]:
    """Return the income of households by kind; in each buurt the whole stays what CBS publishes.

    `inkomen` are the boekingen of `households.book_income`, `kinds` estimated ones. What they leave
    is wages and profit from outside the wijk, and is off by what they are off, the other way round.
    Where they are more than there is, they are cut down in proportion and nothing is left.
    """
    known = inkomen.set_index("buurt")
    # A kind that is unknown takes nothing of the income that is published.
    counted = [replace(f, amount=f.amount.zero_where_unknown()) for f in kinds]
    whole, estimated = known["bedrag"].astype(float), flows.total(counted).value
    # Of an income that nobody knows, the kinds are still known by count.
    cut = (whole / estimated).clip(upper=1.0).where(whole.notna() & (estimated > 0), 1.0)
    parts = [replace(f, amount=_whole_cents(f.amount * cut)) for f in kinds]
    taken = flows.total(replace(f, amount=f.amount.zero_where_unknown()) for f in parts)
    moved = [
        replace(f, post=ELSEWHERE[f.post], naar="buitenwereld", amount=f.amount - part.amount)
        for f, part in zip(kinds, parts, strict=True)
        if f.post in ELSEWHERE and (cut < 1).any()
    ]
    rest = _published(known) - taken
    used = tuple(dict.fromkeys(k for f in kinds for k in f.kengetallen))
    methode = known["methode"].astype(str)
    left = Flow(
        "inkomen:loon_en_winst",
        "buitenwereld",
        "huishoudens",
        "werk en inkomen",
        rest.at_least_zero(),
        used,
        known["bron"].to_numpy(),
        known["bronjaar"].to_numpy(),
        methode=methode.mask((taken.value > 0) & (methode == "gemeten"), "geraamd").to_numpy(),
        sleutel=known["sleutel"].to_numpy(object),
        se_bron=known["se_bron"].to_numpy(float),
    )
    return [*parts, *moved, left]


def _whole_cents(amount: Estimate) -> Estimate:
    """Return an amount down to the cent: what rounding leaves is in the rest."""
    return replace(amount, value=np.floor((amount.value * 100).round(4)) / 100)


def _published(known: pd.DataFrame) -> Estimate:
    """Return the boekingen of income per buurt, with the errors that they name."""
    named = flows.named_per_buurt(known, known.index)
    square = known["se"] ** 2 - sum((e**2 for e in named.values()), 0.0)
    return Estimate(known["bedrag"].astype(float), named, np.sqrt(square.clip(lower=0)))
