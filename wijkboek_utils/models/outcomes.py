"""What a reader asks of plans that were computed: from gross to net, and what matters most."""

import pandas as pd

from wijkboek_utils.kengetallen import Kengetal
from wijkboek_utils.models import cashflow, simulate
from wijkboek_utils.models.netting import Netting
from wijkboek_utils.models.plans import Plans

STEPS = {"stap": "str", "centraal": "float64", "voorzichtig": "float64", "kengetal": "str"}
GROSS, CHANCE = "als alles lukt (bruto)", "de kans dat het lukt, en wat door een ander komt"
SENSITIVITY = {
    "activiteit": "str",
    "kengetal": "str",
    "naam": "str",
    "bij_laag": "float64",
    "bij_hoog": "float64",
    "verschil": "float64",
}
MOST = 3  # plans of which we tell what matters


def steps(besparingen: pd.DataFrame, netting: Netting) -> pd.DataFrame:
    """Return `STEPS`: what is left of a saving after each step, in EUR over all its years.

    The first row is gross, the last net: `centraal` and `voorzichtig`. `kengetal` is what a step
    rests on, missing where it is in the plans themselves.
    """
    gross, left = float(besparingen["bruto"].sum()), float(besparingen["verwacht"].sum())
    rows: list[tuple[str, float, float, str | None]] = [
        (GROSS, gross, gross, None),
        (CHANCE, left, left, None),
    ]
    for factor in netting.factoren.itertuples():
        _, central, cautious, _ = rows[-1]
        central, cautious = central * (1 - factor.centraal), cautious * (1 - factor.voorzichtig)
        rows.append((factor.naam, central, cautious, factor.kengetal))
    return cashflow.frame(rows, STEPS)


def sensitivity(
    plans: Plans, netting: Netting, voet: Kengetal, oordeel: pd.DataFrame
) -> pd.DataFrame:
    """Return `SENSITIVITY` of the plans that are worth most: `simulate.tornado` of each.

    `oordeel` as `cashflow.judge`; a plan of which the value is not known has none.
    """
    known = oordeel.dropna(subset="contante_waarde")
    best = known.sort_values("contante_waarde", ascending=False, kind="stable").head(MOST)
    found = [
        simulate.tornado(plans, netting, voet, name).assign(activiteit=name)
        for name in best["activiteit"]
    ]
    if not found:
        return cashflow.frame([], SENSITIVITY)
    return pd.concat(found, ignore_index=True)[[*SENSITIVITY]].astype(SENSITIVITY)
