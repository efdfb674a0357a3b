"""A derivation as a short Dutch story: the printed digits on top, raw cells at the leaves."""

from collections.abc import Iterator

import numpy as np

from wijkboek_utils import dutch, sources
from wijkboek_utils.explain.derive import Derived, Deriver, cells
from wijkboek_utils.explain.nodes import CLOSED, EURO, Cell, Node, choices_of, walk
from wijkboek_utils.explain.raw import CONVERTED
from wijkboek_utils.explain.report import CLOSING, Report
from wijkboek_utils.explain.view import Seen, View, figure, written

LARGEST = 3  # parts of a sum whose steps are told, unless all are asked for
DEEPEST = 6  # steps below the figure, the same
_SHA = 12
_IN_WORDS = {
    "som": "opgeteld",
    "verschil": "het eerste min de rest",
    "product": "maal elkaar",
    "quotiënt": "het eerste gedeeld door het tweede",
    "minstens": "maar minstens",
    "hoogstens": "maar hoogstens",
    CLOSED: "na het sluiten: kleinste kwadraten over alle bedragen van de wijkrekening",
    "aangevuld naar": "waar het ontbreekt geschat naar verhouding van het tweede",
    "aandeel in de gemeente": "deel van elke buurt in de hele gemeente",
    "verdeeld tot op de cent": "het eerste verdeeld volgens het tweede, tot op de cent",
    "deel van": "deel van het eerste, tot op de cent",
    "som over buurten": "opgeteld over de buurten van het gebied",
    "som over de gemeente": "opgeteld over alle buurten van de gemeente",
    "per buurt gekozen": "per buurt het eerste, of anders het tweede",
}


def operation(node: Node) -> str:
    """Return what a step does in words."""
    return _IN_WORDS.get(node.op, node.op)


