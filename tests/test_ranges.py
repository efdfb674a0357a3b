"""Values with a range: draws, what moves together, and what one value does alone."""

import numpy as np
import pytest

from tests.wijkbedrijf import KNOWN
from wijkboek_utils.errors import Fout
from wijkboek_utils.models import ranges
from wijkboek_utils.models.ranges import Estimate

LOPSIDED = Estimate(10.0, 8.0, 20.0, "scheef")


def test_draws_have_the_value_in_the_middle_and_its_ends_at_one_in_twenty():
    drawn = LOPSIDED.drawn(200_000)
    assert np.quantile(drawn, [0.05, 0.5, 0.95]) == pytest.approx([8, 10, 20], rel=0.01)


def test_what_rests_on_one_kengetal_moves_together_and_other_things_do_not():
    first, twice = LOPSIDED.drawn(500), LOPSIDED.times(2).drawn(500)
    assert twice == pytest.approx(2 * first)
    other = Estimate(10.0, 8.0, 20.0, "iets anders").drawn(500)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.2
    assert (LOPSIDED.drawn(500) == first).all()
    assert (LOPSIDED.drawn(500, seed=1) != first).any()


def test_times_less_than_nothing_turns_the_range_round():
    turned = LOPSIDED.times(-1)
    assert (turned.laag, turned.waarde, turned.hoog) == (-20, -10, -8)


def test_a_share_stays_a_share_and_a_certain_value_does_not_move():
    share = ranges.of(KNOWN.get("wijkbedrijf_declarabel", ranges.SHARE))
    wide = Estimate(share.waarde, 0.1, 1.5, hoogst=share.hoogst)
    assert wide.drawn(5000).min() >= 0 and wide.drawn(5000).max() == 1
    assert set(ranges.certain(3.0).drawn(10)) == {3.0}
    assert ranges.WHOLE.drawn(3).tolist() == [1, 1, 1]


def test_a_band_holds_the_plan_also_when_the_draws_do_not():
    assert ranges.band(5.0, np.array([1.0, 2.0, 3.0])) == (pytest.approx(1.1), 5.0)


def test_the_tornado_of_a_sum_is_the_width_of_each_part_largest_first():
    values = {
        "a": Estimate(10.0, 9.0, 12.0, "k1"),
        "b": Estimate(5.0, 0.0, 6.0, "k2"),
        "ook b": Estimate(1.0, 0.0, 2.0, "k2"),
        "vast": ranges.certain(100.0),
    }
    table = ranges.tornado(values, lambda v: sum(v.values()), {"k2": "de tweede"})
    assert table["kengetal"].tolist() == ["k2", "k1"]
    assert table["naam"].tolist() == ["de tweede", "k1"]
    assert table["bij_laag"].tolist() == [110, 115] and table["bij_hoog"].tolist() == [118, 118]
    assert table["verschil"].tolist() == [8, 3]
    assert ranges.tornado({}, lambda v: np.zeros(0), {}).columns.tolist() == table.columns.tolist()


def test_a_tornado_asks_what_it_would_hear_one_set_at_a_time():
    values = {n: Estimate(v, v - 1.0, v + 2.0, f"k{v % 3}") for v, n in enumerate("abcde")}
    table = ranges.tornado(values, lambda v: v["a"] * v["b"] - v["c"] / (v["d"] + v["e"]), {})
    for row in table.itertuples():
        for end, found in (("laag", row.bij_laag), ("hoog", row.bij_hoog)):
            v = {
                n: getattr(e, end) if e.mee == row.kengetal else e.waarde for n, e in values.items()
            }
            assert found == pytest.approx(v["a"] * v["b"] - v["c"] / (v["d"] + v["e"]))


def test_the_bands_of_some_values_are_those_of_each():
    drawn = np.random.default_rng(1).normal(size=(4, 200))
    middle = np.array([0.0, -9.0, 9.0, 0.5])
    for n, found in enumerate(zip(*ranges.bands(middle, drawn), strict=True)):
        assert found[1:] == pytest.approx(ranges.band(middle[n], drawn[n]))


def test_a_kengetal_in_another_unit_is_refused_by_name():
    with pytest.raises(Fout, match="wijkbedrijf_tarief is in «euro per uur»"):
        ranges.read(KNOWN, {"tarief": "euro per dag"}, "wijkbedrijf_")
