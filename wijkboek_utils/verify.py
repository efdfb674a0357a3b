"""Whether a report can be made again to the byte; if not, exactly what differs, and why.

Three things are held against each other: the files of the report against the checksums that it
carries, what it was made of against what is here now, and the report against the same one made
again here, without a network.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wijkboek_utils import bundle, compare, dutch, folders, inputs, rebuild
from wijkboek_utils.asked import FORKED, STOCK
from wijkboek_utils.bundle import Inputs
from wijkboek_utils.compare import Difference
from wijkboek_utils.errors import Fout

Tell = Callable[[str], None]
_SHOWN = 12  # files of which the first differences are told; of others only how many
_FIRST = ["wijkrekening", "sluitend", "gemeenterekening", "grootboek"]
_KINDS = [".csv", ".ipynb", ".json", ".jsonld", ".html"]
# They say what a report was made of and with which versions, so they follow from what changed.
_RECORDS = {f"audit/{name}" for name in (bundle.INPUTS, bundle.CODE, bundle.RECORD)}
# They hold the figures of the tables once more, in more digits than a page shows.
_DERIVED = {".xlsx", ".ipynb", ".jsonld"}


@dataclass
class Verdict:
    """What came of one report. `made` is False where it was not made again."""

    touched: list[str] = field(default_factory=list)  # files that changed since it was made
    changed: list[str] = field(default_factory=list)  # inputs that are different now
    harmless: list[str] = field(default_factory=list)  # versions, and sources that are new
    failed: str = ""  # why it could not be made again
    made: bool = False
    differences: list[Difference] = field(default_factory=list)

    @property
    def excused(self) -> bool:
        """Return whether other bytes are no wonder: other versions, or another kind of computer.

        On that a solver gives the same figures to the cent, with other digits behind it.
        """
        other = any(words.startswith("versie ") for words in self.harmless)
        return other or any(one.close and one.name.endswith(".csv") for one in self.differences)

    @property
    def moved(self) -> list[Difference]:
        """Return the files that should say the same and do not."""
        found = [one for one in self.differences if one.name not in _RECORDS]
        if not self.excused:
            return found
        return [o for o in found if not o.close and Path(o.name).suffix not in _DERIVED]

    @property
    def good(self) -> bool:
        """Return whether the report holds."""
        return not (self.touched or self.changed or self.failed or self.moved)

    @property
    def words(self) -> str:
        """Return the verdict in one sentence."""
        if self.failed:
            return "NIET te reproduceren: het rapport kan nu niet opnieuw worden gemaakt."
        if not self.good:
            words = "VERSCHILT"
            if not self.touched and not self.changed:
                words += ", terwijl de invoer dezelfde is"
            if self.made and all(one.close for one in self.moved):
                words += ". De cijfers en de tekst zijn wel dezelfde"
            return f"{words}."
        if not self.made:
            return "de bestanden en de invoer zijn dezelfde. Het is niet opnieuw gemaakt."
        if not self.differences:
            return "reproduceerbaar tot op de byte."
        if all(one.name in _RECORDS for one in self.differences):
            return "reproduceerbaar: alleen de lijst van invoer en versies is anders."
        return "dezelfde cijfers tot op de cent, maar niet tot op de byte."


def run(names: list[str], everything: bool, quick: bool, engine: str, tell: Tell = print) -> int:
    """Verify reports and tell what was found; return 0 when all of them hold.

    Raises Fout, with the nearest names, when a name is no report, before anything is verified.
    """
    names = names or ([] if everything else [folders.DEFAULT])
    reports = [(report, _made_of(report)) for report in folders.reports(names, everything)]
    good = True
    for report, made_of in reports:
        tell(f"{report.name}: nagaan")
        verdict = verify(report, made_of, quick, engine, tell)
        tell(f"{report.name}: {verdict.words}")
        good &= verdict.good
    return 0 if good else 1


def verify(
    report: Path, made_of: Inputs, quick: bool = False, engine: str = FORKED, tell: Tell = print
) -> Verdict:
    """Return whether one report holds; tell what is found as it is found.

    With `quick` it is not made again, else by `engine`.
    """
    verdict = Verdict()
    verdict.touched = list(touched(report))
    _list(verdict.touched, "Na het maken veranderd:", tell)
    if not verdict.touched:
        tell("  De bestanden zijn zoals ze zijn gemaakt.")
    if loose := sorted(name for name in bundle.LOOSE if (report / name).is_file()):
        tell(f"  Niet vergeleken, want er staat een tijdstip in: {', '.join(loose)}.")
    now = _now(made_of)
    for what in sorted(made_of.facts.keys() | now.keys()):
        one = {what: made_of.facts.get(what, "")}, {what: now.get(what, "")}
        for words in inputs.differences(*({k: v for k, v in facts.items() if v} for facts in one)):
            harmless = what.startswith("versie ") or _is_new_source(what, made_of)
            (verdict.harmless if harmless else verdict.changed).append(words)
            if not harmless:
                tell(f"  Invoer: {words}")
                for line in _explained(report, made_of, what):
                    tell(f"    {line}")
    _list(verdict.harmless, "Ook anders dan toen:", tell)
    if not verdict.changed:
        tell("  De invoer is dezelfde: notebooks, code, sleutels en ruwe bestanden.")
    if not quick:
        _again(report, made_of, engine, verdict, tell)
    return verdict


def touched(report: Path) -> Iterator[str]:
    """Yield in words which files of a report are no longer as its crate says."""
    try:
        graph = json.loads((report / bundle.CRATE).read_text(encoding="utf-8"))["@graph"]
        made = {one["@id"]: one["sha256"] for one in graph if "contentSize" in one}
    except (OSError, ValueError, LookupError, TypeError):
        yield f"{bundle.CRATE} is weg of niet te lezen"
        return
    there = {name: digest for name, (_, digest) in bundle.sums(report).items()}
    for name in sorted(made.keys() | there.keys()):
        if name not in there:
            yield f"{name} is weg"
        elif name not in made:
            yield f"{name} hoort er niet bij"
        elif made[name] != there[name]:
            yield f"{name} is veranderd"


def _made_of(report: Path) -> Inputs:
    """Return what a report was made of. Raises Fout for one that was never finished."""
    made_of = bundle.read(report)
    if (
        not (report / bundle.CRATE).is_file()
        and _recorded(report, "rapport", "status") == "mislukt"
    ):
        raise Fout(f"Het rapport {report.name} is niet afgemaakt; er is niets om na te gaan.")
    return made_of


def _now(made_of: Inputs) -> inputs.Facts:
    """Return what the report would be made of now. Every file is read: no memory is trusted."""
    os.environ[folders.AS_OF] = made_of.stand
    given = made_of.parameters, made_of.pdf
    return inputs.of(made_of.slug, made_of.gemeenten, *given, inputs.Hashes())


def _is_new_source(what: str, made_of: Inputs) -> bool:
    """Return whether a source was not there yet: it matters only where the outcome says so."""
    return what.startswith("bron ") and what not in made_of.facts


def _explained(report: Path, made_of: Inputs, what: str) -> Iterator[str]:
    """Yield where an input is different: the row of a table, the line of code, the raw file."""
    kind, _, name = what.partition(" ")
    if kind == "bron":
        yield from _raw(report, name)
    elif kind == "bestand":
        packed = report / "audit" / bundle.CODE
        held = bundle.unpacked(packed.read_bytes()) if packed.is_file() else {}
        here = bundle.code_files(made_of.slug)
        if name in held and name in here:
            found = compare.contents(name, held[name], here[name].read_bytes())
            yield found.count
            yield from found.words


def _raw(report: Path, id: str) -> Iterator[str]:
    """Yield what is wrong with a raw file, held against its manifest and against the report."""
    from wijkboek_utils import sources

    try:
        source = sources.source(id)
    except Fout as fout:
        yield str(fout)
        return
    where = sources.shown(source.path)
    found = inputs.Hashes().of(source.path)
    if found != source.sha256:
        yield f"{where} klopt niet met het manifest; wijkboek weigert dit bestand te lezen"
    then = _recorded(report, "bronnen", id, "sha256")
    if then and then != source.sha256:
        yield f"het manifest noemt een ander bestand: was {then[:12]}…, is nu {source.sha256[:12]}…"
    elif then and found == then:
        yield f"{where} is hetzelfde; wat het manifest erover zegt, is veranderd"
    elif not then:
        yield f"{where}; het rapport noemt deze bron niet"


def _recorded(report: Path, *keys: str) -> str:
    """Return what the record of the run says under some keys; empty when it says nothing."""
    try:
        found = json.loads((report / "audit" / bundle.RECORD).read_text(encoding="utf-8"))
        for key in keys:
            found = found[key]
        return str(found)
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _again(report: Path, made_of: Inputs, engine: str, verdict: Verdict, tell: Tell) -> None:
    """Make the report again and add what is different."""
    if engine == STOCK:
        tell("  Opnieuw maken met papermill zelf, niet afgesloten van het netwerk. Dat duurt lang.")
    else:
        tell("  Opnieuw maken, zonder netwerk. Dat duurt even.")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wijkboek-") as place:
        try:
            fresh = rebuild.again(made_of, Path(place).resolve(), engine)
        except Fout as fout:
            verdict.failed = str(fout)
            tell(f"  Dat lukt niet: {fout}")
            return
        verdict.made = True
        verdict.differences = compare.folders(report, fresh)
    tell(f"  Gemaakt in {dutch.number(time.monotonic() - start)} seconden en vergeleken.")
    _show(verdict, tell)


def _show(verdict: Verdict, tell: Tell) -> None:
    """Tell which files are different: first the tables, for they explain the pages."""
    shown = [o for o in verdict.differences if o.name not in _RECORDS or not verdict.changed]
    for number, one in enumerate(sorted(shown, key=lambda one: _rank(one.name))):
        tell(f"  {one.name}: {one.count}" + (" (zelfde cijfers)" if one.close else ""))
        for line in one.words if number < _SHOWN else []:
            tell(f"    {line}")


def _rank(name: str) -> tuple[int, int, str]:
    """Return where a file comes in a list: the accounts first, the pages last."""
    path = Path(name)
    first = _FIRST.index(path.stem) if path.stem in _FIRST else len(_FIRST)
    kind = _KINDS.index(path.suffix) if path.suffix in _KINDS else len(_KINDS)
    return kind, first, name


def _list(lines: list[str], head: str, tell: Tell) -> None:
    if lines:
        tell(f"  {head}")
        for line in lines[:_SHOWN]:
            tell(f"    {line}")
        if len(lines) > _SHOWN:
            tell(f"    en nog {len(lines) - _SHOWN}")
