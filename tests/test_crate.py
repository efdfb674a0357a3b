"""A report describes itself so that others can check it: RO-Crate, DCAT-AP-NL, inputs and code."""

import json
import re
import shutil
from dataclasses import replace

import pytest

from tests import crates
from tests.test_report import PILOTS, each
from wijkboek_utils import bundle, crate, dcat, disclosure, findings, licences, pilots, sources


def graph(report) -> dict[str, dict]:
    return {one["@id"]: one for one in crates.read(report / bundle.CRATE)["@graph"]}


@each
def test_the_bundle_is_a_valid_process_run_crate(rendered, pilot, tmp_path):
    report = rendered / "reports" / pilot
    broken, advice = crates.crate_faults(report, tmp_path, advice=pilot == PILOTS[0])
    assert broken == []
    # We leave out on purpose what the docstring of `crate` names; all other advice is followed.
    assert {words for _, words in advice} <= crates.LEFT_OUT


LACKING = [
    ("#render", "instrument", "MUST have an instrument"),
    ("#run-07_grootboek", "instrument", "MUST have an instrument"),
    ("./", "datePublished", "datePublished"),
    ("./", "conformsTo", "versioned permalink"),
]


def test_the_validator_sees_what_is_missing(rendered, tmp_path):
    found = crates.read(rendered / "reports" / PILOTS[0] / bundle.CRATE)
    for entity, lacking, _ in LACKING:
        next(one for one in found["@graph"] if one["@id"] == entity).pop(lacking)
    (tmp_path / bundle.CRATE).write_text(json.dumps(found))
    broken, _ = crates.crate_faults(tmp_path, tmp_path, payload=False)
    for entity, _, words in LACKING:
        assert any(name.endswith(entity) and words in text for name, text in broken), broken
    assert len(broken) == len(LACKING)


@each
def test_every_file_is_described_with_its_checksum(rendered, pilot):
    report = rendered / "reports" / pilot
    known, there = graph(report), bundle.sums(report)
    listed = {part["@id"] for part in known["./"]["hasPart"]}
    assert listed - bundle.LOOSE == set(there)
    for name, (size, digest) in there.items():
        assert (known[name]["contentSize"], known[name]["sha256"]) == (str(size), digest)
    assert "sha256" not in known.get("rapport.pdf", {})  # it holds when it was printed


@each
def test_each_source_notebook_and_library_is_there_with_its_version(rendered, pilot):
    report = rendered / "reports" / pilot
    known, record = graph(report), crates.read(report / "audit" / "run.json")
    for id, source in record["bronnen"].items():
        assert known[f"#bron-{id}"]["sha256"] == source["sha256"] == sources.source(id).sha256
        assert source["bestand"].startswith("data/raw/")
    used = {one["@id"] for one in known["#render"]["object"]}
    assert {f"#bron-{id}" for id in record["bronnen"]} <= used
    assert {f"#parameter-{name}" for name in record["parameters"]} <= used
    assert f"pkg:pypi/pandas@{record['pakketten']['pandas']}" in known
    assert f"pkg:generic/python@{record['python']}" in known
    log = crates.read(report / "audit" / bundle.LOG)["notebooks"]
    assert {one["uitkomst"] for one in log} == {"klaar"}
    for one in log:
        action = known[f"#run-{one['notebook']}"]
        assert {"@id": f"audit/{one['notebook']}.ipynb"} in action["result"]
        assert one["stappen"] > 1


@each
def test_nothing_says_who_made_it_where_or_when(rendered, pilot):
    report = rendered / "reports" / pilot
    assert findings.faults(disclosure.findings(report)) == []
    for name in (bundle.CRATE, *(f"audit/{n}" for n in ("run.json", bundle.INPUTS, dcat.NAME))):
        text = (report / name).read_text()
        assert not re.search(r"\d\d:\d\d:\d\d|startTime|endTime|/tmp/|file:", text), name
    for path in report.glob("audit/*.ipynb"):
        notebook = crates.read(path)
        assert set(notebook["metadata"]) == {"kernelspec", "language_info"}, path.name
        assert {key for cell in notebook["cells"] for key in cell["metadata"]} <= {"tags"}
    packed = bundle.unpacked((report / "audit" / bundle.CODE).read_bytes())
    assert {name.split("/")[0] for name in packed} == {"notebooks", "pilots", "wijkboek_utils"}
    assert [name for name in packed if name.startswith("pilots/")] == [f"pilots/{pilot}.yml"]
    used = crates.read(report / "audit" / "run.json")["bronnen"].values()
    assert graph(report)["./"]["datePublished"] == max(one["opgenomen"] for one in used)


def test_the_packed_code_is_the_code(rendered):
    packed = (rendered / "reports" / PILOTS[0] / "audit" / bundle.CODE).read_bytes()
    for name, content in bundle.unpacked(packed).items():
        path = (rendered if name.startswith("pilots/") else crates.ROOT) / name
        assert path.read_bytes() == content, name


