"""A contribution is stored whole or not at all, and withdrawing it leaves nothing behind."""

import argparse
import hashlib
import re
import threading

import pandas as pd
import pytest
import yaml

from wijkboek_utils import assets, cbs, cli_inbox, kengetallen, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.local import booking, doubles, register, schema, store
from wijkboek_utils.local.contribution import Checked, Fault

PILOT, GEMEENTE = "utrecht-kanaleneiland", "GM0344"
BUURT, NEXT, THIRD, FOURTH = "BU03440831", "BU03440832", "BU03440821", "BU03440822"
ABOUT = {
    "bijdrager": "Natuurclub",
    "datum": "2024-05-30",
    "methode": "Met twee mensen alle straten gelopen",
    "licentie": "CC BY 4.0",
    "toestemming": "niet nodig: geen gegevens over mensen",
    "openbaar_met_naam": "ja",
    "bewaren_tot": "2034-12-31",
}


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """Return an empty data/raw that belongs to this test alone."""
    monkeypatch.setattr(sources, "RAW", tmp_path / "raw")
    monkeypatch.setattr(sources, "FETCHED", tmp_path / "raw" / "opgehaald")
    # The default of an argument is bound when the module is read.
    for name in ("catalogue", "source", "vintages"):
        inner = getattr(sources, name)
        at = inner.__wrapped__ if hasattr(inner, "__wrapped__") else inner
        monkeypatch.setattr(at, "__defaults__", (*at.__defaults__[:-1], tmp_path / "raw"))
    sources.catalogue.cache_clear()
    yield tmp_path / "raw"
    sources.catalogue.cache_clear()


def checked(kind: str, *rows: dict, private: list | None = None, **about: str) -> Checked:
    """Return rows of a dataset as a check hands them over."""
    table = pd.DataFrame(list(rows)).reindex(columns=schema.load(kind).stored)
    hidden = pd.DataFrame({"respondent": private} if private else None, index=table.index)
    sent = hashlib.sha256(f"{kind}{list(rows)}{about}".encode()).hexdigest()
    return Checked(kind, f"{kind}.csv", sent, table, hidden, ABOUT | about)


def tree(**facts) -> dict:
    return {"wat": "boom", "aantal": 3, "telt": "planten en dieren", "buurt": BUURT} | facts


def add(what: Checked, id: str = "bomen-2024") -> str:
    return store.add(PILOT, what, [GEMEENTE], id, "2026-11-22")


# --- adding


def test_what_is_stored_is_what_was_checked_with_its_types(raw):
    rows = [
        tree(soort="linde", datum="2024-05-30", x=136000.25, y=455000.5),
        tree(aantal=0, buurt=None, opmerking="=HYPERLINK(1);é"),
    ]
    assert add(checked("telling", *rows)) == "bomen-2024"
    found = store.read(sources.source("bomen-2024"))
    assert found.index.tolist() == [2, 3]
    assert found["aantal"].tolist() == [3, 0] and found["aantal"].dtype == "Int64"
    assert found["x"].tolist()[0] == 136000.25 and found["buurt"].isna().tolist() == [False, True]
    assert found["opmerking"].tolist()[1] == "=HYPERLINK(1);é"
    source = sources.source("bomen-2024")
    assert (source.kind, source.keep_until, source.covers) == (
        "telling",
        "2034-12-31",
        (GEMEENTE,),
    )
    words = sources.describe(["bomen-2024"])["verkregen"].item()
    assert "Met twee mensen" in words and "Toestemming: niet nodig" in words
    assert "Bewaren tot 31 december 2034" in words


def test_the_same_contribution_twice_is_one_and_another_with_its_name_is_refused(raw):
    add(checked("telling", tree()))
    before = {p: p.read_bytes() for p in raw.rglob("*.*") if p.is_file()}
    assert add(checked("telling", tree())) == "bomen-2024"
    assert {p: p.read_bytes() for p in raw.rglob("*.*") if p.is_file()} == before
    with pytest.raises(Fout, match="is er al, met andere gegevens"):
        add(checked("telling", tree(aantal=4)))
    with pytest.raises(Fout, match="is er al, met andere gegevens"):
        store.add(
            "andere-pilot", checked("telling", tree()), [GEMEENTE], "bomen-2024", "2026-11-22"
        )


