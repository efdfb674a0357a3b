"""What a count of people of the wijk says: how many there are, and how sure that is.

Two people who count the same apart from each other show how much was missed; one person cannot.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, green, sources
from wijkboek_utils.local import pairing
from wijkboek_utils.local.pairing import THING

ONE = 0.10  # relative standard error of one counter alone: our judgement, nobody checked the count
# The same of counters who agree: pairs told wrong, or what all of them overlook; see `pairing`.
LEAST = 0.03
ENOUGH = 7  # things seen by two before an estimate of what both missed is near unbiased
OVERLAP = 0.5  # of the shorter list; with less in common they did not walk the same streets
STOCK = ["voorraad", *green.COLUMNS, "telt"]
HOURS = ["buurt", "jaar", "naam", "telt", "domein", "betaald", "wie", "uren"]
OFFERS = ["buurt", "jaar", "soort", "wat", "categorie"]
# Where a thing nobody has named yet belongs.
_KIND = {"planten en dieren": "groen", "mensen": "vakmanschap", "dingen": "gebouwen"}
_KEY = [*THING, "jaar", "buurt"]
SETTLED = [*_KEY, "hoeveelheid", "se", "tellers", "note"]


def settle(rows: pd.DataFrame, jaar: int | None = None) -> pd.DataFrame:
    """Return how many there are of each thing in each buurt: one row for each of both.

    `rows` as the dataset telling, checked: `wat`, `soort`, `aantal`, `eenheid`, `telt`, `buurt`
    (missing for what fell in none, which is kept), and where there are any `x`, `y`, `datum`,
    `teller`, `onzekerheid`. Columns: `wat`, `soort`, `eenheid`, `telt`, `jaar` (of `datum`, else
    the argument), `buurt`, `hoeveelheid`, `se`, `tellers` (how many counted it) and `note`, in
    Dutch. What one counter wrote twice counts once: see `pairing.doubles`.
    """
    rows, _ = pairing.doubles(_complete(rows, jaar))
    alone = rows.groupby(_KEY[:-1], dropna=False)["teller"].transform("nunique") == 1
    frames = [_alone(rows[alone], _KEY)]
    things = rows[~alone].groupby(_KEY[:-1], dropna=False, sort=False)
    frames += [_together(part).assign(**dict(zip(_KEY, key, strict=False))) for key, part in things]
    found = pd.concat([f for f in frames if len(f)] or frames)
    empty = {c: {"": None} for c in ("buurt", "soort", "eenheid")}
    return found.replace(empty)[SETTLED].reset_index(drop=True)


def _complete(rows: pd.DataFrame, jaar: int | None) -> pd.DataFrame:
    """Return rows with every column that a count can have, and text where a key has none."""
    optional = ["soort", "eenheid", "buurt", "datum", "teller", "onzekerheid", "x", "y"]
    optional += ["uren_per_jaar", "gedaan_door", "aanbod"]
    rows = rows.reset_index(drop=True)
    rows = rows.assign(**{c: None for c in optional if c not in rows})
    years = pd.to_datetime(rows["datum"], errors="coerce").dt.year.astype("Int64")
    keys = ["wat", "soort", "eenheid", "buurt", "teller"]
    texts = {c: rows[c].astype(object).where(rows[c].notna(), "").astype(str) for c in keys}
    texts |= {c: texts[c].str.strip().str.casefold() for c in ("wat", "soort", "eenheid")}
    numbers = {c: pd.to_numeric(rows[c]) for c in ("aantal", "x", "y", "onzekerheid")}
    return rows.assign(**texts, **numbers, jaar=years.fillna(jaar) if jaar else years)


def _alone(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return what one person counted, with the error that they gave or else `ONE` of it.

    `onzekerheid` is «5 more or 5 fewer»: read as the range that holds nine times out of ten.
    """
    stated = rows["onzekerheid"] / dutch.Z90
    parts = rows.assign(se=stated.fillna(rows["aantal"] * ONE), own=stated.notna())
    groups = parts.groupby(by, dropna=False, sort=False)
    found = groups.agg(hoeveelheid=("aantal", "sum"), se=("se", "sum"), own=("own", "all"))
    told = "Door één persoon geteld."
    default = f"{told} Wij rekenen met een fout van {dutch.percent(ONE)}."
    notes = np.where(found["own"], f"{told} De marge is die van de teller.", default)
    return found.assign(tellers=1, note=notes).reset_index()


