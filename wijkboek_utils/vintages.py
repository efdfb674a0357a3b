"""What changed between two vintages of a table: areas, columns and values, in plain words."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from wijkboek_utils import dutch, odata, sources
from wijkboek_utils.sources import Source

_EXAMPLES = 3


def compare(old: Source, new: Source) -> list[str]:
    """Return in Dutch what changed from `old` to `new`, a line each; empty when nothing did."""
    if new.series == "grenzen":
        return _shapes(old, new)
    (before, was), (after, now) = _read(old), _read(new)
    keys, earlier = (
        [c for c in frame if isinstance(frame[c].dtype, pd.CategoricalDtype)]
        for frame in (after, before)
    )
    if set(keys) != set(earlier):
        return [f"anders ingedeeld: was {dutch.join(earlier)}, is nu {dutch.join(keys)}"]
    region = next((k for k in keys if _is_region(after[k])), None)
    here, there = _same_rows(before, after, keys)
    lines = [*_units(was, now), *_sets("kolom", "kolommen", set(before), set(after))]
    if region:
        codes = [set(f[region].cat.categories) for f in (before, after)]
        lines = [*_sets("gebied", "gebieden", *codes), *lines]
    for name in [c for c in after if c in before and c not in keys]:
        areas = after[region or keys[0]].iloc[there]
        lines += _values(name, before[name].iloc[here], after[name].iloc[there], areas)
    return lines


def _read(source: Source) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a fetched table and its topics.

    The rows have a column a dimension (category, without the spaces that CBS pads keys with) and a
    column a topic, named by title and path: numbers of columns differ between vintages.
    """
    about = odata.described(pq.read_schema(source.path))
    keys = odata.dimensions(about)
    topics = odata.topics(about)
    rows = sources.read_parquet(source, columns=[*keys, *topics["key"]], coded=keys)
    rows = rows.unify_dictionaries()
    path = topics["pad"].where(topics["pad"] != "", "-")
    topics["naam"] = topics["titel"] + " (" + path + ")"
    # Two of the same name can only be told apart by their number.
    twice = topics["naam"].duplicated(keep=False)
    topics.loc[twice, "naam"] += " " + topics["key"]
    frame = rows.select(topics["key"].tolist()).to_pandas()
    frame.columns = topics["naam"]
    for key in keys:  # by code and not as text: Iv3 has two million rows
        column = rows[key].to_pandas()
        frame[key] = column.cat.rename_categories(column.cat.categories.str.strip())
    return frame, topics


def _is_region(column: pd.Series) -> bool:
    return column.cat.categories.str.match(r"(GM|WK|BU)\d{4}").any()


def _same_rows(before: pd.DataFrame, after: pd.DataFrame, keys: list[str]) -> tuple[Any, Any]:
    """Return the places of the rows that both tables have, in the same order."""
    known = {key: before[key].cat.categories.union(after[key].cat.categories) for key in keys}
    numbers = []
    for frame in (before, after):
        number = np.zeros(len(frame), dtype=np.int64)
        for key, words in known.items():
            places = words.get_indexer(frame[key].cat.categories)
            number = number * len(words) + places[frame[key].cat.codes]
        numbers.append(number)
    if np.array_equal(numbers[0], numbers[1]):  # nearly always, and cheaper for millions of rows
        return slice(None), slice(None)
    _, here, there = np.intersect1d(numbers[0], numbers[1], assume_unique=True, return_indices=True)
    return here, there


def _sets(one: str, more: str, before: set[str], after: set[str]) -> Iterator[str]:
    for words, found in (("nieuw", after - before), ("vervallen", before - after)):
        if found:
            shown = ", ".join(sorted(found)[:_EXAMPLES])
            rest = ", …" if len(found) > _EXAMPLES else ""
            yield f"{words}: {dutch.plural(len(found), one, more)} ({shown}{rest})"


def _units(was: pd.DataFrame, now: pd.DataFrame) -> Iterator[str]:
    both = was.merge(now, on="naam", suffixes=("_oud", "_nieuw"))
    for row in both[both["eenheid_oud"] != both["eenheid_nieuw"]].itertuples():
        yield f"{row.naam}: eenheid was {row.eenheid_oud}, is nu {row.eenheid_nieuw}"


def _values(name: str, before: pd.Series, after: pd.Series, areas: pd.Series) -> Iterator[str]:
    """Yield how many values of a topic are new, gone or different, with the largest difference.

    The rows of the three belong together by their order.
    """
    old, new = before.to_numpy(), after.to_numpy()
    was, now = before.notna().to_numpy(), after.notna().to_numpy()
    other = was & now & (old != new)
    counts = {"nieuw": now & ~was, "vervallen": was & ~now, "gewijzigd": other}
    parts = [
        f"{dutch.plural(int(found.sum()), 'cijfer', 'cijfers')} {word}"
        for word, found in counts.items()
        if found.any()
    ]
    if not parts:
        return
    example = ""
    if other.any() and all(pd.api.types.is_numeric_dtype(x.dtype) for x in (before, after)):
        most = np.flatnonzero(other)[np.abs(new[other] - old[other]).argmax()]
        figures = [dutch.number(x[most], _decimals(x[most])) for x in (old, new)]
        example = f"; het meest bij {areas.iloc[most]}: was {figures[0]}, is nu {figures[1]}"
    yield f"{name}: {', '.join(parts)}{example}"


def _decimals(value: float) -> int:
    return 0 if float(value).is_integer() else 1


def _shapes(old: Source, new: Source) -> list[str]:
    """Return which buurten came, went, or got another boundary."""
    frames = [sources.read_parquet(s).to_pandas().set_index("id") for s in (old, new)]
    before, after = [f.set_index("buurtcode", append=True)["geometry"] for f in frames]
    codes = [set(s.index.get_level_values("buurtcode")) for s in (before, after)]
    lines = list(_sets("buurt", "buurten", *codes))
    a, b = [s.groupby("buurtcode").agg(lambda x: sorted(x)) for s in (before, after)]
    common = a.index.intersection(b.index)
    moved = common[np.array([a[c] != b[c] for c in common], dtype=bool)]
    if len(moved):
        shown = ", ".join(moved[:_EXAMPLES])
        lines.append(f"andere grens: {dutch.plural(len(moved), 'buurt', 'buurten')} ({shown})")
    return lines
