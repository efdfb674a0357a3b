"""Numbers and words as a Dutch reader expects them. An unknown figure is a word, never a 0."""

import math
import re
from numbers import Real  # those of numpy are among them
from typing import TypeGuard

# Control characters, halves of characters, what turns the direction of other text (Unicode TR 9),
# and spaces without width. What joins the parts of an emoji or of a script stays.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
NBSP = "\N{NO-BREAK SPACE}"
UNKNOWN = "onbekend"
_SEPARATORS = str.maketrans(",.", ".,")  # of thousands and decimals
Z90 = 1.645  # half width, in standard errors, of an interval that holds nine times out of ten


def is_known(value: float | None) -> TypeGuard[float]:
    """Return whether there is a figure: not None, NaN, NA or an infinite value."""
    return isinstance(value, (int, float, Real)) and math.isfinite(value)


def number(value: float | None, decimals: int = 0) -> str:
    """Return `1234567.8` as `1.234.568`, with a decimal comma; unknown as a word."""
    if not is_known(value):
        return UNKNOWN
    text = f"{value:,.{decimals}f}".translate(_SEPARATORS)
    if text[0] != "-":
        return text
    # Minus as a true minus sign; a value that rounds to nothing has no sign.
    return "\N{MINUS SIGN}" * any(c in "123456789" for c in text) + text[1:]


def euro(value: float | None) -> str:
    """Return an amount in whole euros, `€ 1.234.567`."""
    return f"€{NBSP}{number(value)}" if is_known(value) else UNKNOWN


def percent(share: float | None, decimals: int = 0) -> str:
    """Return a share between 0 and 1 as `12 procent`."""
    return f"{number(share * 100, decimals)}{NBSP}procent" if is_known(share) else UNKNOWN


def rounding_unit(value: float, se: float | None) -> float:
    """Return the power of ten to which a value with standard error `se` deserves to be printed.

    The unit is the largest power of ten not above half the standard error, so that rounding adds
    little to it. Without an error two digits of the value are kept. At least one digit stays, or a
    known amount would print as nothing; at most three, because no figure is better known.
    """
    basis = se / 2 if is_known(se) and se else abs(value) / 10
    unit, size = _power_of_ten(basis), _power_of_ten(abs(value))
    return max(min(max(unit, size / 100), size), 1.0)


def _power_of_ten(value: float) -> float:
    """Return the largest power of ten not above a value, and at least 1."""
    if value < 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return power if power <= value else power / 10  # log10 rounds 9.999999999999998 up to 1


def _scaled(value: float, unit: float) -> tuple[str, str]:
    """Return digits and scale word of a value that is rounded to `unit`."""
    # Half away from nothing: with halves to even 37.500 and 38.500 would be the same.
    value = math.copysign(math.floor(abs(value) / unit + 0.5) * unit, value)
    unit = max(unit, rounding_unit(value, unit))  # 999.999 rounds over to a million
    for size, word in ((1e9, "miljard"), (1e6, "miljoen")):
        if abs(value) >= size:
            return number(value / size, max(0, round(math.log10(size / unit)))), word
    return number(value), ""


def about(value: float | None, se: float | None = None) -> str:
    """Return an amount to the digits it deserves: `€ 1,2 miljoen`, `€ 430.000`."""
    if not is_known(value):
        return UNKNOWN
    unit = rounding_unit(value, se)
    value = round(value / unit) * unit
    # Again, for what rounds over: 999.999 deserves no more digits than a million does.
    digits, word = _scaled(value, rounding_unit(value, se))
    return f"€{NBSP}{digits}" + (f"{NBSP}{word}" if word else "")


def estimate(value: float | None, se: float) -> str:
    """Return a count to the digits that its standard error deserves; without one, all of them."""
    if not is_known(value) or not se:
        return number(value)
    unit = rounding_unit(value, se)
    return number(round(value / unit) * unit)


def between(low: float | None, high: float | None) -> str:
    """Return `tussen € 1,1 en € 1,6 miljoen`; both ends to the digits their distance deserves."""
    if not is_known(low) or not is_known(high):
        return UNKNOWN
    unit = rounding_unit(max(abs(low), abs(high)), (high - low) / 2)
    (a, word_a), (b, word_b) = _scaled(low, unit), _scaled(high, unit)
    if (a, word_a) == (b, word_b):
        return "ongeveer " + about(high, 2 * unit)
    first = f"€{NBSP}{a}" + (f"{NBSP}{word_a}" if word_a and word_a != word_b else "")
    return f"tussen {first} en €{NBSP}{b}" + (f"{NBSP}{word_b}" if word_b else "")


