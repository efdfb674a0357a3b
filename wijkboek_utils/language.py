"""Is the Dutch of a page plain? What can be counted is counted; the rest is left to readers.

The length of a sentence follows the house rule (28 words) and the table of readability bureaus in
docs/taal.md; words come from `tables/moeilijke_woorden.csv`, which names its sources.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

from wijkboek_utils import htmltree
from wijkboek_utils.findings import Finding, Severity
from wijkboek_utils.htmltree import HEADINGS, tidy, walk

LONG, TOO_LONG = 20, 28  # words in a sentence: advice above the first, a fault above the second
LONG_WORD = 6  # letters; longer words are "long" in the LIX of Björnsson (1968)
EXPLAINED = "uitleg"  # words of our trade that may be used because the page explains them
GLOSSARY_ID = "woordenlijst"
_TABLE = Path(__file__).parent / "tables" / "moeilijke_woorden.csv"

_SKIP = {"head", "style", "script", "pre", "code", "nav", "footer", "template"}
_SKIP |= {"g", "path", "text", "rect", "circle", "line", "polygon"}  # figures in a drawing
_SKIP_CLASSES = {"wb-code", "wb-concept", "wb-files", "wb-sources", "num"}
_SENTENCES = frozenset({"p", "li", "dd", "figcaption", "desc", "blockquote"})
_LABELS = frozenset({"caption", "summary", "td", "th", "dt", "title"})
_BLOCKS = _SENTENCES | _LABELS | HEADINGS
_CREDIT = re.compile(
    r"\s*Bron(?:nen)?: .*", re.DOTALL
)  # the rest of a line is a title, not our words
_LETTER = re.compile(r"[^\W\d_]")
_CREDITS = re.compile(r"sha256|©|https?:|\bwww\.|\.nl/")

_UNIT = r"(?:procent|miljoen|miljard|euro|cent|hectare|meter|kilo|kilometer|kWh|uur|jaar)"
_NUMBER = re.compile(rf"(?:€\s?)?[−-]?\d[\d.,]*\d?(?:\s(?:vierkante\s)?{_UNIT}\b)*%?")
_WORD = re.compile(r"[^\W_]+(?:['’./-][^\W_]+)*")
_NAME = r"[A-ZÀ-Ý][\w'’.-]*(?: (?:van|de|den|der|het|[A-ZÀ-Ý0-9][\w'’.-]*))*"
_NAMES = re.compile(rf"{_NAME}(?:, {_NAME}){{2,}}(?: en {_NAME})?")
_QUOTED = re.compile(r"«[^»]*»")
_LABEL = re.compile(r"^(?:(?:[^.;:]|[.:](?! ))+: )+")  # "Bewoner: vraag de gemeente ..."
_ABBREVIATION = re.compile(r"(?<![\w./-])[A-Z]{2,6}(?![\w/])")
_END = re.compile(r"([.!?…]+)[)»”\"'’]*\s+(?=[«“\"'(‘]*(?:€|[A-ZÀ-Ý0-9]))|(;) ")
_NEVER_LAST = re.compile(
    r"(?:bijv|bv|d\.w\.z|m\.a\.w|t\.o\.v|i\.p\.v|o\.a|m\.b\.t|t\.a\.v|nr|art|blz|resp|vgl|ca|incl"
    r"|excl|nl|jl|dr|mr|drs|prof|ir|ing|st|th)\.",
    re.IGNORECASE,
)
# After these a single capital with a full stop ends a sentence: "graad C. De rest ..."
_STARTER = re.compile("De|Het|Een|Dit|Dat|Die|Deze|Er|In|Op|Wij|We|Van|Voor|Wie|Wat|Bij|Dan|Zo|U")


class Block(NamedTuple):
    """Words that belong together: a paragraph, a heading, a caption. `kind` is the tag."""

    heading: str
    kind: str
    text: str


@dataclass(frozen=True)
class Entry:
    """A row of the table of words; the first form is the one that people look up."""

    forms: tuple[str, ...]
    alternative: str
    explanation: str
    severity: str


@cache
def entries() -> tuple[Entry, ...]:
    """Return the table of difficult and explained words."""
    with _TABLE.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Entry(tuple(r["woord"].split("|")), r["alternatief"], r["uitleg"], r["ernst"])
            for r in csv.DictReader(lines)
        )


@cache
def _forms() -> dict[str, list[tuple[tuple[str, ...], bool, Entry]]]:
    """Return per first word, in lower case: all words of a form, whether its case counts, entry."""
    found: dict[str, list[tuple[tuple[str, ...], bool, Entry]]] = {}
    for entry in entries():
        for form in entry.forms:
            words = tuple(_WORD.findall(form))
            found.setdefault(words[0].lower(), []).append((words, form != form.lower(), entry))
    return found


def blocks(html: str) -> list[Block]:
    """Return what a page says, piece by piece; no code, figures, names of rows or credits."""
    found = []
    for element, heading in walk(htmltree.parse(html), _left_out):
        if element.tag not in _BLOCKS:
            continue
        words = _said(" ".join(_own(element)) if len(element) else element.text or "")
        if words:
            found.append(Block(heading, str(element.tag), words))
    return found


@lru_cache(maxsize=50_000)  # a page is read before and after it has its list of words
def _said(words: str) -> str:
    """Return the words of a block without credits; none where it says nothing of our own."""
    words = _CREDIT.sub("", tidy(words))
    return words if _LETTER.search(words) and not _CREDITS.search(words) else ""


def _left_out(element: Element) -> bool:
    """Return whether an element holds code, figures, credits, or the name of a row."""
    if element.tag in _SKIP or _is_left_out(element.get("class", "")):
        return True
    return element.tag == "th" and element.get("scope") == "row"


@lru_cache(maxsize=1_000)
def _is_left_out(names: str) -> bool:
    return not _SKIP_CLASSES.isdisjoint(names.split())


def _own(element: Element) -> Iterator[str]:
    """Yield the words of a block, without those of blocks inside it."""
    yield element.text or ""
    for child in element:
        if child.tag not in _BLOCKS and not _left_out(child):
            yield from _own(child)
            # The title of a picture is a line of its own, also without a full stop.
            yield ". " if (element.tag, child.tag) == ("figcaption", "strong") else ""
        yield child.tail or ""


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; a full stop in a number, initial or short form ends none.

    A semicolon does: what comes after it can be read by itself.
    """
    found, start = [], 0
    for end in _END.finditer(text):
        before = text[start : end.start()] + (end.group(1) or end.group(2))
        last = before.rsplit(None, 1)[-1].lstrip("«“\"'(‘")
        following = re.match(r"[\W_]*(\w+)", text[end.end() :])
        first = following.group(1) if following else ""
        if _NEVER_LAST.fullmatch(last):
            continue
        if last.endswith(";") and before.count("(") > before.count(")"):
            continue  # the sentence goes on after what is in brackets
        if re.fullmatch(r"[A-ZÀ-Ý]\.", last) and not _STARTER.fullmatch(first):
            continue  # an initial: L. Napoleonplantsoen
        if re.fullmatch(r"\d+\.", last) and before.strip() == last:
            continue  # the number of a list: 3. Groen
        found.append(text[start : end.end()].strip())
        start = end.end()
    return [s for s in [*found, text[start:].strip()] if s]


