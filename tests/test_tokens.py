"""Codes of contributors: only their checksum is kept, guessing is limited, revoking works."""

import pytest

from wijkboek_utils.errors import Fout
from wijkboek_utils.inbox import database, tokens


@pytest.fixture
def base(tmp_path):
    with database.connection(tmp_path / "inbox.sqlite") as one:
        yield one


def test_a_code_lets_its_owner_in_and_stands_nowhere(base, tmp_path):
    code = tokens.give(base, "Natuurclub", "bijdrager", "utrecht-kanaleneiland")
    person = tokens.log_in(base, f" {code}\n", "a")
    assert (person.name, person.role, person.pilot) == (
        "Natuurclub",
        "bijdrager",
        "utrecht-kanaleneiland",
    )
    secret = code.split(".")[1]
    assert len(secret) >= 43  # 256 bits, six to a character
    stored = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert secret.encode() not in stored
    assert code != tokens.give(base, "Buurthuis", "bijdrager")


@pytest.mark.parametrize(
    "wrong", ["", ".", "1.", "1.x", "x.y", "99.{s}", "{s}", "-1.{s}", "1.{s}x"]
)
def test_what_is_not_the_code_is_refused_with_one_and_the_same_message(base, wrong):
    secret = tokens.give(base, "Natuurclub", "bijdrager").split(".")[1]
    with pytest.raises(Fout, match="Deze code klopt niet"):
        tokens.log_in(base, wrong.format(s=secret), "a")


def test_after_five_wrong_codes_the_right_one_waits_too_and_only_on_that_page(base):
    code = tokens.give(base, "Natuurclub", "bijdrager")
    for _ in range(tokens.PER_VISIT):
        with pytest.raises(Fout, match="klopt niet"):
            tokens.log_in(base, "1.geraden", "raadt")
    with pytest.raises(Fout, match="tien minuten"):
        tokens.log_in(base, code, "raadt")
    assert tokens.log_in(base, code, "ander").name == "Natuurclub"
    base.execute("UPDATE attempts SET at = '2020-01-01T00:00:00'")  # time goes by
    assert tokens.log_in(base, code, "raadt").name == "Natuurclub"


def test_guessing_from_many_pages_is_limited_in_all(base):
    code = tokens.give(base, "Natuurclub", "bijdrager")
    for n in range(tokens.IN_ALL):
        with pytest.raises(Fout, match="klopt niet"):
            tokens.log_in(base, "1.geraden", f"pagina {n}")
    with pytest.raises(Fout, match="Wacht een minuut"):
        tokens.log_in(base, "1.geraden", "nieuw")
    assert base.execute("SELECT count(*) FROM attempts").fetchone()[0] == tokens.IN_ALL
    assert tokens.log_in(base, code, "nieuw").name == "Natuurclub"  # who guesses keeps nobody out


def test_a_revoked_code_is_worth_nothing_also_to_who_is_logged_in(base):
    code = tokens.give(base, "Natuurclub", "bijdrager")
    person = tokens.log_in(base, code, "a")
    tokens.revoke(base, "Natuurclub")
    with pytest.raises(Fout, match="klopt niet"):
        tokens.log_in(base, code, "a")
    with pytest.raises(Fout, match="ingetrokken"):
        tokens.still(base, person)
    with pytest.raises(Fout, match="geen geldige code"):
        tokens.revoke(base, "Natuurclub")


def test_a_new_code_is_of_the_same_person_and_ends_the_pages_of_the_old_one(base):
    first = tokens.give(base, "Natuurclub", "bijdrager")
    person = tokens.log_in(base, first, "a")
    tokens.revoke(base, "Natuurclub")
    second = tokens.give(base, "natuurclub", "beoordelaar", "utrecht-kanaleneiland")
    again = tokens.log_in(base, second, "a")
    assert (again.id, again.name) == (person.id, "Natuurclub")  # who judges is still who sent
    assert (again.role, again.pilot) == ("beoordelaar", "utrecht-kanaleneiland")
    assert tokens.still(base, again) == again
    with pytest.raises(Fout, match="klopt niet"):
        tokens.log_in(base, first, "a")
    with pytest.raises(Fout, match="ingetrokken"):
        tokens.still(base, person)
    with pytest.raises(Fout, match="Natuurclub heeft al een code"):
        tokens.give(base, "NATUURCLUB", "bijdrager")


def test_a_name_has_one_code_and_a_role_exists(base):
    tokens.give(base, "Natuurclub", "bijdrager")
    with pytest.raises(Fout, match="heeft al een code"):
        tokens.give(base, " Natuurclub ", "beheerder")
    with pytest.raises(Fout, match="Bedoelt u beoordelaar"):
        tokens.give(base, "Buurthuis", "beoordeler")
    with pytest.raises(Fout, match="2 tot 80"):
        tokens.give(base, " ", "bijdrager")
