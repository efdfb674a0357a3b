"""Validators of a bundle: of RO-Crate with its profile, and of DCAT-AP-NL by its SHACL rules.

Nothing here uses a network: the context of RO-Crate comes from the package `rocrate`.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pyshacl
import rocrate
from rdflib import Graph
from requests import Request, Response
from requests.structures import CaseInsensitiveDict
from rocrate_validator import services
from rocrate_validator.models import Severity
from rocrate_validator.utils.http import HttpRequester
from urllib3 import HTTPResponse

from tests.conftest import ROOT

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
RULES = ROOT / "tests" / "data" / "dcat_ap_nl" / "regels.ttl"
# Advice of Process Run Crate that we do not follow: there is no public address of the program, its
# libraries and our publishers to give, and the docstring of `crate` says why no time and no person.
LEFT_OUT = {
    "The Application SHOULD have a url",
    "The SoftwareApplication id SHOULD be an absolute URI",
    "The organization SHOULD have a URL.",
    "The Action SHOULD have an endTime in ISO 8601 format",
    "The Action SHOULD have an agent that is a Person or Organization",
}
Issues = list[tuple[str, str]]


def crate_faults(
    folder: Path, cache: Path, advice: bool = False, payload: bool = True
) -> tuple[Issues, Issues]:
    """Return what the validator of RO-Crate finds broken in a bundle, and its advice.

    Each as (entity, message). `cache` is a folder for what it would fetch; without `payload` it
    does not look whether the files are there.
    """
    settings = services.ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier="process-run-crate",
        requirement_severity="RECOMMENDED" if advice else "REQUIRED",
        metadata_only=not payload,
        offline=True,
        cache_path=cache / "http",
    )
    _known(HttpRequester().session)
    found = services.validate(settings).get_issues()
    issues = [(i.severity, (str(i.violatingEntity), str(i.message))) for i in found]
    required = [issue for severity, issue in issues if severity >= Severity.REQUIRED]
    return required, [issue for severity, issue in issues if severity < Severity.REQUIRED]


def _known(session: Any) -> None:
    """Put the context where the validator looks before it goes to the network."""
    content = (Path(rocrate.__file__).with_name("data") / "ro-crate.jsonld").read_bytes()
    answer = Response()
    answer.status_code, answer.url, answer.encoding = 200, CONTEXT, "utf-8"
    answer._content = content
    answer.headers = CaseInsensitiveDict({"Content-Type": "application/ld+json"})
    answer.raw = HTTPResponse(body=content, status=200, preload_content=False)
    answer.request = Request("GET", CONTEXT).prepare()
    session.cache.save_response(answer)


def dcat_faults(described: dict[str, Any]) -> list[str]:
    """Return which rules of DCAT-AP-NL a description breaks, as lines of words."""
    data = Graph().parse(
        data=json.dumps(described), format="json-ld", publicID="https://wijk.example/audit/dcat"
    )
    conforms, _, words = pyshacl.validate(data, shacl_graph=rules())
    return [] if conforms else [line for line in words.splitlines() if line.strip()]


@cache
def rules() -> Graph:
    """Return the SHACL rules."""
    return Graph().parse(RULES, format="turtle")


def read(path: Path) -> Any:
    """Return a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
