"""Rows to fill in on the page: the columns of a dataset, one block of fields per row."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace

import ipywidgets

from wijkboek_utils.errors import Fout
from wijkboek_utils.inbox import buurten, parts
from wijkboek_utils.local import schema
from wijkboek_utils.local.contribution import Fault
from wijkboek_utils.local.faults import OVER

MOST = 25  # rows; who has more sends a file
NAME = "formulier.csv"


class Rows:
    """The rows of one dataset, filled in on the page."""

    def __init__(self, kind: str, pilot: str, message: parts.Message) -> None:
        """Begin with one empty row."""
        self._dataset, self._pilot, self._message = schema.load(kind), pilot, message
        self._rows: list[dict[str, parts.Entry]] = []
        self._blocks = ipywidgets.VBox()
        self._all = ipywidgets.Checkbox(
            description="Toon ook de velden die niet nodig zijn", indent=False
        )
        self._all.observe(self._fold, "value")
        more = parts.button("Nog een rij", self._add, message)
        self.box = parts.group(self._all, self._blocks, more, name="wb-rijen")
        self._add()

    def _add(self) -> None:
        if len(self._rows) >= MOST:
            raise Fout(f"Hier passen {MOST} rijen. Hebt u er meer? Stuur dan een bestand.")
        named = buurten.named(self._pilot)
        places = list(zip(named["naam"], named["buurt"], strict=True))
        self._rows.append(
            {
                field.name: parts.Entry(
                    field, places if field.name == "buurt" else None, terse=bool(self._rows)
                )
                for field in self._dataset.fields
            }
        )
        if "buurt" in self._rows[-1]:  # the simplest way to say where something is stays in sight
            self._rows[-1]["buurt"].box.remove_class("wb-mag")
        self._draw()

    def _remove(self, row: dict[str, parts.Entry]) -> None:
        self._rows = [one for one in self._rows if one is not row]
        self._draw()

    def _draw(self) -> None:
        blocks = []
        for n, row in enumerate(self._rows, 1):
            fields = ipywidgets.Box([entry.box for entry in row.values()])
            fields.add_class("wb-velden")
            head = parts.html(f"<h4>Rij {n}</h4>")
            away = parts.button(f"Rij {n} weg", lambda row=row: self._remove(row), self._message)  # type: ignore[misc]
            blocks.append(parts.group(head, fields, *([away] if len(self._rows) > 1 else [])))
        self._blocks.children = blocks
        self._fold()

    def _fold(self, _: object = None) -> None:
        change = self.box.remove_class if self._all.value else self.box.add_class
        change("wb-alleen-nodig")

    @property
    def _filled(self) -> list[tuple[int, dict[str, str]]]:
        """Return the rows with something in them, with their place on the page."""
        texts = [{name: e.value for name, e in row.items()} for row in self._rows]
        return [(n, row) for n, row in enumerate(texts) if any(row.values())]

    def content(self) -> bytes:
        """Return the rows as a file; columns in which nothing stands are left out."""
        filled = [row for _, row in self._filled]
        used = [
            f.name for f in self._dataset.fields if f.required or any(r[f.name] for r in filled)
        ]
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow(used)
        writer.writerows([row[name] for name in used] for row in filled)
        return out.getvalue().encode()

    def on_page(self, faults: Sequence[Fault]) -> list[Fault]:
        """Return faults with the number that a row has on the page, not in the file."""
        place = {line: n + 1 for line, (n, _) in enumerate(self._filled, 2)}
        return [replace(f, row=place.get(f.row or 0)) for f in faults]

    def tell(self, faults: Sequence[Fault]) -> None:
        """Show faults beside their fields."""
        place = {line: n for line, (n, _) in enumerate(self._filled, 2)}  # line 1: the names
        found: dict[tuple[int, str], list[str]] = {}
        for fault in faults:
            row = place.get(fault.row or 0)
            if row is not None and fault.column in self._rows[row]:
                found.setdefault((row, fault.column), []).append(fault.words)
        for n, entries in enumerate(self._rows):
            for name, entry in entries.items():
                entry.tell(found.get((n, name), []))
        if any(not self._dataset.field(name).required for _, name in found):
            self._all.value = True


class About:
    """What a contribution says of itself, filled in on the page."""

    def __init__(self) -> None:
        """Begin with empty fields."""
        self._entries = {field.name: parts.Entry(field) for field in schema.about().fields}
        self.box = ipywidgets.Box([entry.box for entry in self._entries.values()])
        self.box.add_class("wb-velden")

    def values(self) -> dict[str, str]:
        """Return what was filled in, by name."""
        return {name: entry.value for name, entry in self._entries.items() if entry.value}

    def fill(self, told: dict[str, str]) -> None:
        """Fill in what a file says of itself, where nothing was filled in yet."""
        for name, entry in self._entries.items():
            if not entry.value and told.get(name):
                entry.value = told[name]

    def tell(self, faults: Sequence[Fault]) -> list[Fault]:
        """Show faults beside their fields; return those that belong to no field."""
        found: dict[str, list[str]] = {}
        rest = []
        for fault in faults:
            name = (fault.column or "").removeprefix(OVER)
            if name != fault.column and name in self._entries:
                found.setdefault(name, []).append(fault.words)
            else:
                rest.append(fault)
        for name, entry in self._entries.items():
            entry.tell(found.get(name, []))
        return rest