@each
def test_the_description_for_a_portal_keeps_the_rules_of_dcat_ap_nl(rendered, pilot):
    audit = rendered / "reports" / pilot / "audit"
    assert crates.dcat_faults(crates.read(audit / dcat.NAME)) == []
    _, dataset = crates.read(audit / dcat.NAME)["@graph"]
    urls = {one["dcat:accessURL"]["@id"] for one in dataset["dcat:distribution"]}
    assert {path.name for path in audit.glob("*.csv")} | {"cijfers.xlsx"} <= urls
    assert all((audit / url).is_file() for url in urls)


BREAK = {
    "dcat:theme": lambda d: d.pop("dcat:theme"),
    "dct:identifier": lambda d: d.update({"dct:identifier": ["een", "twee"]}),
    "dct:creator": lambda d: d.pop("dct:creator"),
    "dct:accessRights": lambda d: d["dct:accessRights"].update({"@id": "http://x.example/open"}),
    "dcat:contactPoint": lambda d: d.update({"dcat:contactPoint": "een tekst"}),
    "dct:license": lambda d: d["dcat:distribution"][0].pop("dct:license"),
    "dcat:accessURL": lambda d: d["dcat:distribution"][3].update({"dcat:accessURL": "tekst"}),
    "dct:format": lambda d: d["dcat:distribution"][0]["dct:format"].update({"@id": "x:csv"}),
    "dct:language": lambda d: d["dct:language"].update({"@id": "http://x.example/nl"}),
    "dcat:startDate": lambda d: d["dct:temporal"]["dcat:startDate"].pop("@type"),
}


@pytest.mark.parametrize("what", BREAK)
def test_the_rules_of_dcat_ap_nl_see_what_is_wrong(rendered, what):
    found = crates.read(rendered / "reports" / PILOTS[0] / "audit" / dcat.NAME)
    _, dataset = found["@graph"]
    dataset["dcat:distribution"] = dataset["dcat:distribution"][:4]
    assert crates.dcat_faults(found) == []
    BREAK[what](dataset)
    assert what in " ".join(crates.dcat_faults(found))


def test_a_portal_hears_whom_to_ask_and_that_a_contribution_is_not_open():
    pilot = pilots.load(PILOTS[0])
    used = [sources.source("kwb-2024")]
    tables = {"tables": [{"url": "a.csv", "dc:title": "A", "dc:description": ""}]}

    def described(pilot, used):
        found = dcat.document(pilot, tables, used)
        assert crates.dcat_faults(found) == []
        return found["@graph"][1]

    silent = described(pilot, used)
    assert "geen contact" in silent["dcat:contactPoint"]["vcard:fn"]["@value"]
    assert "CC BY" in licences.of(used).name
    asked = replace(pilot, contact="Wijkteam, vraag@wijk.example")
    closed = [*used, replace(used[0], licence=licences.REPORT_ONLY)]
    spoken = described(asked, closed)
    assert spoken["dcat:contactPoint"]["vcard:hasEmail"] == {"@id": "mailto:vraag@wijk.example"}
    licence = spoken["dcat:distribution"][0]["dct:license"]["@id"]
    assert licence == licences.CLOSED.url


def test_one_closed_contribution_closes_the_whole_crate(tmp_path):
    used = [sources.source("kwb-2024"), sources.source("iv3-2023")]
    (tmp_path / "index.html").write_text("x")

    def root(used):
        made_of = bundle.Inputs("x", [], {})
        facts = {"title": "X", "period": "2023", "place": "X", "version": "0"}
        about = crate.About(made_of=made_of, parameters={}, steps=[], used=used, words={}, **facts)
        found = {one["@id"]: one for one in crate.document(tmp_path, about)["@graph"]}
        assert found[found["./"]["license"]["@id"]]["name"]
        return found["./"]

    assert root(used)["license"] == {"@id": licences.OPEN.url}
    closed = [*used, replace(used[0], id="b", licence=licences.REPORT_ONLY, retrieved="2027-01-02")]
    assert root(closed)["license"] == {"@id": licences.CLOSED.url}
    assert root(closed)["datePublished"] == "2027-01-02"


def test_what_is_packed_is_read_again_or_is_nothing(tmp_path, rendered):
    made = bundle.read(rendered / "reports" / PILOTS[0])
    assert (made.slug, made.gemeenten, made.parameters) == (PILOTS[0], ["GM0344"], {})
    assert made.stand == "" and made.facts["versie python"]
    assert bundle.unpacked(b"geen zip") == {}
    copy = shutil.copytree(rendered / "reports" / PILOTS[0] / "audit", tmp_path / "x" / "audit")
    abroad = '{"vorm": 1, "pilot": "../x", "gemeenten": [], "invoer": {}}'
    for half in ("", "[]", '{"vorm": 0}', '{"vorm": 1, "pilot": "x"}', abroad):
        (copy / bundle.INPUTS).write_text(half)
        with pytest.raises(bundle.Fout, match="wijkboek render x"):
            bundle.read(tmp_path / "x")
