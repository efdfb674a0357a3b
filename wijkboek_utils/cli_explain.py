"""The verb `explain`: how one printed figure came about, from raw cell to digits."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wijkboek_utils.errors import Fout

EXAMPLES = """\
voorbeelden:
  wijkboek explain utrecht-kanaleneiland                 wat er te herleiden is
  wijkboek explain utrecht-kanaleneiland iv3:6.3         een post van het grootboek
  wijkboek explain utrecht-kanaleneiland "Boodschappen"  een regel van een rekening
  wijkboek explain utrecht-kanaleneiland 12_geldstromen-stromen-3 --graaf cijfer.svg
"""
MOST = 6  # figures of one name that are told one after another


def add(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the verb to the command; `verb` makes one, with its help."""
    part = verb(
        verbs,
        "explain",
        "herleid een cijfer tot op de ruwe cel",
        "Toon hoe een afgedrukt cijfer is gemaakt, en reken het opnieuw uit de ruwe bestanden.",
        EXAMPLES,
    )
    part.add_argument("report", metavar="RAPPORT", help="naam van een pilot, of reports/<pilot>")
    part.add_argument(
        "post",
        nargs="?",
        metavar="POST",
        help="een post, een regel van een rekening, of het nummer in een cijferpaspoort",
    )
    part.add_argument("--alles", action="store_true", help="toon alle stappen en alle cellen")
    part.add_argument("--json", action="store_true", help="voor een computer (JSON)")
    part.add_argument("--graaf", metavar="BESTAND", help="teken de stappen in een SVG-bestand")


def explain(options: argparse.Namespace) -> int:
    """Tell how a figure was made; 1 when the digits made anew are not those that were printed."""
    if options.post is None and "#" in options.report:  # the address of a passport
        options.report, _, options.post = options.report.partition("#")
    if options.graaf and options.post is None:
        raise Fout("--graaf tekent één cijfer. Geef er een POST bij.")
    if options.graaf and Path(options.graaf).suffix.lower() != ".svg":
        raise Fout(
            f"--graaf: «{options.graaf}» eindigt niet op .svg. Geef een naam als cijfer.svg."
        )
    from wijkboek_utils.explain import derive, report, text

    found = report.read(options.report)
    if options.post is None:
        print("\n".join(text.listing(found)))
        return 0
    figures = report.find(found, options.post)
    if len(figures) > MOST:
        lines = [f"  {one.id}  {one.cijfer}  {one.naam}" for one in figures]
        raise Fout(
            f"«{options.post}» past op {len(figures)} cijfers. Kies er een:\n" + "\n".join(lines)
        )
    deriver = derive.Deriver(found)
    made = [deriver.of(figure) for figure in figures]
    if options.graaf:
        _draw(deriver, made, Path(options.graaf))
    if options.json:
        import json

        from wijkboek_utils.explain import data

        print(json.dumps(data.document(deriver, made), ensure_ascii=False, indent=1))
    else:
        stories = ["\n".join(text.Story(deriver, options.alles).lines(one)) for one in made]
        print("\n\n".join(stories))
    return int(any(one.node and one.figure.cijfer and not one.agrees for one in made))


def _draw(deriver: Any, made: list[Any], path: Path) -> None:
    from wijkboek_utils.explain import graph
    from wijkboek_utils.files import write_whole

    drawn = next((one for one in made if one.node), None)
    if drawn is None:
        raise Fout("--graaf: van dit cijfer zijn de stappen nog niet uitgewerkt.")
    write_whole(path, graph.svg(deriver, drawn).encode())
