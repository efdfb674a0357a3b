"""What a report folder gives away: a person, a small group, or the machine that made it.

What is read: pages and notebooks as text, tables in their text columns (a column of amounts holds
no BSN), workbooks by their shared texts. The proofs are those of the numbers themselves: eleven for
a BSN (Besluit burgerservicenummer), 97 for an IBAN (ISO 13616), so that a look-alike seldom counts.
"""

import csv
import html
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from wijkboek_utils import machine, small_counts
from wijkboek_utils.findings import Finding
from wijkboek_utils.machine import within

_NAME = 60  # letters; a longer text is no name of a column
_SMALL = 500_000  # bytes; smaller files are looked at together
_FEW = 50  # texts; to look at them one by one takes less time than to prepare a first look
_SAMPLE, _HEAD = 500, 1_000_000  # rows, in so many bytes, that tell text from figures

_FIGURE = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?")
_BSN = re.compile(r"(?<![\w.,€-])(?:\d{9}|\d{4}\.\d{2}\.\d{3}|\d{3} \d{3} \d{3})(?![\w-]|[.,]\d)")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+[a-zA-Z]{2,}(?![\w-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_PHONE = re.compile(
    r"(?<![\w.,+-])(?:(?:\+|00)31[ -]?(?:\(0\)[ -]?)?[1-9]|0[1-9])(?:[ -]?\d){8}(?![\w-]|[.,]\d)"
)
_NO_MORE = r"(?:[^\w.,-]|[.,](?:\D|$)|$)"  # of 123456789.12 there is more: it is an amount
# A text without one of these holds none of them: most cells of a table. Arrow looks for all at once
# in many texts; it knows no look-around, so these match more than the patterns above.
_MAYBE = "|".join(
    [
        r"@[^\s@]*\.[a-zA-Z]{2}",
        r"(?:^|[^\w.,-])(?:\d{9}|\d{4}\.\d{2}\.\d{3}|\d{3} \d{3} \d{3})" + _NO_MORE,
        r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2}",
        r"(?:^|[^\w.,+-])(?:(?:\+|00)31[ -]?(?:\(0\)[ -]?)?[1-9]|0[1-9])(?:[ -]?\d){8}" + _NO_MORE,
    ]
).replace(r"\d", r"\p{Nd}")
_PRIVATE = re.compile(
    r"bsn|burgerservicenummer|(?:volledige_)?naam_(?:persoon|bewoner|contact)|voornaam|achternaam"
    r"|voorletters|contactpersoon|e_?mail(?:adres)?|telefoon(?:nummer)?|mobiel|adres|woonadres"
    r"|huisnummer|geboortedatum|geboortejaar_persoon|iban|rekeningnummer|kenteken|paspoortnummer"
)
_MAYBE_PRIVATE = (
    "(?i)bsn|nummer|naam|voorletters|persoon|mail|telefoon|mobiel|adres|datum|iban|kenteken"
)


def _sign(byte: int) -> int:
    """Return what a byte looks like: a digit as 0, letters as A and a, a border as a space."""
    letter = chr(byte) if byte < 128 else "a"
    if letter.isdigit():
        return ord("0")
    if letter.isupper():
        return ord("A")
    if letter.islower() or letter in "_+-@.":
        return ord("a" if letter.isalpha() else letter)
    return ord(" ")


# A text of a workbook: up to the first end, found faster than by `.*?`.
_TEXT = re.compile(r"<t\b[^>]*>([^<]*(?:<(?!/t>)[^<]*)*)</t>")
# What an attribute says to people. Found by the sign of equality, of which there are few.
_TOLD = "|".join(f'(?<={name}=")' for name in ("alt", "title", "aria-label", "content", "href"))
_SPOKEN = re.compile(f'="(?:{_TOLD})(?!data:)([^"]*)"')

# To look for the shape of a number is far faster than to try a pattern at millions of digits.
_SHAPE = bytes(_sign(byte) for byte in range(256))
_NINE = b" 000000000"  # a BSN, or a telephone number without signs
_SHAPES = (
    b" 0000.00.000",
    b" 000 000 000",
    b" 00-00000000",
    b" 000-0000000",
    b" 0000-000000",
    b" 00 00000000",
    b" 00 00 00 00 00",
    b" +00",
    b" AA00AAAA0",  # a Dutch IBAN
    b" AA00 AAAA 0",
    b" AA00000000000000",
    b" AA00 0000 0000",
    b"@",
)
# The same for a first look at the bytes themselves: of nine digits, 123456789.12 is an amount.
_BYTES = {"0": "[0-9]", "A": "[A-Z]", "a": r"[a-z\x80-\xff]", " ": r"(?:^|[^\w+@.\x80-\xff-])"}
_SHAPED = "|".join(
    "".join(_BYTES.get(sign, re.escape(sign)) for sign in shape.decode())
    + (r"(?:[^.]|\.?$|\.[^0-9])" if shape == _NINE else "")
    for shape in (_NINE, *_SHAPES)
)


def findings(folder: Path, contact: str = "") -> list[Finding]:
    """Return what a report folder gives away, each with the file and the place in it.

    `contact` is what the pilot itself publishes as its contact; that may be there.
    """
    paths = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    small = {n: p.read_bytes() for n, p in paths.items() if p.stat().st_size <= _SMALL}
    found: dict[str, list[Finding]] = {name: [] for name in paths}  # by file
    told, odd = _looked_at(small)
    for one in told:
        found[one.where].append(one)
    said: list[tuple[str, str]] = []  # of all pages, notebooks and records: file, text
    for name, path in paths.items():
        data = small.get(name)
        if data is None:
            data = path.read_bytes()
            found[name], also = _looked_at({name: data})
            odd |= also
        if path.suffix == ".csv":
            found[name] += _table(name, data, contact, name in odd)
        elif path.suffix == ".xlsx":
            found[name] += _workbook(name, data, contact)
        elif path.suffix in (".html", ".ipynb", ".json", ".jsonld", ".txt", ".md", ".svg", ".xml"):
            text = data.decode("utf-8", "replace")
            said += [(name, words) for words in _prose(text, path.suffix)]
    for one in _personal(said, contact):
        found[one.where].append(one)
    return list(dict.fromkeys(one for some in found.values() for one in some))


def _looked_at(files: dict[str, bytes]) -> tuple[list[Finding], set[str]]:
    """Return what files say of the machine, and the tables that may have a number of a person.

    Few tables have either, so one look is for both; a workbook is looked at part by part later.
    """
    tables = [name for name in files if name.endswith(".csv")]
    either = f"{machine.cues()}|{_SHAPED}"
    odd = {tables[n] for n in within([files[name] for name in tables], either)}
    rest = {n: d for n, d in files.items() if n in odd or not n.endswith((".csv", ".xlsx"))}
    return list(machine.findings(rest)), odd


def personal(words: str, contact: str = "") -> Iterator[tuple[str, str]]:
    """Yield (what it is, the number or address) for personal data in running text."""
    for match in _BSN.finditer(words):
        if is_bsn(match.group()):
            yield "een burgerservicenummer", match.group()
    for match in _IBAN.finditer(words):
        if is_iban(match.group()):
            yield "een rekeningnummer", match.group()
            words = words.replace(match.group(), " ")  # its digits are no telephone number
    for match in _MAIL.finditer(words):
        if match.group() not in contact:
            yield "een e-mailadres", match.group()
    for match in _PHONE.finditer(words):
        if match.group() not in contact:
            yield "een telefoonnummer", match.group()


def is_bsn(number: str) -> bool:
    """Return whether nine digits keep the proof of eleven: weights 9 to 2, and -1 for the last."""
    digits = [int(c) for c in number if c.isdigit()]
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    total = sum(d * w for d, w in zip(digits, weights, strict=True))
    return len(set(digits)) > 1 and total % 11 == 0


def is_iban(number: str) -> bool:
    """Return whether a number is an IBAN: letters as 10 to 35, first four last, 1 modulo 97."""
    plain = number.replace(" ", "")
    if not 15 <= len(plain) <= 34 or (plain.startswith("NL") and len(plain) != 18):
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _personal(said: list[tuple[str, str]], contact: str) -> Iterator[Finding]:
    """Look for personal data in texts, each with its place."""
    texts = [text.encode("utf-8", "replace").decode() for _, text in said]  # no half characters
    for n in _likely(texts, _MAYBE):
        lines = texts[n].split("\n")  # none of them goes on on a next line
        some = "\n".join(lines[at] for at in within(lines, _MAYBE)) if lines[1:] else texts[n]
        for kind, what in personal(some, contact):
            # The report of a leak must not be the next leak: only the last three signs are shown.
            words = f"{kind} (eindigt op {what[-3:]}) staat in een gepubliceerd bestand: "
            yield Finding("persoonsgegevens", said[n][0], words + "haal het weg")


def _likely(texts: list[str], pattern: str) -> Iterable[int]:
    """Return which texts are worth a careful look."""
    return within(texts, pattern) if len(texts) > _FEW else range(len(texts))


def _prose(words: str, suffix: str) -> list[str]:
    """Return what a page, notebook or record says; figures in it are no numbers of people."""
    said = [words]
    if suffix in (".ipynb", ".json", ".jsonld"):
        with suppress(ValueError):  # a broken record is read as it stands
            said = _strings(json.loads(words))
    return [_visible(text) if "<" in text else text for text in dict.fromkeys(said)]


def _visible(page: str) -> str:
    """Return what a page says, also in attributes and scripts, without cells of figures."""
    page = re.sub(r"<style\b.*?</style>|<td class=\"num\".*?</td>", " ", page, flags=re.DOTALL)
    quoted: list[str] = []
    if "<script" in page:  # of which only the texts count: its figures are figures
        scripts = re.findall(r"<script\b[^>]*>(.*?)</script>", page, re.DOTALL)
        quoted = [text for script in scripts for text in re.findall(r"\"[^\"]*\"", script)]
        page = re.sub(r"<script\b.*?</script>", " ", page, flags=re.DOTALL)
    spoken = _SPOKEN.findall(page)
    return html.unescape("\n".join([re.sub(r"<[^>]*>", " ", page), *spoken, *quoted]))


def _strings(value: Any) -> list[str]:
    """Return all texts of a JSON value; the lines of a notebook are joined."""
    said: list[str] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            said.append(one)
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            lines = bool(one) and all(isinstance(line, str) for line in one)
            waiting += ["".join(one)] if lines else one
    return said


def _private(name: str, columns: list[str]) -> Iterator[Finding]:
    short = [column for column in columns if len(column) <= _NAME]
    for column in (short[n] for n in _likely(short, _MAYBE_PRIVATE)):
        plain = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")
        if _PRIVATE.fullmatch(plain):
            words = f"de kolom «{column}» is van een persoon: laat haar weg"
            yield Finding("kolom met persoonsgegevens", name, words)


def _table(name: str, data: bytes, contact: str, shaped: bool) -> Iterator[Finding]:
    """Look at header, lines that could hold a number of a person (if `shaped`), local counts."""
    first, _, _ = data.partition(b"\n")
    header = next(csv.reader([first.decode("utf-8-sig", "replace")]), [])
    yield from _private(name, header)
    text, said = None, []
    for number, cells in _suspects(data) if shaped else ():
        text = _text_columns(data, len(header)) if text is None else text
        said += [
            (f"{name}, regel {number}", cell)
            for place, cell in enumerate(cells)
            if place >= len(text) or text[place] or not _FIGURE.fullmatch(cell)
        ]
    yield from _personal(said, contact)
    if "methode" in header and (b"lokaal" in data or b"geheim" in data):
        yield from small_counts.findings(name, data, header)


def _suspects(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of the lines of a table in which a number of a person could stand."""
    shape = b" " + data.translate(_SHAPE)
    seen, number = -1, 1
    places = {at for wanted in _SHAPES for at in small_counts.places(shape, wanted)}
    nines = small_counts.places(shape, _NINE)  # 123456789.12 is an amount
    places |= {at for at in nines if not shape.startswith(b".0", at + len(_NINE))}
    for place in sorted(places):
        at = max(place - 1, 0)
        at += data[at : at + 1] == b"\n"
        start = data.rfind(b"\n", 0, at) + 1
        if start == seen:
            continue
        number += data.count(b"\n", max(seen, 0), start)
        seen = start
        end = data.find(b"\n", at)
        line = data[start : end if end >= 0 else len(data)].decode("utf-8", "replace")
        yield number, next(csv.reader([line]), [])


def _text_columns(data: bytes, width: int) -> list[bool]:
    """Return per column whether it holds text, by its first rows: not figures alone."""
    lines = io.StringIO(data[:_HEAD].decode("utf-8", "replace"))
    rows = [row for row in islice(csv.reader(lines), 1, _SAMPLE) if len(row) == width]
    columns = zip(*rows, strict=True)
    return [not _figures([cell for cell in column if cell]) for column in columns] or [True] * width


def _figures(cells: list[str]) -> bool:
    if not cells or not all(map(_FIGURE.fullmatch, cells)):
        return False
    # Three numbers in a row that keep the proof of eleven are no accident (1 in 1,331).
    persons = all(re.fullmatch(r"\d{9}", cell) and is_bsn(cell) for cell in cells)
    return not (persons and len(cells) > 2)


def _workbook(name: str, data: bytes, contact: str) -> Iterator[Finding]:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        small = {name: "\n".join(book.namelist()).encode()}  # looked at together
        for about in book.infolist():
            part, xml = f"{name}, {about.filename}", _unpacked(book, about, data)
            if len(xml) > _SMALL:
                yield from machine.findings({part: xml})
            else:
                small[part] = xml
            if b"</t>" in xml:  # no sheet with only numbers, also those of shared texts
                cells = _TEXT.findall(xml.decode("utf-8", "replace"))
                said = [html.unescape(cell) for cell in dict.fromkeys(cells)]
                yield from _private(name, said)
                yield from _personal([(name, cell) for cell in said], contact)
    yield from machine.findings(small)


def _unpacked(book: zipfile.ZipFile, about: zipfile.ZipInfo, data: bytes) -> bytes:
    """Return a part of a workbook, which `data` is, in one piece: `zipfile` makes it of many."""
    if about.compress_type != zipfile.ZIP_DEFLATED:
        return book.read(about)
    at = about.header_offset
    start = at + 30 + sum(struct.unpack_from("<26xHH", data, at))
    part = zlib.decompress(data[start : start + about.compress_size], -15, about.file_size)
    return part if zlib.crc32(part) == about.CRC else book.read(about)  # that says what is wrong