class Story:
    """The story of the figures of one report."""

    def __init__(self, deriver: Deriver, every: bool = False) -> None:
        self.deriver, self.every = deriver, every
        self.view = View(deriver)
        self._told: dict[tuple[int, bytes], int] = {}

    def lines(self, one: Derived) -> Iterator[str]:
        """Yield the lines of the story of one figure."""
        figure, report = one.figure, self.deriver.report
        where = f"{sources.shown(report.folder)}/index.html#cel-{figure.id}"
        if not figure.facts:
            where = f"zoals het in de boeken van {report.slug} staat"
        yield f"{figure.cijfer or one.digits}  {figure.naam}".strip()
        yield where
        yield ""
        if one.node is None:
            yield from _known(one)
            return
        yield from _verdict(one, report)
        yield ""
        yield from self.tree(Seen(one.node, self.view.inside), 0)
        yield ""
        yield from _sources(one)

    def tree(self, seen: Seen, depth: int) -> Iterator[str]:
        """Yield a step and all below it, each deeper by two spaces."""
        seen = self.view.bare(seen)
        node, before, value = seen.node, "  " * depth, self.view.value(seen)
        words = operation(node)
        label = f"{seen.label}: {words}" if seen.label else words
        if not node.args:
            yield from (f"{before}{line}" for line in self.leaf(seen))
            return
        if seen.key in self._told:
            told = self._told[seen.key]
            yield f"{before}{value}  {seen.label or words} (zie stap {told})"
            return
        self._told[seen.key] = number = len(self._told) + 1
        if node.op == "aandeel in de gemeente":
            label += f", samen {self.view.whole(node.args[0])}"
        yield f"{before}{value}  {number}. {label}"
        parts = self.view.inputs(seen)
        if node.op == CLOSED:
            yield from self._closed(seen, parts, depth)
            return
        if depth >= DEEPEST and not self.every:
            yield f"{before}  {_deeper(parts)}"
            return
        shown = self._largest(node, parts)
        for part in shown:
            yield from self.tree(part, depth + 1)
        if rest := [self.view.size(part) for part in parts if part not in shown]:
            more = dutch.plural(len(rest), "ander deel", "andere delen")
            yield f"{before}  {written(sum(rest), node.unit)}  {more}; --alles toont ze"

    def _closed(self, seen: Seen, parts: list[Seen], depth: int) -> Iterator[str]:
        """Yield what balancing did to an amount, and the steps to what it was."""
        before, after = self.view.size(parts[0]), self.view.size(seen)
        se = self.deriver.account.error(seen.node)
        more = "meer" if after > before else "minder"
        jump = f", {dutch.number(abs(after - before) / se, 1)} standaardfouten" if se else ""
        inside = "  " * (depth + 1)
        yield f"{inside}{dutch.euro(abs(after - before))} {more} dan ervoor{jump}"
        yield f"{inside}gewicht: standaardfout vóór het sluiten {dutch.euro(se)}"
        left = written(self.deriver.account.rest, EURO)
        yield f"{inside}na het sluiten blijft in elke rekening hoogstens {left} over"
        yield from self.tree(parts[0], depth + 1)
        others = sorted(parts[1:], key=lambda part: -abs(self.view.size(part)))
        count = dutch.plural(len(others), "ander bedrag", "andere bedragen")
        yield f"{inside}{count} schuiven mee; de grootste:"
        for part in others if self.every else others[:LARGEST]:
            yield f"{inside}  {self.view.value(part)}  {part.label}"

    def _largest(self, node: Node, parts: list[Seen]) -> list[Seen]:
        if self.every or node.op != "som" or len(parts) <= LARGEST + 1:
            return parts
        return sorted(parts, key=lambda part: -abs(self.view.size(part)))[:LARGEST]

    def leaf(self, seen: Seen) -> Iterator[str]:
        """Yield what a raw cell, a choice of our own or a number in a formula says."""
        node = seen.node
        if node.choice:
            one = node.choice
            where = f" ({one.where})" if self.every else ""
            yield f"{figure(one.value)} {one.unit}  keuze {one.id}{where}: {one.reason}"
        elif not node.cells:
            yield f"{figure(node.number)}  getal in de formule"
        elif node.op == "cel":
            yield f"{self.view.value(seen)}  {self._cell(node.cells[0], node)}"
        else:
            yield from self._column(seen)

    def _cell(self, cell: Cell | None, node: Node) -> str:
        if cell is None:
            return f"{node.label}: geen cijfer bij de bron"
        files = self.deriver.files
        line = files.line(cell)
        at = f"regel {line}, " if line else ""
        where = f"{_file(cell.bron)}, {at}rij {cell.rij}, kolom {cell.kolom}"
        found = sources.source(cell.bron)
        # A fetched account has a row for each category; ours is their sum.
        what = "som van de categorieën" if found.dataset and found.series == "iv3" else "cel"
        return f"{what} «{files.text(cell)}» in {where}"

    def _column(self, seen: Seen) -> Iterator[str]:
        """Yield a column of cells: how many, and those that count here, the largest first."""
        node = seen.node
        there = [cell for cell in node.cells if cell]
        count = dutch.plural(len(there), "cel", "cellen")
        file = _file(there[0].bron) if there else "geen bron"
        column = there[0].kolom if there else node.label
        yield f"{self.view.value(seen)}  {count} in {file}, kolom {column}"
        values = self.view.values(node)
        own = [
            (cell, value)
            for cell, value, weight in zip(node.cells, values, seen.weights, strict=True)
            if weight and cell
        ]
        own.sort(key=lambda pair: -np.nan_to_num(pair[1]))
        shown = own if self.every else own[:LARGEST]
        for cell, _ in shown:
            line = self.deriver.files.line(cell)
            at = f" (regel {line})" if line else ""
            yield f"  rij {cell.rij}: «{self.deriver.files.text(cell) or 'leeg'}»{at}"
        if len(own) > len(shown):
            yield f"  en {len(own) - len(shown)} andere die hier meetellen"