@pytest.mark.parametrize("id", ["../x", "a/b", "", "A", "-a", "a" * 81, "x.csv", "con\n"])
def test_a_name_that_is_no_file_name_is_refused(raw, id):
    with pytest.raises(Fout, match="kan geen naam van een bron zijn"):
        add(checked("telling", tree()), id)


@pytest.mark.parametrize("pilot", ["..", "a/b", "", "a b"])
def test_a_folder_outside_the_pilots_is_refused(raw, pilot):
    with pytest.raises(Fout, match="kan niet de naam van een pilot zijn"):
        store.add(pilot, checked("telling", tree()), [GEMEENTE], "x", "2026-11-22")


def test_a_file_with_faults_is_refused(raw):
    good = checked("telling", tree())
    bad = Checked(**{**good.__dict__, "faults": (Fault("geen getal", 3, "aantal"),)})
    with pytest.raises(Fout, match="rij 3, kolom aantal: geen getal"):
        add(bad)
    assert not list(raw.rglob("*.csv"))


def test_a_machine_that_stops_half_way_leaves_nothing_in_the_books(raw, monkeypatch):
    write, calls = sources.write_whole, []

    def stops(path, content):
        calls.append(path)
        if path.name == "manifest.yml":
            raise OSError("geen stroom")
        write(path, content)

    monkeypatch.setattr(sources, "write_whole", stops)
    with pytest.raises(OSError, match="geen stroom"):
        add(checked("telling", tree()))
    assert [p.name for p in calls] == ["bomen-2024.csv", "manifest.yml"]
    assert store.of_area([GEMEENTE]) == []
    monkeypatch.setattr(sources, "write_whole", write)
    add(checked("telling", tree()))  # the second try takes it up
    assert len(store.of_area([GEMEENTE])) == 1


def test_a_file_that_somebody_put_there_is_never_overwritten(raw):
    place = store.folder(PILOT)
    place.mkdir(parents=True)
    (place / "bomen-2024.csv").write_text("van een ander")
    with pytest.raises(Fout, match="is er al"):
        add(checked("telling", tree()))
    assert (place / "bomen-2024.csv").read_text() == "van een ander"