def _together(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one thing that more people counted, by buurt: by place where all noted it, or number.

    Buurten go together where the same people counted: who was not there missed nothing.
    """
    placed = rows[["x", "y"]].notna().all(axis=None) and (rows["aantal"] == 1).all()
    if placed:
        rows = _seen(rows).assign(aantal=1.0, onzekerheid=np.nan)
        found = rows.explode("tellers").groupby("buurt")["tellers"].unique()
    else:
        found = rows.groupby("buurt")["teller"].unique()
    who = found.map(lambda names: tuple(sorted(names)))
    frames = []
    for counters, buurten in who.groupby(who).groups.items():
        part = rows[rows["buurt"].isin(buurten)]
        if len(counters) == 1:
            frames.append(_alone(part, ["buurt"]))
        else:
            way = _by_place(part, [*counters]) if placed else _by_number(part)
            frames.append(way.reset_index(names="buurt"))
    return pd.concat(frames)


def _by_number(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of counters who wrote a number for a buurt, with its standard error.

    The spread of counts of the same about their mean, as a share of it and pooled over the buurten
    (the within-subject coefficient of variation: Bland & Altman 1996, BMJ 313, 106), divided by
    the root of the number of counters. Never less than the spread in the buurt itself (for two
    counters half their difference), nor than `LEAST`. What everybody overlooks cannot be seen.
    """
    counts = rows.groupby(["buurt", "teller"])["aantal"].sum().unstack()
    number, mean = counts.count(axis=1), counts.mean(axis=1)
    squares = counts.sub(mean, axis=0).pow(2).sum(axis=1)
    relative = (squares / mean.where(mean > 0) ** 2).sum() / (number - 1).sum()
    own = np.sqrt(squares / (number - 1) / number)
    pooled = np.maximum(np.sqrt(relative / number), LEAST) * mean
    notes = [
        f"Door {dutch.number(n)} mensen geteld: {dutch.join([dutch.number(v) for v in c.dropna()])}"
        f". Wij nemen het gemiddelde."
        for n, (_, c) in zip(number, counts.iterrows(), strict=True)
    ]
    se = np.maximum(own, pooled)
    return pd.DataFrame({"hoeveelheid": mean, "se": se, "tellers": number, "note": notes})


def _by_place(things: pd.DataFrame, counters: list[str]) -> pd.DataFrame:
    """Return how many things there are where each counter noted the place of what they saw.

    `things` as `_seen`. What the counters together missed is estimated once, and spread over the
    buurten by what was seen there; the variance of such an estimate grows with the number, so that
    each buurt has its share of it. Too few in common to estimate by: what was seen is what there is
    at least, and its error is all that only one of them saw.
    """
    told = {c: [c in tellers for tellers in things["tellers"]] for c in counters}
    saw = pd.DataFrame(told, index=things.index)
    seen, times = things.groupby("buurt").size(), saw.sum(axis=1)
    again = int((times > 1).sum())
    note = f"{again} van {len(things)} zijn door meer dan één teller gezien."
    if again < ENOUGH or again < OVERLAP * saw.sum().min():
        note += " Te weinig om te schatten wat is gemist: dit zijn er ten minste."
        loose = (times == 1).groupby(things["buurt"]).sum()
        found = pd.DataFrame({"hoeveelheid": seen.astype(float)})
        found["se"] = np.maximum(loose, LEAST * seen).astype(float)
        return found.assign(tellers=len(counters), note=note)
    whole, error = estimate(saw)
    share = seen / len(things)
    note += f" Wat allen misten, is bijgeschat: {dutch.number(whole - len(things))}."
    found = pd.DataFrame({"hoeveelheid": whole * share})
    found["se"] = np.hypot(error * np.sqrt(share), LEAST * whole * share)
    return found.assign(tellers=len(counters), note=note)


def _seen(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the things that were seen: `x`, `y`, `buurt`, and `tellers`, who saw each (a list).

    Counter after counter is laid over what the earlier ones saw; a thing on a border is in the
    buurt of who saw it first.
    """
    things = rows.loc[:, ["x", "y", "buurt"]].iloc[:0].assign(tellers=[])
    for counter, own in rows.groupby("teller"):
        own = own[["x", "y", "buurt"]].assign(tellers=[[counter] for _ in range(len(own))])
        pairs = pairing.match(*(f[["x", "y"]].to_numpy(dtype=float) for f in (things, own)))
        for known in things["tellers"].iloc[pairs[:, 0]]:
            known.append(counter)
        things = pd.concat([things, own.drop(index=own.index[pairs[:, 1]])], ignore_index=True)
    return things


def estimate(seen: pd.DataFrame) -> tuple[float, float]:
    """Return how many things there are with its standard error; `seen` a bool column per counter.

    Two counters: Chapman (1951, Univ. Calif. Publ. Stat. 1, 131-160) with the variance of Seber
    (1970, Biometrika 26, 13-22). More: the lower bound of Chao (1987, Biometrics 43, 783-791) in
    its bias-corrected form, by the things seen once and twice. Both ask that nothing came or went
    between the counts, that counters did not follow each other, and that pairs were told right.
    Chapman also asks that to one counter every thing is as easy to see as another; things that are
    hard for both make the estimate too low. With `ENOUGH` in common its bias is small (Robson &
    Regier 1964, Trans. Am. Fish. Soc. 93, 215-226).
    """
    number, k = len(seen), seen.shape[1]
    times = seen.sum(axis=1)
    if k == 2:
        (a, b), m = seen.sum().to_numpy(dtype=float), float((times == 2).sum())
        variance = (a + 1) * (b + 1) * (a - m) * (b - m) / ((m + 1) ** 2 * (m + 2))
        return (a + 1) * (b + 1) / (m + 1) - 1, float(np.sqrt(variance))
    once, twice = (float((times == n).sum()) for n in (1, 2))
    part = (k - 1) / k
    missed = part * once * (once - 1) / (2 * (twice + 1))
    variance = (
        missed
        + part**2 * once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
        + part**2 * once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    )
    return number + missed, float(np.sqrt(variance))


def result(
    rows: pd.DataFrame, jaar: int | None = None, bron: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return what a telling brings into the books: (voorraden, hours of work, offers).

    `rows` as `settle` takes them; `jaar` for rows without a date; `bron` the id of it.
    The columns are `STOCK`, `HOURS` and `OFFERS`; a missing `buurt` is one that fell in none.
    Hours are of a year; of more counters they are the mean. An offer counts once, whoever wrote it.
    """
    known = sources.read_project_table("tellen").set_index("wat")
    whole = _complete(rows, jaar)
    return _stock(settle(rows, jaar), known, bron), _hours(whole, known), _offers(whole, known)


def _place(rows: pd.DataFrame, known: pd.DataFrame, column: str) -> pd.Series:
    """Return the voorraad or domein of counted things; an unknown word goes by what it counts."""
    found = rows["wat"].map(known[column])
    other = rows["telt"].map(_KIND) if column == "voorraad" else "overig"
    return found.fillna(other)


def _plural(words: Iterable[str], known: pd.DataFrame) -> list[str]:
    return [dutch.name(str(known["meervoud"].get(w, w))).capitalize() for w in words]


def _stock(settled: pd.DataFrame, known: pd.DataFrame, bron: str | None) -> pd.DataFrame:
    frame = settled.assign(
        voorraad=_place(settled, known, "voorraad"),
        naam=_plural(settled["wat"], known),
        eenheid=settled["eenheid"].fillna("stuks"),
        houder="niet vermeld",
        methode="lokaal",
        laag=np.nan,
        hoog=np.nan,
        kengetal=None,
        bron=bron,
        bronjaar=settled["jaar"],
    )
    return frame[STOCK]


def _hours(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return the hours of work that counted things ask for; households work unpaid."""
    asked = rows.assign(uren=pd.to_numeric(rows["uren_per_jaar"])).dropna(subset="uren")
    asked = asked.assign(wie=asked["gedaan_door"])
    by = ["buurt", "jaar", "wat", "telt", "soort", "wie"]
    each = asked.groupby([*by, "teller"], dropna=False)["uren"].sum()
    mean = each.groupby(level=by, dropna=False).mean()
    found = mean.groupby(level=["buurt", "jaar", "wat", "telt", "wie"], dropna=False).sum()
    table = found.reset_index().replace({"buurt": {"": None}})
    paid = table["wie"].map(lambda one: "onbetaald" if one == "huishoudens" else "betaald")
    return table.assign(
        naam=_plural(table["wat"], known),
        domein=_place(table, known, "domein"),
        betaald=paid.where(table["wie"].notna()),
    )[HOURS]


def _offers(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return what people offer to do with what they counted: `water geven (bomen)`."""
    said = rows["aanbod"].astype(object).where(rows["aanbod"].notna(), "").astype(str).str.strip()
    made = rows.assign(zin=said)[said != ""]
    about = [name.lower() for name in _plural(made["wat"], known)]
    made = made.assign(categorie=_place(made, known, "voorraad"), soort="aanbod")
    words = [f"{said} ({thing})" for said, thing in zip(made["zin"], about, strict=True)]
    made["wat"] = pd.Series(words, made.index, dtype="str")
    again = made.assign(wat=made["wat"].str.casefold()).duplicated(["buurt", "jaar", "wat"])
    return made[~again].replace({"buurt": {"": None}})[OFFERS].reset_index(drop=True)
