"""Let ACRO judge random tables, to compare our rules with: writes `uitkomsten.csv` beside it.

Run in an environment of its own: `pip install acro==1.0.2` (AI-SDC, MIT licence), then
`python maak.py`. ACRO asks for pandas 2 and so cannot stand in the environment of this project.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
from acro import ACRO

CELLS = 240


def main() -> None:
    draw = np.random.default_rng(20)
    logging.disable(logging.CRITICAL)
    rows = []
    for cell in range(CELLS):
        # Some even, some lopsided, some of one or two parties.
        amounts = draw.pareto(draw.choice([0.5, 1, 3]), draw.integers(2, 20)) * 100 + 1
        rows += [{"cel": f"c{cell:03d}", "kolom": "a", "bedrag": round(a, 2)} for a in amounts]
    table = pd.DataFrame(rows)
    acro = ACRO(suppress=False)
    acro.crosstab(table["cel"], table["kolom"], values=table["bedrag"], aggfunc="sum")
    checked = acro.results.get_index(0).sdc["cells"]
    names = sorted(table["cel"].unique())
    verdicts = pd.DataFrame({"cel": names})
    for rule in ("MinimumThresholdCheck", "NKCheck", "PPercentCheck"):
        failed = {names[row] for row, _ in checked[rule]}
        verdicts[rule] = [int(name in failed) for name in names]
    parties = table.groupby("cel")["bedrag"].agg(lambda b: " ".join(map(str, b))).rename("bedragen")
    found = verdicts.merge(parties.reset_index(), on="cel")
    found.to_csv(Path(__file__).with_name("uitkomsten.csv"), index=False)


if __name__ == "__main__":
    main()
