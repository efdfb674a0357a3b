"""The columns of every published table over time: what users may count on.

`tests/golden/kolommen.csv` has a row for each column that a release ever had: `tabel`, `kolom`,
`type`, `sinds` (the release it came with) and `weg` (the release it went with, or empty). A column
that gets another name or type goes, and another comes.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

WHAT = ["tabel", "kolom", "type"]
HISTORY = [*WHAT, "sinds", "weg"]
WITHDRAWN = "Vervallen"
_AREA = re.compile(r"(BU|WK|GM)\w+")
_RELEASE = re.compile(r"^## (\d+\.\d+\.\d+)(.*)$", re.M)


def published(reports: Iterable[Path]) -> pd.DataFrame:
    """Return `WHAT` of the tables of some reports, as their csv-metadata.json describes them.

    The buurten of a report, where they are columns, count as one. A type that differs between
    reports, because one of them has no figures there, is named in full: `double|string`.
    """
    rows: dict[tuple[str, str], set[str]] = {}
    for folder in reports:
        described = json.loads((folder / "audit/csv-metadata.json").read_text(encoding="utf-8"))
        for table in described["tables"]:
            for column in table["tableSchema"]["columns"]:
                name = "(buurt)" if _AREA.fullmatch(column["name"]) else column["name"]
                kind = column["datatype"]
                kind = kind if isinstance(kind, str) else kind["base"]
                rows.setdefault((table["url"].removesuffix(".csv"), name), set()).add(kind)
    found = [(*key, "|".join(sorted(kinds))) for key, kinds in rows.items()]
    return pd.DataFrame(found, columns=WHAT).sort_values(WHAT, ignore_index=True)


def releases(changelog: str) -> dict[str, str]:
    """Return the text of each release of a changelog, the newest first."""
    parts = _RELEASE.split(changelog)
    return dict(zip(parts[1::3], parts[3::3], strict=True))


def section(release: str, heading: str) -> str:
    """Return what stands under a heading of a release; nothing where there is none."""
    found = re.search(rf"^### {heading}\n(.*?)(?=^### |\Z)", release, re.M | re.S)
    return found[1] if found else ""


def faults(history: pd.DataFrame, now: pd.DataFrame, changelog: str) -> list[str]:
    """Return what breaks the promise: a column that is there or gone without being said.

    A column may go when an earlier release than the one it goes with names it, as `tabel.kolom`,
    under *Vervallen*.
    """
    said = releases(changelog)
    order = list(said)[::-1]
    there = {tuple(r) for r in history.loc[history["weg"] == "", WHAT].itertuples(index=False)}
    new = {tuple(r) for r in now[WHAT].itertuples(index=False)}
    found = [f"{t}.{k} ({s}) is er, maar staat niet in kolommen.csv" for t, k, s in new - there]
    found += [f"{t}.{k} ({s}) is weg zonder aankondiging" for t, k, s in there - new]
    for row in history[history["weg"] != ""].itertuples():
        before = order[: order.index(row.weg)] if row.weg in order else []
        announced = any(f"`{row.tabel}.{row.kolom}`" in section(said[v], WITHDRAWN) for v in before)
        if not announced:
            found.append(f"{row.tabel}.{row.kolom} ging met {row.weg}, zonder aankondiging ervoor")
    return sorted(found)


def updated(history: pd.DataFrame, now: pd.DataFrame, version: str) -> pd.DataFrame:
    """Return the history with the columns of now: what came and went, did so in this version.

    A column that came and went before it was released leaves no trace.
    """
    kept = history.merge(now[WHAT].assign(there=True), on=WHAT, how="outer")
    gone = kept["there"].isna() & kept["weg"].fillna("").eq("") & kept["sinds"].notna()
    kept = kept[~(gone & kept["sinds"].eq(version))]
    gone = gone.loc[kept.index]
    kept["weg"] = kept["weg"].fillna("").where(~gone, version)
    kept["sinds"] = kept["sinds"].fillna(version)
    return kept[HISTORY].sort_values(HISTORY, ignore_index=True)


def version_of(history: pd.DataFrame) -> str:
    """Return the version of the tables: of the last release in which a column came or went."""
    moments = {*history["sinds"], *history["weg"]} - {""}
    last = max(moments, key=lambda v: [int(part) for part in v.split(".")])
    return ".".join(last.split(".")[:2])
