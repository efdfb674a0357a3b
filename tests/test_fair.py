"""Who made this, under which terms, and which checklist it meets: said once, and true."""

import json
import re
import tomllib

import jsonschema
import pytest
import yaml

from tests.conftest import ROOT, command
from wijkboek_utils import __version__

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CODEMETA = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONTENT = (ROOT / "LICENSE-content.md").read_text(encoding="utf-8")
RAP = (ROOT / "docs" / "rap.md").read_text(encoding="utf-8")

# What version 1.2.0 of the Citation File Format asks of the keys that we use, and no other keys
# than it knows (citation-file-format/citation-file-format, schema.json).
_TEXT = {"type": "string", "minLength": 1}
_DATE = {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[012])-(0[1-9]|[12]\d|3[01])$"}
CFF = {
    "type": "object",
    "required": ["authors", "cff-version", "message", "title"],
    "additionalProperties": False,
    "properties": {
        "cff-version": {"const": "1.2.0"},
        **dict.fromkeys(["message", "title", "abstract", "commit"], _TEXT),
        "type": {"enum": ["software", "dataset"]},
        "authors": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {
                "anyOf": [
                    {"required": ["name"]},
                    {"anyOf": [{"required": ["family-names"]}, {"required": ["alias"]}]},
                ],
                "additionalProperties": _TEXT,
            },
        },
        "version": {"type": ["string", "number"]},
        "license": {"enum": ["MIT"]},
        "date-released": _DATE,
        "doi": {"type": "string", "pattern": r"^10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+$"},
        "repository-code": {"type": "string", "pattern": "^https://"},
        "keywords": {"type": "array", "minItems": 1, "uniqueItems": True, "items": _TEXT},
    },
}


def test_the_citation_file_keeps_to_its_format():
    jsonschema.validate(CITATION, CFF)
    for wrong in ({"titel": "x"}, {"authors": []}, {"cff-version": "1.1.0"}, {"license": "MIT "}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(CITATION | wrong, CFF)


# The terms of CodeMeta 3.0 that a file like ours may have (codemeta.github.io/terms).
TERMS = {
    *("applicationCategory", "author", "buildInstructions", "codeRepository", "contributor"),
    *("continuousIntegration", "dateCreated", "datePublished", "description", "developmentStatus"),
    *("downloadUrl", "funder", "funding", "identifier", "isAccessibleForFree", "issueTracker"),
    *("keywords", "license", "maintainer", "memoryRequirements", "name", "operatingSystem"),
    *("programmingLanguage", "readme", "referencePublication", "releaseNotes", "review"),
    *("runtimePlatform", "softwareHelp", "softwareRequirements", "softwareSuggestions", "url"),
    "version",
}


def test_citation_codemeta_and_the_package_say_the_same():
    assert CODEMETA["@context"] == "https://w3id.org/codemeta/3.0"
    assert {key for key in CODEMETA if not key.startswith("@")} <= TERMS
    assert __version__ == PROJECT["version"] == CITATION["version"] == CODEMETA["version"]
    assert CODEMETA["license"] == f"https://spdx.org/licenses/{PROJECT['license']}"
    assert CITATION["license"] == PROJECT["license"]
    assert CODEMETA["name"] == CITATION["title"]
    assert CODEMETA["description"] == CITATION["abstract"]
    assert CODEMETA["keywords"] == CITATION["keywords"]
    assert [one["name"] for one in CODEMETA["author"]] == [a["name"] for a in CITATION["authors"]]
    python = (ROOT / ".python-version").read_text().strip()
    assert CODEMETA["programmingLanguage"]["version"] == python
    assert CODEMETA["runtimePlatform"] == f"Python {python}"
    for key in ("softwareRequirements", "buildInstructions", "readme", "releaseNotes"):
        assert (ROOT / CODEMETA[key]).is_file(), key


def test_the_command_says_that_version_too():
    assert command("--version").stdout.strip() == CITATION["version"]


def test_a_release_that_is_out_says_when_in_both_places():
    (dated,) = re.findall(
        rf"^## {re.escape(__version__)} - (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.M
    )
    assert dated == str(CITATION.get("date-released", "unreleased"))


def test_code_is_mit_and_the_rest_has_its_own_terms():
    code = (ROOT / "LICENSE").read_text()
    assert code.startswith("MIT License") and CITATION["authors"][0]["name"] in code
    assert "CC-BY-4.0" in CONTENT and "https://creativecommons.org/licenses/by/4.0/" in CONTENT


@pytest.mark.parametrize(
    "path", sorted((ROOT / "data/raw").glob("*/manifest.yml")), ids=lambda p: p.parent.name
)
def test_the_terms_of_each_source_are_those_of_its_manifest(path):
    folder = path.parent.relative_to(ROOT).as_posix()
    (row,) = [line for line in CONTENT.splitlines() if line.startswith(f"| `{folder}`")]
    publisher, licence, credit = (cell.strip() for cell in row.split("|")[2:5])
    for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
        assert source["licence"] == licence, source["id"]
        assert source["attribution"].startswith(credit), source["id"]
        assert publisher in source["publisher"] or "berekend" in source["publisher"], source["id"]


def test_what_is_not_cleared_is_said():
    unclear = [
        source["title"]
        for path in (ROOT / "data/raw/lokaal").glob("*/manifest.yml")
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
        if "niet nagegaan" in source["licence"]
    ]
    assert len(unclear) == 1 and "één zo'n lijst" in CONTENT and "niet nagegaan" in CONTENT


def test_software_of_others_is_named_with_its_licence():
    folders = {p.parent for p in (ROOT / "wijkboek_utils").rglob("LICENSE*")}
    for folder in folders:
        assert f"`{folder.relative_to(ROOT).as_posix()}`" in CONTENT
    assert folders


def test_the_checklist_claims_only_what_can_be_shown():
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in RAP.splitlines()
        if re.match(r"\| [A-Z].*\| (ja|deels|nee) \|", line)
    ]
    # NHS, Levels of RAP: five items at the base, nine for silver, four for gold.
    levels = [len(re.findall(r"\| (?:ja|deels|nee) \|", part)) for part in RAP.split("\n## ")[1:4]]
    assert levels == [5, 9, 4] and len(rows) == 18
    for what, met, where in rows:
        assert where, what
        named = re.findall(r"`([\w./-]+/|[\w./-]+\.(?:py|md|json|lock|csv|cff))`", where)
        for path in named:
            produced = path.startswith("audit/") or path in ("grootboek.csv", "aandelen.csv")
            assert produced or path == "sleutels.csv" or (ROOT / path).exists(), (what, path)
        assert met == "ja" or len(where.split()) > 8, f"{what}: zeg wat er ontbreekt"
    base = [met for _, met, _ in rows[:5]]
    assert base.count("nee") == 2 and "ontbreken twee dingen" in RAP
    assert ("**Uitkomst: nog geen enkel niveau.**" in RAP) == (base.count("ja") < 5)
