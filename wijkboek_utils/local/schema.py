"""The nine datasets that people can add: one definition serves template, check and help page.

The definitions are in `tables/datasets`, in the words of the Table Schema standard (Frictionless
Standards): what `required`, `enum`, `minimum` and `pattern` mean is written down there.
"""

from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import yaml

KINDS = [
    "telling",
    "voorraad",
    "geldstroom",
    "werk",
    "vraag_aanbod",
    "budget",
    "activiteit",
    "netwerk",
    "besteding",
]
ABOUT = "over"  # what every contribution says of itself
PLACE = ["buurt", "x", "y", "postcode", "huisnummer"]  # the columns that say where something is
MARK = "VOORBEELD: wis deze rij"  # in the last column of the example row of a template
_MOST = 500  # characters in a cell of which the definition says nothing


@dataclass(frozen=True)
class Field:
    """A column of a dataset. `type` is string, integer, number, year or date.

    `codes` names a list of codes (buurt, postcode, taakveld) that is too long for `choices`.
    `private` is used to check and to place, and never stored. `example` is as a user would type it.
    """

    name: str
    title: str
    type: str
    help: str
    required: bool = False
    choices: tuple[str, ...] = ()
    unit: str = ""
    min: float | None = None
    max: float | None = None
    longest: int = _MOST
    pattern: str = ""
    codes: str = ""
    private: bool = False
    coordinate: bool = False
    example: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def free(self) -> bool:
        """Return whether people write here what they like, so that it may name a person."""
        return self.type == "string" and not (self.choices or self.codes or self.pattern)


@dataclass(frozen=True)
class Dataset:
    """A kind of contribution: its columns in order, and the words of its help page.

    `place` is "nodig" or "mag" when rows have a place, else empty; `points`: whether the point
    itself may be kept, as for a tree, and not only its buurt, as for a household.
    """

    name: str
    title: str
    help: str
    fields: tuple[Field, ...]
    place: str = ""
    points: bool = False
    why: str = ""
    steps: tuple[str, ...] = ()
    never: str = ""

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns, in order."""
        return [field.name for field in self.fields]

    @property
    def stored(self) -> list[str]:
        """Return the names of the columns of `Checked.rows`: those that are not private."""
        hidden = () if self.points else ("x", "y")
        return [f.name for f in self.fields if not f.private and f.name not in hidden]

    def field(self, name: str) -> Field:
        """Return a column by its name; KeyError when there is none."""
        return {field.name: field for field in self.fields}[name]


@cache
def load(kind: str) -> Dataset:
    """Return the definition of a kind, or of `over`, what a contribution says of itself."""
    told = _read(kind)
    fields = [_field(one) for one in told["fields"]]
    place = told.get("place")
    if place:
        at = [field.name for field in fields].index(place["before"])
        fields[at:at] = [_field(one) for one in _read("plaats")["fields"]]
    return Dataset(
        name=told["name"],
        title=told["title"],
        help=told["description"],
        fields=tuple(_marked(fields) if kind in KINDS else fields),
        place=("nodig" if place["required"] else "mag") if place else "",
        points=told.get("points", False),
        why=told.get("why", ""),
        steps=tuple(told.get("steps", ())),
        never=told.get("never", ""),
    )


def about() -> Dataset:
    """Return the definition of what every contribution says of itself."""
    return load(ABOUT)


def _read(name: str) -> dict[str, Any]:
    path = resources.files("wijkboek_utils") / "tables" / "datasets" / f"{name}.yml"
    told: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return told


def _field(told: dict[str, Any]) -> Field:
    rules = told.get("constraints", {})
    return Field(
        name=told["name"],
        title=told["title"],
        type=told["type"],
        help=told["description"],
        required=rules.get("required", False),
        choices=tuple(_words(one) for one in rules.get("enum", ())),
        unit=told.get("unit", ""),
        min=rules.get("minimum"),
        max=rules.get("maximum"),
        longest=rules.get("maxLength", _MOST),
        pattern=rules.get("pattern", ""),
        codes=told.get("codes", ""),
        private=told.get("private", False),
        coordinate=told.get("coordinate", False),
        example=_words(told.get("example", "")),
        aliases=tuple(told.get("aliases", ())),
    )


def _words(value: Any) -> str:
    """Return a value of the definition as a Dutch user would type it."""
    return str(value).replace(".", ",") if isinstance(value, float) else str(value)


def _marked(fields: list[Field]) -> list[Field]:
    """Return the columns with the mark of the example row in the last, a column for free text."""
    return [*fields[:-1], replace(fields[-1], example=MARK)]
