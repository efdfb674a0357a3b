"""Keep beside the pages what only a rendered report knows: its columns, and what weighs in it.

Run `python -m docs.meten [project]` after `wijkboek render --all`. A test compares what is kept
with a rendering of its own, so that the pages never say something else than the reports.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import yaml

from wijkboek_utils import exports, ledger, regions, sources, wijkrekening
from wijkboek_utils.balance import balanced

HERE = Path(__file__).parent / "onderzoekers"
WIDEST = ["string", "double", "integer", "boolean"]  # where pilots differ, the first
MOST = 8  # causes of each figure
# The figures of the report of which we say what makes them unsure.
FIGURES = {"lek wijk": "lek van de wijk", "multiplier huishoudens": "multiplier van huishoudens"}


class Tables(NamedTuple):
    """A rendered pilot and its tables, by name."""

    pilot: str
    tables: dict[str, pd.DataFrame]


def rendered(project: Path) -> Iterator[Tables]:
    """Yield the pilots of a project that were rendered, in order, with their tables."""
    for pilot in sorted(path.stem for path in (project / "pilots").glob("*.yml")):
        paths = sorted((project / "data" / "processed" / pilot).glob("*.parquet"))
        if paths:
            yield Tables(pilot, {path.stem: pd.read_parquet(path) for path in paths})


def columns(project: Path) -> pd.DataFrame:
    """Return the columns of all tables of the reports: `tabel`, `kolom`, `soort`.

    They come from the CSVW beside each report. Columns that differ per area, such as one for each
    buurt, have one row with a `*`; `soort` is the datatype.
    """
    words = exports.Words(sources.read_project_table("kolommen"))
    found: dict[tuple[str, str], str] = {}
    for path in sorted((project / "reports").glob("*/audit/csv-metadata.json")):
        for table in json.loads(path.read_text(encoding="utf-8"))["tables"]:
            name = table["url"].removesuffix(".csv")
            for column in table["tableSchema"]["columns"]:
                kind = column["datatype"]
                kind = kind if isinstance(kind, str) else kind["base"]
                place = name, words.column(name, column["name"])["kolom"]
                found[place] = min(found.get(place, kind), kind, key=WIDEST.index)
    frame = pd.DataFrame([(*place, kind) for place, kind in found.items()])
    frame.columns = pd.Index(["tabel", "kolom", "soort"])
    return frame.sort_values("tabel", kind="stable", ignore_index=True)


def causes(project: Path) -> pd.DataFrame:
    """Return what makes the figures of each pilot most unsure.

    Each cause is moved by one standard error, the account is closed again, and the figure computed
    anew. One row for a pilot, a figure and a cause: `pilot`, `gebied` (its name), `figuur`,
    `waarde`, `laag`, `hoog` (as the report has them), `oorzaak` and `verschil`, the largest first.
    """
    parts = []
    for pilot, tables in rendered(project):
        told = yaml.safe_load((project / "pilots" / f"{pilot}.yml").read_text(encoding="utf-8"))
        area = regions.area(tables["gebied"])
        moved = _moved(*wijkrekening.lines(ledger.conform(tables["grootboek"]), area))
        ranges = tables["rondgang"].set_index("figuur")
        for figure in FIGURES:
            largest = moved[figure].abs().sort_values(ascending=False, kind="stable").index[:MOST]
            facts = (pilot, told["naam"], figure, *ranges.loc[figure, ["waarde", "laag", "hoog"]])
            parts += [(*facts, cause, moved.loc[cause, figure]) for cause in largest]
    heads = ["pilot", "gebied", "figuur", "waarde", "laag", "hoog", "oorzaak", "verschil"]
    return pd.DataFrame(parts, columns=heads).round(4)


def _moved(flows: pd.DataFrame, loadings: pd.DataFrame) -> pd.DataFrame:
    """Return how far each cause (rows) moves the figures of the closed account (columns)."""
    rules, rows = wijkrekening.constraints(flows), flows.reset_index()
    shifts = np.vstack([np.zeros(len(flows)), loadings.to_numpy().T])
    drawn = np.maximum(flows["bedrag"].to_numpy() + shifts, 0.0)
    own = [drawn @ r.factors if r.naam == wijkrekening.INCOME else 0 * drawn[:, 0] for r in rules]
    moves = rows["se"].to_numpy(float), loadings.to_numpy()
    closed = balanced(drawn, rules, *moves, np.array(own).T)
    found = wijkrekening.round_the_wijk(rows, closed)[list(FIGURES)]
    return (found.iloc[1:] - found.iloc[0]).set_axis(loadings.columns)


def main(project: Path) -> None:
    """Write both tables beside the pages of researchers."""
    for name, table in {"kolommen": columns(project), "oorzaken": causes(project)}.items():
        table.to_csv(HERE / f"{name}.csv", index=False, lineterminator="\n")
        print(f"{HERE / name}.csv: {len(table)} regels")


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else "."))
