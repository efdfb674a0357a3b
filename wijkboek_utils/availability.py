"""Which figures there are to make books with, of which year, and what stands in for the others."""

import pandas as pd

from wijkboek_utils import cbs, dutch, keys, sources, views
from wijkboek_utils.households import INCOME

COLUMNS = ["cijfers", "jaar"]
GAPS = ["ontbreekt", "vervangen"]


def years(indicatoren: pd.DataFrame, rekening: str, grenzen: str) -> pd.DataFrame:
    """Return of which year each kind of figures is: `COLUMNS`, one row a kind.

    `indicatoren` as `cbs.indicators`; `rekening` and `grenzen` are the years of these in words.
    Figures of CBS that nothing is computed with are left out.
    """
    topics = wanted()
    known = _known(indicatoren)
    rows = known[known["onderwerp"].isin(topics.index)]
    groups = rows["onderwerp"].map(topics["groep"])
    told = rows.groupby(groups)["jaar"].agg(lambda y: dutch.join([str(x) for x in sorted({*y})]))
    table = [("Rekening van de gemeente (Iv3)", rekening), ("Grenzen van buurten", grenzen)]
    for group in dict.fromkeys(topics["groep"]):
        table.append((f"{group} (CBS)", told.get(group, "ontbreekt")))
    return pd.DataFrame(table, columns=COLUMNS)


def gaps(
    indicatoren: pd.DataFrame, taakvelden: pd.DataFrame, sleutels: pd.DataFrame
) -> pd.DataFrame:
    """Return which figures of CBS are not there and what replaces them: `GAPS`, a row a figure.

    `taakvelden` as `allocate.keys_used`, `sleutels` the keys with their names, by `sleutel`.
    """
    topics, there = wanted(), {*_known(indicatoren)["onderwerp"]}
    keyed = _by_key(views.stand_ins(taakvelden, sleutels), sleutels)
    rows = []
    for topic, title in topics["titel"].items():
        if topic not in there:
            found = keyed.get(str(topic)) or _by_rule(str(topic), there)
            rows.append((title, found or "niets; wat erop rust, is onbekend"))
    return pd.DataFrame(rows, columns=GAPS)


def missing_topics(indicatoren: pd.DataFrame) -> pd.DataFrame:
    """Return the posts of which the best figure of CBS is not there: `post`, `titel`."""
    topics, there = wanted(), {*_known(indicatoren)["onderwerp"]}
    best = _rules().drop_duplicates("post")
    rows = [
        (rule.post, topics.loc[topic, "titel"])
        for rule in best.itertuples()
        for topic in sorted(keys.topics_of(str(rule.aantal)))
        if topic not in there
    ]
    return pd.DataFrame(rows, columns=["post", "titel"])


def wanted() -> pd.DataFrame:
    """Return the figures of CBS that we would compute with: `titel`, `groep`, by topic.

    These are the topics of the best count of every estimated flow and of every key of a taakveld.
    """
    asked = {INCOME, cbs.INHABITANTS}
    for formula in _rules().drop_duplicates("post")["aantal"]:
        asked |= keys.topics_of(str(formula))
    definitions = sources.read_project_table("sleutels").set_index("sleutel")
    for key in {*sources.read_project_table("taakvelden")["sleutel"]} & {*definitions.index}:
        asked |= keys.topics_of(str(definitions.loc[key, "formule"]))
    titles = sources.read_project_table("onderwerpen")
    titles = titles[titles["onderwerp"].isin(asked)].drop_duplicates("onderwerp")
    groups = titles["pad"].str.replace(r"( >|,| en ).*", "", regex=True)
    return titles.assign(groep=groups).set_index("onderwerp")[["titel", "groep"]]


def _known(indicatoren: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of buurten that are there, one row a topic and year."""
    rows = indicatoren[indicatoren["waarde"].notna() & (indicatoren["soort"] == "Buurt")]
    return rows[["onderwerp", "jaar"]].drop_duplicates()


def _rules() -> pd.DataFrame:
    return sources.read_project_table("geldstromen")


def _by_key(stand_ins: pd.DataFrame, sleutels: pd.DataFrame) -> dict[str, str]:
    """Return the name of the poorer key that is used, by each topic of the key that was asked."""
    formulas = sleutels.drop_duplicates("naam").set_index("naam")["formule"]
    found: dict[str, tuple[int, str]] = {}
    for row in stand_ins.itertuples():
        topics = keys.topics_of(str(formulas.get(row.gevraagd, "")))
        for topic in topics:  # the key that rests on it alone says it best
            found[topic] = min(found.get(topic, (99, "")), (len(topics), str(row.gebruikt)))
    return {topic: words for topic, (_, words) in found.items()}


def _by_rule(topic: str, there: set[str]) -> str:
    """Return why a flow that would rest on a topic is estimated in another way."""
    rules = _rules()
    posts = rules.loc[[topic in keys.topics_of(str(f)) for f in rules["aantal"]], "post"]
    for rule in rules[rules["post"].isin(posts)].itertuples():
        if keys.topics_of(str(rule.aantal)) <= there:
            return str(rule.reden)
    return ""