@lru_cache(maxsize=20_000)  # the same sentence stands below several headings
def length(sentence: str) -> int:
    """Return how many words a reader meets.

    A number with its unit is one word, and so is a name between «», or a list of three names.
    """
    without = _QUOTED.sub("Naam", sentence.replace("\N{NO-BREAK SPACE}", " "))
    without = _NUMBER.sub("9", without)
    if without.count(", ") > 1:
        without = _NAMES.sub("Namen", without)
    return len(_WORD.findall(without))


def measures(html: str) -> dict[str, float]:
    """Return sentences, words, words per sentence, the longest one, and the share of long words.

    They say how a text changes, not at which level it stands; see docs/taal.md.
    """
    prose = [b.text for b in blocks(html) if b.kind in _SENTENCES]
    lengths = [length(s) for text in prose for s in sentences(text)]
    words = [w for text in prose for w in _WORD.findall(text) if w.isalpha()]
    long = sum(len(word) > LONG_WORD for word in words)
    return {
        "zinnen": len(lengths),
        "woorden": sum(lengths),
        "woorden_per_zin": round(sum(lengths) / len(lengths), 1) if lengths else 0.0,
        "langste_zin": max(lengths, default=0),
        "lange_woorden": round(long / len(words), 3) if words else 0.0,
    }


def findings(html: str, explains: bool = True) -> list[Finding]:
    """Return what makes the page hard to read, each with its heading and sentence, each once.

    Without `explains` it is a page beside the report, whose words the report explains.
    """
    said = blocks(html)
    found = [one for block in dict.fromkeys(said) for one in _in_block(block)]
    if explains:
        found += _unexplained(html, said)
    return list(dict.fromkeys(found))