def interval(value: float | None, se: float | None, signed: bool = False) -> str:
    """Return the 90 % interval of a value in words; without a standard error, the value itself.

    A spread amount cannot change sign by its key, so that no bound passes 0; a balance can
    (`signed`).
    """
    if not is_known(value) or not is_known(se):
        return about(value)
    low, high = value - Z90 * se, value + Z90 * se
    if signed:
        return between(low, high)
    return between(max(low, 0.0), high) if value >= 0 else between(low, min(high, 0.0))


def result(low: float | None, high: float | None) -> str:
    """Return the range of a result for in a sentence: `tussen € 2.000 verlies en € 300 winst`.

    What can only be gained, or only lost, is said once: `tussen € 200 en € 300 winst`.
    """
    if not is_known(low) or not is_known(high):
        return UNKNOWN
    if low >= 0:
        return f"{between(low, high)} winst"
    if high <= 0:
        return f"{between(-high, -low)} verlies"
    return f"tussen {about(-low)} verlies en {about(high)} winst"


def percents(low: float | None, high: float | None, unit: str = "procent") -> str:
    """Return shares between 0 and 1 as `6 tot 29 procent`; one figure when both are the same.

    `unit` is what a hundredth is called: of a euro it is a `cent`.
    """
    if not is_known(low) or not is_known(high):
        return UNKNOWN
    first, last = number(low * 100), number(high * 100)
    return f"{last if first == last else f'{first} tot {last}'}{NBSP}{unit}"


def lower_first(name: str) -> str:
    """Return a name as it stands inside a sentence: `boodschappen`, but `BTW` and `AOW`."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def capital(name: str) -> str:
    """Return a name as it stands at the start of a sentence or in a table: `Boodschappen`."""
    return name[:1].upper() + name[1:]


def join(words: list[str], last: str = "en") -> str:
    """Return `a`, `a en b` or `a, b en c`; an empty list gives an empty string.

    A comma stands before `last` too where a word holds it or a comma: `a en b, c, en d`.
    """
    if not words[1:]:
        return "".join(words)
    compound = any(f" {last} " in word or ", " in word for word in words)
    return f"{',' if compound else ''} {last} ".join([", ".join(words[:-1]), words[-1]])


def day(date: str) -> str:
    """Return an ISO date (or the first part of a time stamp) as `21 november 2026`."""
    year, month, number = date[:10].split("-")
    return f"{int(number)} {_MONTHS[int(month) - 1]} {year}"


_MONTHS = ["januari", "februari", "maart", "april", "mei", "juni"]
_MONTHS += ["juli", "augustus", "september", "oktober", "november", "december"]


def is_one(count: float | None) -> bool:
    """Return whether a count is printed as 1, so that what is counted is singular."""
    return is_known(count) and number(count) == "1"


def plural(count: float | None, one: str, many: str) -> str:
    """Return `1 buurt` or `3 buurten`; unknown is `een onbekend aantal buurten`."""
    if not is_known(count):
        return f"een {UNKNOWN} aantal {many}"
    return f"{number(count)} {one if is_one(count) else many}"


_MANY = {"auto": "auto's", "huishouden": "huishoudens", "inwoner": "inwoners"}
_MANY |= {"persoon": "mensen", "plek": "plekken", "stuk": "stuks", "traject": "trajecten"}
_MANY |= {"uitkering": "uitkeringen", "woning": "woningen"}


def many(unit: str) -> str:
    """Return the plural of a unit that is counted; another unit (`uur`, `kWh`) as it is."""
    return _MANY.get(unit, unit)


def plain(text: str) -> str:
    """Return `text` without what nobody sees and no drawing or page may hold."""
    return text if text.isprintable() else _UNSEEN.sub("", text)


def name(text: str, most: int = 80) -> str:
    """Return a name from elsewhere as it may stand in a sentence: plain, on one line, not too long.

    What is longer than `most` characters ends in an ellipsis; the raw file has the whole.
    """
    text = " ".join(plain(text).split())
    text = text if len(text) <= most else text[: most - 1].rstrip() + "…"
    return text or UNKNOWN
