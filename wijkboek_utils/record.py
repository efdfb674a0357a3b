"""The record of a run beside its report: what ran on which sources, and what all of it is."""

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from wijkboek_utils import bundle, crate, dcat, exports, index_entries, inputs, sources
from wijkboek_utils.bundle import Inputs, Step
from wijkboek_utils.run import Job
from wijkboek_utils.sources import Source

Files = list[tuple[str, str]]  # path from the page, and what it is in words


def write(job: Job, work: Path, faults: list[str], finished: bool = True) -> None:
    """Write what was run, on which sources, and what came of it."""
    record: dict[str, Any] = {
        "pilot": job.pilot.slug,
        "rapport": index_entries.facts(job.pilot, faults, finished=finished),
        "parameters": job.parameters,
        "python": platform.python_version(),
        "pakketten": {"wijkboek": version("wijkboek"), **inputs.versions()},
    }
    if finished:
        used = [sources.source(i) for i in sources.read_table(job.pilot.slug, "bronnen")["bron"]]
        record["bronnen"] = {s.id: _manifest(s) for s in used}
    write_json(work / "audit" / bundle.RECORD, record)


def _manifest(source: Source) -> dict[str, str | None]:
    """Return what a manifest says of a source, to find the same file again."""
    return {
        "bestand": sources.shown(source.path),
        "tabel": source.table,
        "periode": source.period,
        "adres": source.url,
        "opgenomen": source.retrieved,
        "gewijzigd": source.modified,
        "sha256": source.sha256,
    }


def portal(job: Job, folder: Path, used: list[Source]) -> None:
    """Write what a data portal asks; the tables and their description are there already."""
    described = json.loads((folder / exports.METADATA).read_text(encoding="utf-8"))
    write_json(folder / dcat.NAME, dcat.document(job.pilot, described, used))


def making(folder: Path, steps: list[Step], made_of: Inputs) -> Files:
    """Write of what and by what a report is made; return these files, and what `portal` writes."""
    listed = bundle.write(folder, made_of, steps)
    listed.append((dcat.NAME, "beschrijving voor een dataportaal (DCAT-AP-NL)"))
    beside = [(f"audit/{path}", words) for path, words in listed]
    return [*beside, (bundle.CRATE, "beschrijving van het geheel (RO-Crate)")]


def describe(
    job: Job,
    work: Path,
    made_of: Inputs,
    steps: list[Step],
    used: list[Source],
    words: dict[str, str],
) -> None:
    """Write of a finished report what each file is; `words` says so by path."""
    pilot = job.pilot
    about = crate.About(
        title=f"{pilot.naam}, {pilot.periode}",
        period=str(pilot.jaar),
        place=f"{pilot.naam}, {pilot.gemeentenaam}",
        made_of=made_of,
        parameters=job.parameters,
        steps=steps,
        used=used,
        words=words,
        version=version("wijkboek"),
    )
    crate.write(work, about)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write facts so that the same facts give the same bytes."""
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8")
