"""`wijkboek fetch` brings what the publisher has, says what is wrong, and breaks nothing."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import shape

from tests import brondata, ophalen
from tests.brondata import NO_FIGURE
from tests.bronodata import Fault, Table, modified, rename_unit, renumber, vanish
from tests.bronserver import BronServer
from tests.conftest import command
from wijkboek_utils import cbs, cli, iv3, net, pdok, sources

LATER = "2025-06-06T02:00:00"
ROWS_ASKED = r"TypedDataSet\?|items\?"
IV3, SHAPES = "iv3-2023-jaarrekening", "grenzen-2024"
SHOPS = ("Afstand tot grote supermarkt", "Nabijheid voorzieningen")


@cache
def published() -> list[Table]:
    """Return our own figures as CBS publishes them."""
    return brondata.embedded()


@cache
def boundaries() -> list:
    """Return our own boundaries as PDOK publishes them."""
    return brondata.boundaries()


@pytest.fixture(autouse=True)
def own_project(monkeypatch):
    """Let the tests after this one see their own project."""
    yield
    monkeypatch.undo()
    ophalen.forget()


@pytest.fixture
def bron(tmp_path, monkeypatch):
    """Return a server with our own figures, for an empty project."""
    ophalen.settle(tmp_path, monkeypatch.setattr)
    monkeypatch.setattr(net, "Patience", lambda: ophalen.HURRY)
    with BronServer(published(), boundaries(), page_rows=100) as server:
        monkeypatch.setenv(net.SERVER, server.address)
        yield server


def change(server: BronServer, make, *arguments, id="85984NED", stamp=LATER) -> None:
    """Publish a table anew, otherwise than it was."""
    server.tables[id] = modified(make(server.tables[id], *arguments), stamp)


def with_values(table: Table, key: str, values: dict[int, object]) -> Table:
    """Return a table with other values in some rows of a column."""
    column = [values.get(n, old) for n, old in enumerate(table.columns[key])]
    return replace(table, columns=table.columns | {key: column})


def figures(gemeente: str) -> pd.DataFrame:
    """Return the KWB figures of a gemeente, without where they came from."""
    ophalen.forget()
    return cbs.read_kwb(gemeente).drop(columns="bron")


def test_a_second_fetch_moves_no_byte_and_asks_no_rows(bron, tmp_path):
    names = [ophalen.KWB, IV3, SHAPES]
    assert not any(r.failed for r in ophalen.pull(bron, *names, scope="GM0344"))

    def seen():
        files = [p for p in tmp_path.rglob("*") if p.name != ".slot"]
        return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in files}

    before, hashes = seen(), ophalen.prints(tmp_path)
    bron.log.clear()
    results = ophalen.pull(bron, *names, scope="GM0344")
    assert all(r.words.startswith("niets nieuws; cijfers van") for r in results)
    assert seen() == before and ophalen.prints(tmp_path) == hashes
    assert bron.asked() and not bron.asked(ROWS_ASKED)


# Hosts that cannot be trusted or found.


def test_a_wrong_certificate_is_said_at_once_and_nothing_is_written(tmp_path, monkeypatch):
    ophalen.settle(tmp_path, monkeypatch.setattr)
    asked, once = [], net.Line._once
    monkeypatch.setattr(net.Line, "_once", lambda *a: asked.append(a) or once(*a))
    with BronServer(published(), tls=True) as server:
        first, second = ophalen.pull(server, "kwb-2023", "kwb-2024")
    assert first.failed and "certificaat dat niet klopt" in first.words
    assert second.words == "overgeslagen: opendata.cbs.nl antwoordt niet."
    assert len(asked) == 1 and not ophalen.prints(tmp_path)


def test_a_host_that_is_gone_stops_its_own_datasets_only(bron, monkeypatch, capsys):
    assert cli.main(["fetch", "NL", "--only", "kwb-2024"]) == 0
    there = net.Line.address

    def address(line, url):
        here = there(line, url)
        return here.replace(bron.host, "127.0.0.1:9") if "opendata.cbs.nl" in here else here

    monkeypatch.setattr(net.Line, "address", address)
    chosen = [f"--only={name}" for name in ("kwb-2024", "kwb-2023", IV3)]
    assert cli.main(["fetch", "NL", *chosen]) == 1
    out, err = capsys.readouterr()
    assert "kwb-2023 NL: opendata.cbs.nl is niet te bereiken" in err and "3 keer geprobeerd" in err
    assert "kwb-2024 NL: overgeslagen: opendata.cbs.nl antwoordt niet. De cijfers van" in err
    assert "wijkboek: niet opgehaald: kwb-2023 NL, kwb-2024 NL" in err
    assert f"{IV3} NL: nieuw: " in out


# What a table holds.


def test_a_changed_column_number_changes_no_figure(bron):
    ophalen.pull(bron, scope="GM0344")
    before = figures("GM0344")
    change(bron, renumber)
    (result,) = ophalen.pull(bron, scope="GM0344")
    assert not result.failed and not result.changes
    pd.testing.assert_frame_equal(figures("GM0344"), before)


def test_a_vanished_column_is_noted_and_the_rest_works(bron):
    ophalen.pull(bron, scope="GM0344")
    before = figures("GM0344")
    change(bron, vanish, *SHOPS)
    (result,) = ophalen.pull(bron, scope="GM0344")
    assert not result.failed
    (note,) = [n for n in result.notes if SHOPS[0] in n]
    assert "Het meest lijkt «Afstand tot" in note
    assert result.changes == (f"vervallen: 1 kolom ({SHOPS[0]} ({SHOPS[1]}))",)
    kept = before[before["onderwerp"] != "AfstandTotGroteSupermarkt"].reset_index(drop=True)
    pd.testing.assert_frame_equal(figures("GM0344"), kept)


def test_a_changed_unit_is_refused_until_it_is_put_right(bron, tmp_path):
    ophalen.pull(bron, scope="GM0344")
    before, good = ophalen.prints(tmp_path), bron.tables["85984NED"]
    change(bron, rename_unit, *SHOPS, "m")
    (result,) = ophalen.pull(bron, scope="GM0344")
    assert result.failed and "was «km» en is nu «m»" in result.words
    assert result.words.endswith("blijven in gebruik.") and ophalen.prints(tmp_path) == before
    bron.tables["85984NED"] = modified(good, "2025-07-07T02:00:00")
    assert not ophalen.pull(bron, scope="GM0344")[0].failed


def test_a_missing_figure_stays_missing(bron):
    table = bron.tables["85984NED"]
    key = table.find("Aantal inwoners", "Bevolking")
    codes = [code.strip() for code in table.columns["WijkenEnBuurten"]]
    change(bron, with_values, key, {codes.index("BU03440131"): None})
    ophalen.pull(bron, scope="GM0344")
    found = figures("GM0344").query("onderwerp == 'AantalInwoners'").set_index("gebied")["waarde"]
    assert np.isnan(found["BU03440131"]) and found.notna().sum() > 100


def test_no_amount_in_iv3_is_missing_and_not_minus_99998(bron):
    table = bron.tables["45063NED"]
    places = zip(*(table.columns[d] for d in list(table.columns)[:4]), strict=True)
    salaries = [
        n
        for n, (g, t, c, v) in enumerate(places)
        if (g.strip(), c.strip(), v.strip()) == ("GM0344", "L1.1", "2023X005") and t[0] == "6"
    ]
    for key in ("k_1ePlaatsing_1", "k_2ePlaatsing_2"):
        change(bron, with_values, key, dict.fromkeys(salaries, NO_FIGURE), id="45063NED")
    ophalen.pull(bron, IV3, scope="GM0344")
    rows = iv3.read("GM0344", 2023)
    assert rows.loc[rows["taakveld"].str.startswith("6"), "salarissen"].isna().all()
    assert rows["salarissen"].notna().any() and (rows[["lasten", "baten"]] >= -1e9).all(axis=None)


def test_a_gemeente_that_filed_only_zeros_is_named(bron):
    (result,) = ophalen.pull(bron, IV3)
    assert any("GM9999" in note for note in result.notes)
    assert result.source.silent == ("GM9999",) and "GM9999" not in result.source.covers
    with pytest.raises(sources.Fout, match="GM9999 leverde over 2023 geen"):
        iv3.source("GM9999", 2023)


def test_padded_keys_and_codes_with_letters_come_out_stripped(bron):
    table = bron.tables["85984NED"] = brondata.generated(400, 20)
    ophalen.pull(bron, scope="GM0363")
    found = set(figures("GM0363")["gebied"])
    assert found == {c.strip() for c in table.columns["WijkenEnBuurten"] if c[2:6] == "0363"}
    assert any(code.startswith("BU0363A") for code in found)


def test_a_table_that_changes_during_the_pull_is_pulled_again(bron):
    table = bron.tables["85984NED"]
    meets = bron.meets

    def turning(request):
        if "skip=100" in request.query and "Typed" in request.path:
            bron.tables["85984NED"] = modified(table, LATER)
        return meets(request)

    bron.meets = turning
    (result,) = ophalen.pull(bron)
    assert result.source.version == LATER
    assert len(bron.asked(r"TypedDataSet\?\$format=json$")) == 2
    assert ophalen.is_exactly(sources.read_parquet(result.source), table)


def test_the_account_of_changes_names_areas_columns_and_values(bron):
    table = bron.tables["85984NED"]
    key = table.find("Aantal inwoners", "Bevolking")
    (n,) = [n for n, c in enumerate(table.columns["WijkenEnBuurten"]) if "BU03440131" in c]
    old = table.columns[key][n]
    without = without_area(table, "BU03440132")
    bron.tables["85984NED"] = vanish(without, *SHOPS)
    ophalen.pull(bron, scope="GM0344")
    renamed = without_area(with_values(table, key, {n: old + 5000}), "BU03440133")
    bron.tables["85984NED"] = modified(renamed, LATER)
    changes = ophalen.pull(bron, scope="GM0344")[0].changes
    assert "nieuw: 1 gebied (BU03440132)" in changes
    assert "vervallen: 1 gebied (BU03440133)" in changes
    assert f"nieuw: 1 kolom ({SHOPS[0]} ({SHOPS[1]}))" in changes
    (values,) = [c for c in changes if c.startswith("Aantal inwoners")]
    assert "1 cijfer gewijzigd; het meest bij BU03440131" in values


def without_area(table: Table, code: str) -> Table:
    """Return a table without an area."""
    kept = [n for n, c in enumerate(table.columns["WijkenEnBuurten"]) if c.strip() != code]
    columns = {key: [values[n] for n in kept] for key, values in table.columns.items()}
    codes = [c for c in table.dimensions["WijkenEnBuurten"] if c["Key"].strip() != code]
    return replace(table, columns=columns, dimensions={"WijkenEnBuurten": codes})


# Boundaries.


@pytest.mark.parametrize("can_filter", [True, False])
@pytest.mark.parametrize("limit", [200, 20])
def test_boundaries_come_back_as_they_were_published(bron, monkeypatch, can_filter, limit):
    monkeypatch.setattr(pdok, "_LIMIT", limit)
    bron.property_filters = can_filter
    (result,) = ophalen.pull(bron, SHAPES, scope="GM0344")
    assert not result.failed, result.words
    shapes = pdok.read_boundaries("GM0344", 2024).set_index("buurt")
    (theirs,) = [c for c in boundaries() if c.id == "buurten"]
    system = next(s for s in theirs.features if s.endswith("28992"))
    wanted = {
        f["properties"]["buurtcode"]: shape(f["geometry"])
        for f in theirs.features[system]
        if f["properties"]["gemeentecode"] == "GM0344"
    }
    assert set(shapes.index) == set(wanted)
    assert all(shapes.loc[code, "geometry"].equals(wanted[code]) for code in wanted)


@pytest.mark.parametrize(("scope", "start"), [("GM0344", 0), ("GM0344", 20), ("NL", 240)])
@pytest.mark.parametrize("kind", ["missing", "repeat", "empty"])
def test_boundaries_with_a_page_missing_are_refused(
    bron, tmp_path, monkeypatch, kind, scope, start
):
    monkeypatch.setattr(pdok, "_LIMIT", 10)
    cursor = f"cursor={urlsafe_b64encode(b'|%d' % (start + 10)).decode()}$"
    bron.faults = [Fault(kind, f"buurten/items.*{cursor}", times=99)]
    (result,) = ophalen.pull(bron, SHAPES, scope=scope)
    assert result.failed and not ophalen.prints(tmp_path)
    bron.faults = []
    assert not ophalen.pull(bron, SHAPES, scope=scope)[0].failed


def test_a_page_of_small_buurten_missing_from_the_country_is_noticed(bron, monkeypatch):
    monkeypatch.setattr(pdok, "_LIMIT", 10)
    bron.faults = [Fault("missing", "buurten/items.*cursor=fDIyMA==$", times=99)]  # |220
    assert ophalen.pull(bron, SHAPES)[0].failed


# The command.


def test_the_command_knows_its_words(bron, capsys):
    wrong = {
        ("NL", "--only", "kwb2024"): "Bron kwb2024 staat niet in bronnen.yml. Bedoelt u kwb-2024",
        ("NL", "--since", "31-01-2026"): "Schrijf de datum bij --since als 2026-01-31",
        ("atlantis",): "atlantis",
    }
    for arguments, words in wrong.items():
        assert cli.main(["fetch", *arguments]) == 2
        assert words in capsys.readouterr().err
    assert not bron.log


def test_since_passes_over_what_is_older_and_accounts_for_what_is_new(bron, capsys):
    arguments = ["fetch", "NL", "--only", ophalen.KWB]
    assert cli.main([*arguments, "--since", "2025-06-01"]) == 0
    assert "niet gewijzigd sinds 1 juni 2025; niet opgehaald" in capsys.readouterr().out
    assert cli.main(arguments) == 0
    (first,) = sources.catalogue().values()
    manifest = first.path.with_name("manifest.yml")
    manifest.write_text(manifest.read_text().replace(first.retrieved, "2025-05-05"))
    ophalen.forget()
    change(bron, vanish, *SHOPS)
    assert cli.main([*arguments, "--since", "2025-06-01"]) == 0
    assert f"  vervallen: 1 kolom ({SHOPS[0]}" in capsys.readouterr().out
    assert cli.main([*arguments, "--since", "2025-06-01"]) == 0  # once more, nothing newer
    assert f"  vervallen: 1 kolom ({SHOPS[0]}" in capsys.readouterr().out


def test_a_user_fetches_and_reads_the_exit_code(tmp_path):
    arguments = ["fetch", "NL", "--only", "kwb-2024", "--only", "kwb-2021"]
    with BronServer(published(), page_rows=200) as server:
        done = command(*arguments, root=tmp_path, server=server.address)
    assert done.returncode == 1 and "kwb-2024 NL: nieuw: 385 rijen" in done.stdout
    assert "kwb-2021 NL: opendata.cbs.nl kent deze tabel niet (meer) (HTTP 404)." in done.stderr
