"""The passports of a rendered report: what can be derived, and by which name it is asked for."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wijkboek_utils import cbs, folders, pilots, sources
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.explain.closed import lines_of
from wijkboek_utils.explain.municipal import Flow
from wijkboek_utils.pilots import Pilot

CLOSING = "sluitend:"  # before a line of the account that closes
CBS = "cbs:"  # before a topic that CBS counts
PASSPORTS = "cijferpaspoorten.jsonld"
_STEP = "cel-"


@dataclass(frozen=True)
class Figure:
    """A printed figure and its passport: `cijfer` as the page has it, `naam` what it is.

    `flows` are the flows that it adds up, each with 1 or -1; empty where its derivation was not
    made. `measure` is what comes straight from CBS: `cbs:<topic>`, or `inkomen`; `facts` is the
    passport as JSON-LD.
    """

    id: str
    naam: str
    cijfer: str
    waarde: float | None
    se: float | None
    flows: dict[Flow, int]
    facts: dict[str, Any]
    measure: str = ""

    @property
    def derivable(self) -> bool:
        """Return whether its steps are worked out down to raw cells."""
        return bool(self.flows or self.measure)


@dataclass(frozen=True)
class Report:
    """The passports of a report, by id, how it was made, and from which sources."""

    slug: str
    folder: Path
    pilot: Pilot
    sleutelset: str
    figures: dict[str, Figure]
    bronnen: frozenset[str]


def read(name: str) -> Report:
    """Return a report by the name of its pilot, or by its folder or page.

    Raises Fout when it is not there, or was made before passports named their flows.
    """
    folder = _folder(name)
    slug = folder.name
    record, told = (_json(folder / "audit" / file) for file in ("run.json", PASSPORTS))
    parameters = record.get("parameters", {})
    jaar = parameters.get("jaar")
    graph = told.get("@graph", [])
    flows = {n["@id"]: _flow(n) for n in graph if n.get("@type") == "Geldstroom"}
    found = [_figure(node, flows) for node in graph if node.get("@type") == "Cijfer"]
    return Report(
        slug,
        folder,
        pilots.load(slug, int(jaar) if jaar else None),
        str(parameters.get("sleutelset", "beredeneerd")),
        {figure.id: figure for figure in found},
        frozenset(record.get("bronnen", {})),
    )


def _folder(name: str) -> Path:
    """Return the folder of a report, by a path to it or to its page, or by its name."""
    (folder,) = folders.reports([name])
    if not (folder / "audit" / PASSPORTS).is_file():
        raise Fout(
            f"Het rapport {folder.name} heeft geen cijferpaspoorten: het is niet afgemaakt. "
            f"Maak het opnieuw, met: wijkboek render {folder.name}"
        )
    return folder


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Fout(
            f"{sources.shown(path)} is niet te lezen. Maak het rapport opnieuw, met: wijkboek "
            "render --force"
        ) from error
    return found if isinstance(found, dict) else {}


def _flow(node: dict[str, Any]) -> Flow:
    post, van, naar, domein = (str(node.get(n, "")) for n in ("post", "van", "naar", "domein"))
    return Flow(post, van, naar, domein, "deel" in node)


def _figure(node: dict[str, Any], flows: dict[str, Flow]) -> Figure:
    signed = {flows[i]: 1 for i in node.get("telt", [])}
    signed |= {flows[i]: -1 for i in node.get("telt_af", [])}
    return Figure(
        str(node["@id"]).removeprefix("#").removeprefix(_STEP),
        str(node.get("naam", "")),
        str(node.get("cijfer", "")),
        node.get("waarde"),
        node.get("standaardfout"),
        signed,
        node,
        str(node.get("maat", "")),
    )


def find(report: Report, asked: str) -> list[Figure]:
    """Return the figures that are meant by an id, a link, a name, or a post of the grootboek.

    A name that more figures have gives them all. Raises Fout with the nearest names.
    """
    word = asked.strip()
    ident = word.rpartition("#")[2].removeprefix(_STEP)
    if ident in report.figures:
        return [report.figures[ident]]
    if ":" in word and (posts := _of_post(report, word)):
        return posts
    plain = word.casefold()
    named = [f for f in report.figures.values() if f.naam.casefold() == plain]
    named = named or [f for f in report.figures.values() if plain and plain in f.naam.casefold()]
    if named:
        return named
    every = sorted({flow.post for f in report.figures.values() for flow in f.flows})
    known = [*(f.naam for f in report.figures.values()), *every, *report.figures]
    near = did_you_mean(ident if "#" in word else word, list(dict.fromkeys(known)))
    raise Fout(
        f"«{asked}» staat niet in het rapport van {report.slug}.{near} Zonder POST toont "
        f"wijkboek explain {report.slug} wat er te herleiden is."
    )


def _of_post(report: Report, post: str) -> list[Figure]:
    """Return a post of the grootboek as a figure: each side of a taakveld is one."""
    if post.startswith(CBS):
        topics = {f"{CBS}{name}" for g in report.pilot.gemeenten for name in _topics(report, g)}
        return [Figure(post, post, "", None, None, {}, {}, post)] if post in topics else []
    if post.startswith(CLOSING):
        return _closed(report, post.removeprefix(CLOSING).casefold())
    every = dict.fromkeys(flow for f in report.figures.values() for flow in f.flows)
    found = [f for f in every if f.post == post or f.post.startswith(f"{post}:")]
    return [
        Figure(name, name, "", None, None, {f: 1 for f in found if f.post == name}, {})
        for name in dict.fromkeys(flow.post for flow in found)
    ]


def _closed(report: Report, regel: str) -> list[Figure]:
    """Return the lines of the account that closes of one name; one for each payer and receiver."""
    every = [*dict.fromkeys(flow for f in report.figures.values() for flow in f.flows)]
    return [
        Figure(
            "12_geldstromen-sluit-tabel-1",
            f"{line[2]}, {line[0]} aan {line[1]}, na het sluiten",
            "",
            None,
            None,
            {},
            {},
            f"{CLOSING}{'|'.join(line)}",
        )
        for line in lines_of(every)
        if line[2].casefold() == regel
    ]


def _topics(report: Report, gemeente: str) -> list[str]:
    rows = cbs.indicators(gemeente, report.pilot.jaar)
    return [str(topic) for topic in rows["onderwerp"].unique()]
