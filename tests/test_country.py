"""A gemeente gets the same figures, read alone or cut from those of the whole country."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import brondata, ophalen
from tests.bronserver import BronServer
from tests.test_scale import improved
from wijkboek_utils import cbs, iv3, odata, remember, sources
from wijkboek_utils.errors import Fout

CODES = ["GM0344", "GM0202", "GM0080"]
IV3 = "iv3-2023-jaarrekening"


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """Return a project that fetched the whole country, of which nothing is held yet."""
    ophalen.settle(tmp_path, monkeypatch.setattr)
    tables = [improved(t) if t.id == "45063NED" else t for t in brondata.embedded()]
    with BronServer(tables, page_rows=5000) as server:
        results = ophalen.pull(server, "kwb-2023", "kwb-2024", IV3, scope="NL")
        assert not any(r.failed for r in results)
    monkeypatch.setattr(cbs, "_whole", {})
    monkeypatch.setattr(iv3, "_whole", {})
    yield tmp_path
    monkeypatch.undo()
    ophalen.forget()


def read() -> list[pd.DataFrame]:
    """Return what the readers give of each gemeente and of the country."""
    remember.forget()
    parts = [[cbs.read_kwb(g), cbs.indicators(g, 2023), iv3.read(g, 2023)] for g in CODES]
    return [cbs.read_country(), *(table for part in parts for table in part)]


def test_a_gemeente_cut_from_the_country_is_the_gemeente_read_alone(fetched, monkeypatch):
    alone = read()
    cbs.hold()
    iv3.hold()
    assert len(cbs._whole) == 2 and len(iv3._whole) == 1
    monkeypatch.setattr(sources, "read_parquet", None)  # nothing is read any more
    for one, other in zip(alone, read(), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert not alone[0].empty


def test_a_gemeente_without_rows_in_the_country_has_none(fetched):
    (source,) = sources.vintages("iv3")
    alone = iv3.fetched(source, "GM9998")
    cbs.hold()
    iv3.hold()
    assert alone.empty and iv3.fetched(source, "GM9998").empty
    with pytest.raises(Fout, match="wijkboek fetch GM9998"):
        cbs.read_kwb("GM9998")


def plain(source: sources.Source, gemeente: str) -> pd.DataFrame:
    """Return the accounts of a gemeente as one would add them up by hand."""
    about = odata.described(pq.read_schema(source.path))
    first, second = iv3.measures(odata.topics(about), source.table or "")
    rows = pq.read_table(source.path).to_pandas()
    rows = rows[rows["Gemeenten"].str.strip() == gemeente]
    again = rows[second].replace(iv3.NO_FIGURE, np.nan)
    amount = again if (again.fillna(0) != 0).any() else rows[first].replace(iv3.NO_FIGURE, np.nan)
    rows = rows.assign(bedrag=amount * 1000, code=rows["TaakveldBalanspost"].str.strip())
    kinds = {"lasten": r"L", "baten": r"B", "salarissen": r"L1\.1\s*$"}
    parts = {name: rows[rows["Categorie"].str.match(start)] for name, start in kinds.items()}
    sums = {name: part.groupby("code")["bedrag"].sum(min_count=1) for name, part in parts.items()}
    found = pd.DataFrame(sums)
    found = found[[code[0].isdigit() for code in found.index]]
    return found.assign(lasten=found["lasten"].fillna(0), baten=found["baten"].fillna(0))


@pytest.mark.parametrize("code", [*CODES, "GM9999"])
def test_accounts_are_what_one_adds_up_by_hand(fetched, code):
    (source,) = sources.vintages("iv3")
    found = iv3.fetched(source, code).set_index("taakveld")[["lasten", "baten", "salarissen"]]
    wanted = plain(source, code)
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, check_names=False)
    every = iv3.fetched(source)
    both = every[every["gemeente"] == code].set_index("taakveld")[found.columns]
    pd.testing.assert_frame_equal(found, both, check_exact=True)


def test_the_file_of_the_country_is_proven_before_its_rows_are_used(fetched):
    (source,) = sources.vintages("iv3")
    source.path.write_bytes(source.path.read_bytes()[:-1] + b"x")
    remember.forget()
    with pytest.raises(Fout, match="veranderd"):
        iv3.read("GM0344", 2023)
    with pytest.raises(Fout, match="veranderd"):
        iv3.hold()


# The choice of a year, beside the rule as one would write it down.


def chosen(kwb: pd.DataFrame, jaar: int) -> dict[str, int]:
    known = kwb.dropna(subset="waarde")
    found = {}
    for topic, rows in known.groupby("onderwerp"):
        if (rows["soort"] == "Buurt").any():
            rows = rows[rows["soort"] == "Buurt"]
        found[topic] = min(rows["jaar"], key=lambda year: (year > jaar, abs(year - jaar)))
    return found


FIGURES = st.tuples(
    st.sampled_from("abcd"),
    st.integers(2017, 2026),
    st.sampled_from(["Buurt", "Wijk", "Gemeente"]),
    st.sampled_from([0.0, 1.0, np.nan]),
)


@given(st.lists(FIGURES, max_size=30), st.integers(2016, 2027))
def test_the_year_of_each_topic_follows_the_rule(rows, jaar):
    kwb = pd.DataFrame(rows, columns=["onderwerp", "jaar", "soort", "waarde"])
    kwb = kwb.astype({"onderwerp": "str", "soort": "str", "waarde": float, "jaar": int})
    found = cbs.choose_years(kwb, jaar)
    assert json.loads(found.to_json()) == chosen(kwb, jaar)
    assert found.index.is_monotonic_increasing and found.name == "jaar"