def _in_block(block: Block) -> Iterator[Finding]:
    for sentence, rule, words, severity in _hard(block.kind, block.text):
        where = f"{block.heading}: {sentence}" if block.heading != sentence else sentence
        yield Finding(rule, where, words, severity)


@lru_cache(maxsize=20_000)  # the same words stand below many headings, most in every report
def _hard(kind: str, text: str) -> list[tuple[str, str, str, Severity]]:
    """Return what is hard to read in a text: sentence, rule, what to do, and how bad it is."""
    found: list[tuple[str, str, str, Severity]] = []
    for sentence in sentences(text):
        words = 0
        if kind in _SENTENCES:
            words = length(_LABEL.sub("", sentence) if kind == "li" else sentence)
        count = f"deze zin heeft {words} woorden"
        if words > TOO_LONG:
            found.append((sentence, "zin te lang", f"{count}; maak er twee van", "fout"))
        elif words > LONG:
            found.append((sentence, "lange zin", count, "advies"))
        for written, entry in _matches(sentence):
            if entry.severity != EXPLAINED:
                advice = f"«{written}» is moeilijk; kies: {entry.alternative}"
                severity: Severity = "fout" if entry.severity == "fout" else "advies"
                found.append((sentence, "moeilijk woord", advice, severity))
    return found


@lru_cache(maxsize=20_000)
def _matches(sentence: str) -> list[tuple[str, Entry]]:
    """Return each listed word of a sentence as it is written; a name in a sentence is none."""
    tokens = _WORD.findall(sentence)
    lower = [token.lower() for token in tokens]
    forms = _forms()
    found: list[tuple[str, Entry]] = []
    if forms.keys().isdisjoint(lower):
        return found
    for place, token in enumerate(lower):
        for form, exact, entry in forms.get(token, ()):
            written = tokens[place : place + len(form)]
            if exact:
                same = tuple(written) == form
            else:
                same = tuple(lower[place : place + len(form)]) == form
                same &= place == 0 or written[0] == written[0].lower()
            if same:
                found.append((" ".join(written), entry))
    return found


def glossary(html: str) -> list[tuple[str, str]]:
    """Return (word, explanation) of the words of our trade that a page uses, from a to z.

    A word that an explanation uses is explained too.
    """
    used: set[Entry] = set()
    texts = {block.text for block in blocks(html)}
    while texts:
        new = {entry for text in texts for entry in _of_our_trade(text)} - used
        used |= new
        texts = {entry.explanation for entry in new}
    return sorted(((e.forms[0], e.explanation) for e in used), key=lambda pair: pair[0].lower())


@lru_cache(maxsize=20_000)
def _of_our_trade(text: str) -> list[Entry]:
    return [entry for _, entry in _matches(text) if entry.severity == EXPLAINED]


def _unexplained(html: str, said: list[Block]) -> Iterator[Finding]:
    """Yield words of our trade and abbreviations that the page nowhere explains."""
    seen = _listed(html)
    for block in said:
        used = {entry.forms[0]: "woord zonder uitleg" for entry in _of_our_trade(block.text)}
        used |= dict.fromkeys(_short(block.text), "afkorting zonder uitleg")
        for word, rule in used.items():
            if word not in seen and not _explained_here(block.text, word):
                words = f"leg «{word}» uit, of zet het in de woordenlijst van de pagina"
                yield Finding(rule, block.heading, words, "fout")
            seen.add(word)


@lru_cache(maxsize=20_000)
def _short(text: str) -> list[str]:
    """Return the abbreviations in a text, without those that the table of words has."""
    return [word for word in _ABBREVIATION.findall(text) if word not in _known()]


@cache
def _known() -> set[str]:
    return {word for entry in entries() for form in entry.forms for word in _WORD.findall(form)}


def _listed(html: str) -> set[str]:
    """Return the words that the page's own word list explains."""
    for element, _ in walk(htmltree.parse(html)):
        if element.get("id") == GLOSSARY_ID:
            return {htmltree.text(term) for term in element.iter("dt")}
    return set()


def _explained_here(text: str, word: str) -> bool:
    """Return whether a text says in full what a word is: "Autoriteit Persoonsgegevens (AP)"."""
    short = re.escape(word)
    in_full = rf"\w+ \w[\w ]+ \({short}\)|\b{short} \([^\W\d_]+ [^)]+\)"
    return bool(re.search(rf"{in_full}|\b{short} (?:is|zijn|betekent) ", text))