def test_many_who_add_at_once_are_all_there(raw):
    threads = [
        threading.Thread(target=add, args=(checked("telling", tree(aantal=n)), f"telling-{n}"))
        for n in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(store.of_area([GEMEENTE])) == 8


def test_no_answer_of_one_household_is_stored(raw):
    rows = [
        {"jaar": 2023, "post": "besteding:voeding", "bedrag_per_maand": 300.0 + n, "buurt": BUURT}
        for n in range(12)
    ]
    rows += [rows[0] | {"buurt": NEXT, "bedrag_per_maand": 987.65}]
    what = checked("besteding", *rows, private=[f"familie {n}" for n in range(13)])
    add(what, "enquete")
    text = (store.folder(PILOT) / "enquete.csv").read_text()
    bare = re.sub(r"\b[0-9a-f]{32}\b", "", text)  # ids are random, and may hold any digits
    assert "familie" not in text and "987" not in bare and "respondent," not in text
    found = store.read(sources.source("enquete"))
    assert found["respondenten"].tolist() == [12, 1]
    assert found["bedrag_per_maand"].tolist()[0] == 305.5 and found["bedrag_per_maand"].isna()[3]


def test_who_does_not_want_to_be_named_is_not(raw):
    add(checked("telling", tree(), openbaar_met_naam="nee"))
    assert "Natuurclub" not in (store.folder(PILOT) / "manifest.yml").read_text()
    assert sources.source("bomen-2024").publisher == store.UNNAMED


# --- keeping and withdrawing


def test_what_is_past_its_date_is_not_read_and_is_named(raw):
    add(checked("telling", tree()))
    add(checked("telling", tree(), bewaren_tot="2025-01-01"), "oud")
    assert [s.id for s in store.contributions(GEMEENTE, "2025-01-01")] == ["oud", "bomen-2024"]
    assert [s.id for s in store.contributions(GEMEENTE, "2025-01-02")] == ["bomen-2024"]
    assert [s.id for s in store.expired(GEMEENTE, "2025-01-02")] == ["oud"]
    used, past = store.of_area([GEMEENTE]), store.expired_in([GEMEENTE])
    money = booking.claims.boekingen(pd.DataFrame(columns=booking.claims.COLUMNS))
    told = register.contributions(used, past, money).set_index("bron")
    assert told.loc["oud", "staat"] == register.EXPIRED and pd.isna(told.loc["oud", "rijen"])
    assert told.loc["bomen-2024", ["staat", "rijen"]].tolist() == [register.USED, 1]


def test_a_withdrawn_contribution_is_gone_but_for_a_line_without_content(raw):
    add(checked("telling", tree()))
    others = add(checked("telling", tree(wat="bank", telt="dingen")), "banken")
    before = store.read(sources.source(others))
    place = store.folder(PILOT)
    (place / "corrections.yml").write_text(
        yaml.safe_dump(
            {
                "corrections": [
                    {
                        "source": "bomen-2024",
                        "where": {"wat": "boom"},
                        "column": "aantal",
                        "action": "replace",
                        "old": "3",
                        "new": "5",
                        "reason": "dubbel",
                        "who": "club",
                        "day": "2026-11-22",
                        "status": "verwerkt",
                    }
                ]
            }
        )
    )
    sources.catalogue.cache_clear()
    assert store.read(sources.source("bomen-2024"))["aantal"].tolist() == [5]
    store.withdraw("bomen-2024", "2026-11-23", "verzoek")
    store.withdraw("bomen-2024", "2026-11-24", "privacy")  # a second time changes nothing
    assert [s.id for s in store.of_area([GEMEENTE])] == ["banken"]
    assert sorted(p.name for p in place.iterdir()) == [
        "banken.csv",
        "ingetrokken.yml",
        "manifest.yml",
    ]
    assert store.withdrawn(place) == [
        {"id": "bomen-2024", "day": "2026-11-23", "reason": "verzoek"}
    ]
    everything = "".join(p.read_text() for p in place.iterdir())
    assert "boom" not in everything.replace("bomen-2024", "")
    pd.testing.assert_frame_equal(store.read(sources.source(others)), before)
    with pytest.raises(Fout, match="is ingetrokken"):
        add(checked("telling", tree()))


def test_only_contributions_can_be_withdrawn_and_for_a_known_reason(raw):
    with pytest.raises(Fout, match="Bedoelt u verzoek"):
        store.withdraw("bomen-2024", "2026-11-23", "verzoekje")
    with pytest.raises(Fout, match="bestaat niet"):
        store.withdraw("bomen-2024", "2026-11-23", "verzoek")


def test_answers_that_are_wrong_are_named(raw):
    add(checked("telling", tree()))
    path, found = store.folder(PILOT) / doubles.FILE, store.of_area([GEMEENTE])
    assert doubles.answers(found).empty
    line = {"vraag": "v1", "antwoord": "zelfde", "wie": "club", "dag": "2026-11-22"}
    path.write_text(yaml.safe_dump({"antwoorden": [line]}))
    assert doubles.answers(found).to_dict("records") == [line]
    path.write_text(yaml.safe_dump({"antwoorden": [line | {"antwoord": "misschien"}]}))
    with pytest.raises(Fout, match="antwoord 1: schrijf zelfde of verschillend"):
        doubles.answers(found)
    path.write_text("antwoorden")
    with pytest.raises(Fout, match=r"antwoorden\.yml is niet te lezen"):
        doubles.answers(found)


# --- what comes of it


def test_counts_of_few_people_never_leave_the_register(raw):
    people = {"wat": "vrijwilliger", "telt": "mensen", "soort": None}
    add(
        checked(
            "telling", *[tree(**people, aantal=n, buurt=b) for n, b in ((4, BUURT), (30, NEXT))]
        )
    )
    add(checked("telling", tree(**people, aantal=22, buurt=THIRD)), "derde")
    stock = register.stock(store.of_area([GEMEENTE]), 2023).set_index("buurt")
    assert stock.loc[BUURT, "methode"] == "geheim" and pd.isna(stock.loc[BUURT, "hoeveelheid"])
    assert 4 not in stock["hoeveelheid"].tolist()
    pooled = stock[stock["samen"].notna()]
    assert (pooled["hoeveelheid"] >= 10).all()


def test_work_of_few_people_hides_their_hours_too(raw):
    row = {
        "naam": "Moestuin",
        "jaar": 2023,
        "domein": "groen",
        "uren": 120.0,
        "betaald": "onbetaald",
        "wie": "huishoudens",
        "buurt": BUURT,
        **dict.fromkeys(["schaal_omlaag", "schaal_omhoog", "met_de_wijk", "vermogen"], "ja"),
    }
    add(checked("werk", row | {"mensen": 3}), "werk")
    add(checked("telling", tree(wat="bank", telt="dingen", uren_per_jaar=24.0)), "banken")
    found = register.work(store.of_area([GEMEENTE]), 2023).set_index("naam")
    assert found.loc["Moestuin", ["uren", "mensen"]].isna().all()
    assert found.loc["Banken", "uren"] == 24.0


def test_hours_of_nobody_knows_how_many_people_are_hidden_and_those_of_an_organisation_are_not(raw):
    row = {
        "jaar": 2023,
        "domein": "groen",
        "betaald": "onbetaald",
        "kosten": 444.0,
        "buurt": BUURT,
        "toelichting": "alleen door Piet",
        **dict.fromkeys(["schaal_omlaag", "schaal_omhoog", "met_de_wijk", "vermogen"], "ja"),
    }
    rows = [
        row | {"naam": naam, "wie": wie, "uren": uren}
        for naam, wie, uren in (
            ("Vegen", "huishoudens", 333.0),
            ("Snoeien", "bedrijven", 777.0),
            ("Beheer", "gemeente", 1800.0),
        )
    ]
    add(checked("werk", *rows, openbaar_met_naam="nee"), "werk")
    add(checked("werk", rows[1] | {"naam": "Maaien"}), "met-naam")
    few = tree(wat="vrijwilliger", telt="mensen", aantal=3, uren_per_jaar=481.0)
    add(checked("telling", few), "mensen")
    found = register.work(store.of_area([GEMEENTE]), 2023).set_index("naam")
    assert found["uren"].dropna().to_dict() == {"Beheer": 1800.0, "Maaien": 777.0}
    hidden = found.loc[["Vegen", "Snoeien", "Vrijwilligers"]]
    assert (hidden["methode"] == "geheim").all()
    assert hidden[["uren", "kosten", "mensen", "toelichting"]].isna().all(axis=None)


def members(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return the published counts of a register, by what is counted and in which buurten."""
    shown = table[table["hoeveelheid"].notna()]
    places = zip(shown["naam"], shown["samen"].fillna(shown["buurt"]), strict=True)
    return dict(zip(places, shown["hoeveelheid"], strict=True))


@pytest.mark.parametrize("kept", [True, False])
def test_two_reports_do_not_tell_what_a_club_added_in_between(
    raw, tmp_path, monkeypatch, capsys, kept
):
    monkeypatch.setattr(sources, "REPORTS", tmp_path / "reports")
    told = {"wat": "vrijwilliger", "telt": "mensen", "soort": None, "datum": "2023-05-01"}

    def club(id: str, **counts: int) -> None:
        places = {"zuid": BUURT, "noord": NEXT, "hier": THIRD, "daar": FOURTH}
        add(
            checked(
                "telling", *[tree(**told, aantal=n, buurt=places[b]) for b, n in counts.items()]
            ),
            id,
        )

    def report() -> pd.DataFrame:
        earlier = register.earlier()
        stock = register.stock(store.of_area([GEMEENTE]), 2023, earlier)
        work = register.work(store.of_area([GEMEENTE]), 2023, earlier)
        audit = tmp_path / "reports" / PILOT / "audit"
        audit.mkdir(parents=True, exist_ok=True)
        stock.to_csv(audit / "voorraden.csv", index=False)
        work.to_csv(audit / "lokaal_werk.csv", index=False)
        return stock

    club("eerste", zuid=4, noord=30, hier=40)
    first = report()
    if kept:
        path, count = register.remember(PILOT, "2026-11-22")
        assert count == 2 and register.remember(PILOT, "2026-11-22") == (path, 2)
        cli_inbox._released(None, argparse.Namespace(name=PILOT, what="released"))
        assert "2 getallen over mensen onthouden" in capsys.readouterr().out
        assert not {"hoeveelheid", "mensen"} & set(pd.read_csv(path))  # no amounts
        pd.testing.assert_frame_equal(report(), first)  # the same report again is the same
    club("tweede", hier=3, daar=5)
    before, after = members(first), members(report())
    changed = {k: after[k] - before[k] for k in before.keys() & after.keys()}
    if kept:
        assert set(changed.values()) == {0.0}
        joined = [samen for _, samen in after if FOURTH in samen]
        assert not any(THIRD in samen or BUURT in samen for samen in joined)
    else:
        assert 3.0 in changed.values() or len(after.keys() - before.keys())


def test_what_was_published_cannot_be_lost_or_named_over_unnoticed(raw, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "REPORTS", tmp_path / "reports")
    with pytest.raises(Fout, match="Maak het rapport eerst"):
        register.remember(PILOT, "2026-11-22")
    with pytest.raises(Fout, match="geen naam van een bron"):
        add(checked("telling", tree()), "uitgegeven-2026-11-22")
    store.folder(PILOT).mkdir(parents=True)
    (store.folder(PILOT) / "uitgegeven-2026-11-22.csv").write_text("tabel,naam\n")
    with pytest.raises(Fout, match="zet het terug uit een kopie"):
        register.earlier()


def test_money_of_one_firm_that_was_not_asked_stays_out_of_the_register(raw):
    row = {
        "voorraad": "gebouwen",
        "naam": "Loods",
        "aantal": 1.0,
        "eenheid": "stuks",
        "telt": "dingen",
        "houder": "bedrijven",
        "houder_naam": "Jansen BV",
        "waarde": 1e6,
        "buurt": BUURT,
    }
    add(checked("voorraad", row, openbaar_met_naam="nee"), "loods")
    found = register.stock(store.of_area([GEMEENTE]), 2023).iloc[0]
    assert found["houder"] == "bedrijven" and pd.isna(found["waarde"])
    add(checked("voorraad", row | {"naam": "Hal"}), "hal")
    named = register.stock(store.of_area([GEMEENTE]), 2023).set_index("naam").loc["Hal"]
    assert named["houder"] == "Jansen BV" and named["waarde"] == 1e6


def test_without_contributions_every_table_is_there_and_empty(raw):
    empty: list = []
    tables = [
        register.stock(empty, 2023),
        register.work(empty, 2023),
        register.offers(empty, 2023),
        register.budgets(empty),
        register.activities(empty),
        register.network(empty),
    ]
    assert all(len(t) == 0 and len(t.columns) > 5 for t in tables)


def test_the_trees_of_leeuwarden_are_a_contribution_of_which_none_is_lost():
    source = sources.source("bomen-leeuwarden")
    rows = store.read(source)
    assert source.kind == "telling" and rows["aantal"].sum() == 2088
    assert rows.loc[rows["buurt"].isna(), "aantal"].sum() == 25
    figures = cbs.indicators("GM0080", 2023)
    listed = register.stock([source], 2023)
    stock = assets.green_stock(figures, listed, kengetallen.load(), 2023)
    assert stock.loc[stock["soort"] == "bomen", "hoeveelheid"].sum() == 2088
    assert listed["hoeveelheid"].sum() == 2088
    assert listed.loc[listed["buurt"] == "BU0080REST", "hoeveelheid"].sum() == 25
