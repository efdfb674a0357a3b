"""From gross to net: what is left is never negative and never more than there was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plans import KNOWN
from wijkboek_utils import kengetallen
from wijkboek_utils.errors import Fout
from wijkboek_utils.models import netting

IDS = [*netting.FACTORS]
SHARES = st.tuples(*[st.floats(0, 1)] * 3).map(sorted)


def own(**values):
    """Return the kengetallen with other shares: of each id laag, waarde and hoog."""
    source = {"jaar": 2024, "bron": "eigen onderzoek", "vindplaats": "verslag van de wijkraad"}
    given = {
        id: dict(zip(("laag", "waarde", "hoog"), ends, strict=True)) | source
        for id, ends in values.items()
    }
    return kengetallen.load(given)


def test_the_saving_of_the_publication_is_what_the_sources_leave_of_it():
    ours = netting.load(KNOWN)
    assert ours.centraal == pytest.approx(0.54) and ours.voorzichtig == pytest.approx(0.2964)
    assert ours.net(12_000) == pytest.approx(6480)
    assert 12_000 * ours.voorzichtig == pytest.approx(3556.8)
    assert [*ours.factoren] == netting.COLUMNS and [*ours.factoren["kengetal"]] == IDS


@given(st.tuples(*[SHARES] * 4), st.floats(0, 1e9))
def test_net_is_between_nothing_and_gross_whatever_a_pilot_says(shares, bedrag):
    theirs = netting.load(own(**dict(zip(IDS, shares, strict=True))))
    assert 0 <= theirs.voorzichtig <= theirs.centraal <= 1
    assert 0 <= theirs.net(bedrag) <= bedrag


@pytest.mark.parametrize("ends", [(0.1, 0.5, 1.2), (-0.2, 0.1, 0.5), (1.1, 1.2, 1.3)])
def test_a_share_outside_0_to_1_is_refused_by_name(ends):
    with pytest.raises(Fout, match="netto_lek"):
        netting.load(own(netto_lek=ends))


def test_every_share_that_is_taken_off_is_among_the_kengetallen_of_the_report():
    known = own()
    netting.load(known)
    assert {*known.used()["id"]} == {*IDS}