def _verdict(one: Derived, report: Report) -> Iterator[str]:
    assert one.node is not None and one.waarde is not None
    amount, error = written(one.waarde, one.node.unit), ""
    if one.se:
        error = f", standaardfout {written(one.se, one.node.unit)}"
    elif one.se == 0:
        error = ", zonder standaardfout"
    count = dutch.plural(len(cells(one)), "ruwe cel", "ruwe cellen")
    yield f"Opnieuw berekend uit {count}: {amount}{error}."
    if not one.figure.cijfer:
        yield f"Afgedrukt zou dit zijn: {one.digits}."
    elif one.agrees:
        yield f"Afgerond is dat {one.digits}. Dat staat ook in het rapport."
    else:
        yield f"LET OP: afgerond is dat {one.digits}. In het rapport staat {one.figure.cijfer}."
        newer = {cell.bron for cell in cells(one)} - report.bronnen
        if newer:
            yield f"Het rapport is gemaakt zonder {dutch.join(sorted(newer))}; maak het opnieuw."


def _deeper(parts: list[Seen]) -> str:
    """Say how much stands below a step that is not told."""
    nodes = [node for part in parts for node in walk(part.node)]
    found = {cell for node in nodes for cell in node.cells if cell}
    count = dutch.plural(len(found), "ruwe cel", "ruwe cellen")
    steps = dutch.plural(len({id(node) for node in nodes}), "stap", "stappen")
    return f"… nog {steps} dieper, tot op {count}; --alles toont ze"


def _file(bron: str) -> str:
    found = sources.source(bron)
    return f"{sources.shown(found.path)} ({bron}, sha256 {found.sha256[:_SHA]})"


def _sources(one: Derived) -> Iterator[str]:
    """Yield which files and choices the figure rests on."""
    by_file: dict[str, int] = {}
    converted = 0
    for cell in cells(one):
        by_file[cell.bron] = by_file.get(cell.bron, 0) + 1
        converted += cell.rij.startswith(CONVERTED)
    yield "Bronnen:"
    for bron, count in by_file.items():
        yield f"  {dutch.plural(count, 'cel', 'cellen')} uit {_file(bron)}"
    if converted:
        yield (
            f"  {dutch.plural(converted, 'cijfer is', 'cijfers zijn')} omgerekend naar andere "
            "grenzen; die stap staat hier niet."
        )
    choices = choices_of(one.node) if one.node else {}
    if choices:
        yield f"  {dutch.plural(len(choices), 'eigen keuze', 'eigen keuzes')} (kengetallen)"


def _known(one: Derived) -> Iterator[str]:
    """Yield what the passport says of a figure whose steps are not told yet."""
    if one.figure.flows or one.figure.measure.startswith(CLOSING):
        yield "Dit cijfer steunt op bijdragen van de wijk. Hun stappen staan hier nog niet."
    elif one.figure.measure:
        yield "Van het hele gebied is dit cijfer niet bekend."
    else:
        yield "Van dit cijfer zijn de stappen nog niet uitgewerkt. Het paspoort zegt:"
    facts = one.figure.facts
    for term in ("formule", "methode", "jaar", "bron", "sleutel", "kengetal"):
        if term in facts:
            said = facts[term]
            listed = (
                [str(word).removeprefix("#bron-") for word in said]
                if isinstance(said, list)
                else [str(said)]
            )
            yield f"  {term}: {', '.join(listed)}"
    for ident in facts.get("bron", []):
        yield f"  bestand: {_file(str(ident).removeprefix('#bron-'))}"


def listing(report: Report) -> Iterator[str]:
    """Yield what of a report can be derived, and what not yet."""
    done = [f for f in report.figures.values() if f.derivable]
    yield (
        f"Rapport van {report.pilot.naam}: {len(done)} van {len(report.figures)} paspoorten "
        "zijn tot op de ruwe cel te herleiden."
    )
    yield ""
    for one in done:
        yield f"{one.id:44} {one.cijfer:>16}  {one.naam}"
    posts = sorted({flow.post for one in done for flow in one.flows})
    yield ""
    yield f"Posten van het grootboek ({len(posts)}):"
    yield ", ".join(posts)
