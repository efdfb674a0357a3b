"""A report is fresh only while everything that it can depend on is as it was."""

import json
import os

import pytest
import yaml

from wijkboek_utils import folders, inputs

SLUG = "proef"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a project with a report that was just made, as far as a stamp can see."""
    places = {
        "NOTEBOOKS": "notebooks",
        "PILOTS": "pilots",
        "RAW": "data/raw",
        "PROCESSED": "data/processed",
        "REPORTS": "reports",
        "PACKAGE": "wijkboek_utils",
    }
    monkeypatch.setattr(folders, "ROOT", tmp_path)
    for name, place in places.items():
        (tmp_path / place).mkdir(parents=True)
        monkeypatch.setattr(folders, name, tmp_path / place)
    monkeypatch.delenv(folders.AS_OF, raising=False)
    write(tmp_path / "notebooks" / "01_bronnen.ipynb", "{}")
    write(tmp_path / "notebooks" / "91_spel.ipynb", "{}")
    write(tmp_path / "wijkboek_utils" / "ledger.py", "x = 1\n")
    write(tmp_path / "pilots" / f"{SLUG}.yml", "gebied: {vorm: vlak.geojson}\n")
    write(tmp_path / "pilots" / "ander.yml", "naam: Ander\n")
    write(tmp_path / "pilots" / "vlak.geojson", "{}")
    raw = tmp_path / "data" / "raw"
    source(raw / "kwb", "kwb-2023", "kwb", ["GM0344"])
    source(raw / "lokaal" / SLUG, "bomen", "lokaal", ["GM0344"])
    source(raw / "lokaal" / "elders", "banken", "lokaal", ["GM0202"])
    write(tmp_path / "data" / "processed" / SLUG / "gebied.parquet", "tabel")
    write(tmp_path / "reports" / SLUG / "index.html", "pagina")
    made(faults=["nog één ding"])
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def source(folder, id, series, covers, **more):
    entry = {"id": id, "series": series, "file": f"{id}.csv", "covers": covers, **more}
    write(folder / f"{id}.csv", "a;b\n")
    write(folder / "manifest.yml", yaml.safe_dump({"sources": [entry]}))


def made(faults=(), **parameters):
    facts = inputs.of(SLUG, ["GM0344"], parameters, False, inputs.Hashes.load())
    inputs.stamp(SLUG, ["GM0344"], facts, list(faults))


def changes(pdf=False, **parameters):
    return inputs.state(SLUG, parameters, pdf, inputs.Hashes.load()).changes


def test_nothing_changed_is_fresh_and_keeps_its_faults(project):
    found = inputs.state(SLUG, {}, False, inputs.Hashes.load())
    assert (found.changes, found.faults) == ([], ["nog één ding"])


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("notebooks/01_bronnen.ipynb", "bestand notebooks/01_bronnen.ipynb is veranderd"),
        ("wijkboek_utils/ledger.py", "bestand wijkboek_utils/ledger.py is veranderd"),
        ("pilots/proef.yml", "bestand pilots/proef.yml is veranderd"),
        ("pilots/vlak.geojson", "bestand pilots/vlak.geojson is veranderd"),
        ("data/raw/kwb/kwb-2023.csv", "bron kwb-2023 is veranderd"),
        ("data/raw/lokaal/proef/bomen.csv", "bron bomen is veranderd"),
        ("reports/proef/index.html", "reports/proef/index.html is na het maken veranderd"),
        (
            "data/processed/proef/gebied.parquet",
            "data/processed/proef/gebied.parquet is na het maken veranderd",
        ),
    ],
)
def test_each_changed_byte_is_named(project, path, why):
    text = (project / path).read_text()
    # Same length: the size does not give it away. (The pilot still names its shape.)
    (project / path).write_text(text[:-1] + ("#" if text[-1] != "#" else "+"))
    assert changes() == [why]
    (project / path).unlink()
    assert changes()[0].rpartition(" is ")[2] in ("weg", "veranderd")


@pytest.mark.parametrize(
    "path",
    ["notebooks/91_spel.ipynb", "pilots/ander.yml", "data/raw/lokaal/elders/banken.csv"],
)
def test_what_a_report_never_reads_does_not_matter(project, path):
    (project / path).write_text("iets anders")
    assert changes() == []


def test_what_is_new_may_be_chosen_and_counts(project):
    source(project / "data" / "raw" / "iv3", "iv3-2024", "iv3", ["GM0999"])
    write(project / "data" / "raw" / "kwb" / "corrections.yml", "corrections: []\n")
    write(project / "reports" / SLUG / "oud.csv", "van een vorige keer")
    assert changes() == [
        "bestand data/raw/kwb/corrections.yml is nieuw",
        "bron iv3-2024 is nieuw",
        "reports/proef/oud.csv hoort er niet bij",
    ]


def test_what_a_manifest_says_counts_and_what_is_in_no_list_does_not(project):
    source(project / "data" / "raw" / "kwb", "kwb-2023", "kwb", ["GM0344"], licence="CC BY 4.0")
    write(project / "data" / "raw" / "kwb" / "kladje.csv", "a")
    assert changes() == ["bron kwb-2023 is veranderd"]


def test_parameters_versions_and_the_day_count(project, monkeypatch):
    assert changes(jaar="2022") == ["parameter jaar: was niet gegeven, is nu 2022"]
    assert changes(pdf=True) == ["parameter --pdf: was nee, is nu ja"]
    monkeypatch.setenv(folders.AS_OF, "2026-01-01")
    assert changes() == ["parameter --stand: was niet gegeven, is nu 2026-01-01"]
    monkeypatch.delenv(folders.AS_OF)
    monkeypatch.setattr(inputs, "versions", lambda: {"pandas": "99"})
    assert any(why.startswith("versie pandas: was ") for why in changes())


def test_a_contribution_past_its_day_makes_a_report_stale(project):
    raw = project / "data" / "raw" / "lokaal" / SLUG
    source(raw, "bomen", "lokaal", ["GM0344"], keep_until="2999-01-01")
    made()
    assert changes() == []
    source(raw, "bomen", "lokaal", ["GM0344"], keep_until="2001-01-01")
    assert changes() == ["bewaartermijn bomen is voorbij", "bron bomen is veranderd"]


def test_without_a_stamp_or_with_half_of_one_there_is_no_report(project):
    stamp = project / "data" / "processed" / SLUG / inputs.STAMP
    text = stamp.read_text()
    for broken in (text[: len(text) // 2], "[]", "null", json.dumps({"vorm": 0})):
        stamp.write_text(broken)
        assert changes() == ["er is nog geen rapport dat af is"]
    stamp.unlink()
    assert changes() == ["er is nog geen rapport dat af is"]


def test_a_report_is_of_the_code_that_was_loaded_also_when_a_file_has_changed_since(
    project, monkeypatch
):
    monkeypatch.setattr(inputs, "_loaded", {})
    inputs.load()
    write(project / "wijkboek_utils" / "ledger.py", "x = 2\n")  # while a batch runs
    made(faults=["nog één ding"])
    monkeypatch.setattr(inputs, "_loaded", {})  # the next command
    assert changes() == ["bestand wijkboek_utils/ledger.py is veranderd"]


def test_the_list_of_reports_is_made_after_the_last_of_them(project):
    assert not inputs.listed()
    write(project / "reports" / "index.html", "lijst")
    assert inputs.listed()
    later = (project / "reports" / "index.html").stat().st_mtime + 1
    os.utime(project / "reports" / SLUG / "index.html", (later, later))
    assert not inputs.listed()
    write(project / "reports" / "a & b" / "index.html", "pagina")
    os.utime(project / "reports" / SLUG / "index.html", (1, 1))
    write(project / "reports" / "index.html", '<a href="a%20&amp;%20b/index.html">a &amp; b</a>')
    assert inputs.listed()
    (project / "reports" / "a & b").rename(project / "weg")
    assert not inputs.listed()


def test_a_copy_of_the_project_is_as_fresh_as_the_project(project):
    page = project / "reports" / SLUG / "index.html"
    os.utime(page, (1, 1))  # other times, same bytes
    assert changes() == []


def test_a_checksum_is_remembered_only_of_a_file_that_has_come_to_rest(project):
    path = project / "data" / "raw" / "kwb" / "kwb-2023.csv"
    hashes = inputs.Hashes.load()
    first = hashes.of(path)
    assert str(path) not in hashes.known  # just written: may change again in the same tick
    os.utime(path, (1, 1))
    assert hashes.of(path) == first and str(path) in hashes.known
    hashes.save()
    assert inputs.Hashes.load().known == hashes.known
    path.write_text("x;y\n")  # as long as before
    assert inputs.Hashes.load().of(path) != first


def test_a_list_of_checksums_that_is_broken_is_no_list(project):
    for broken in ("{", "[]", "[1]", "null", '{"x": 5}', '{"x": [1, 2, "3", 4]}'):
        (project / "data" / "processed" / ".controlesommen.json").write_text(broken)
        assert inputs.Hashes.load().known == {}


@pytest.mark.parametrize("part", ["gemeenten", "invoer", "gemaakt", "redenen"])
@pytest.mark.parametrize("broken", [None, 5, ...])
def test_a_stamp_that_is_broken_is_no_stamp(project, part, broken):
    path = project / "data" / "processed" / SLUG / inputs.STAMP
    held = json.loads(path.read_text())
    if broken is ...:
        del held[part]
    else:
        held[part] = broken
    path.write_text(json.dumps(held))
    assert changes() == ["er is nog geen rapport dat af is"]
