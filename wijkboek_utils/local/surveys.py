"""A survey of spending: from answers to means, and from means to what a whole buurt spends.

Of the answers of households only means are kept, of buurten where enough of them answered. The mean
times the number of households is what the buurt spends; its error is that of a simple random sample
without replacement, with the finite population correction (Cochran 1977, Sampling Techniques, 2.6).
A survey is seldom such a sample: who does not answer may spend otherwise. That is not in the error.
"""

import numpy as np
import pandas as pd

from wijkboek_utils.kengetallen import Kengetallen

FEWEST = 10  # households that must have answered for a mean to be kept and used
TYPES = {
    "buurt": "str",
    "jaar": "Int64",
    "post": "str",
    "respondenten": "Int64",
    "bedrag_per_maand": "float64",
    "spreiding": "float64",
    "deel_in_wijk": "float64",
}
# Of the shares that households spend nearby, when these lie evenly between nothing and all.
_SHARE_SPREAD = 1 / np.sqrt(12)
_AREA = ["buurt", "jaar"]
_MONTHS = 12


def means(rows: pd.DataFrame, respondent: pd.Series) -> pd.DataFrame:
    """Return the answers of households as means, one row per buurt, year and post.

    `rows` as checked, `respondent` on the same index; the columns are those of `TYPES`.
    `respondenten` is the number of households that answered anything in that buurt and year: who
    names no amount for a post spends nothing on it. `bedrag_per_maand` is their mean and
    `spreiding` the standard deviation between them, in EUR a month; `deel_in_wijk` the percentage
    spent in the wijk, weighted by amount, missing where nobody said. Of fewer than `FEWEST`
    households only the number is kept.
    """
    answers = rows.assign(
        respondent=respondent.astype("str"),
        buurt=rows["buurt"].astype("str").fillna(""),
        bedrag=rows["bedrag_per_maand"].astype(float),
        deel=rows["deel_in_wijk"].astype(float),
    )
    each = answers.pivot_table(
        index=[*_AREA, "respondent"], columns="post", values="bedrag", aggfunc="sum"
    )
    cells = [*_AREA, "post"]
    named = each.melt(ignore_index=False, value_name="n").groupby(cells)["n"].count() > 0
    spent = each.fillna(0.0).melt(ignore_index=False, value_name="bedrag_per_maand")
    spent = spent.groupby(cells)["bedrag_per_maand"]
    table = pd.DataFrame({"bedrag_per_maand": spent.mean(), "spreiding": spent.std()})
    table = table[named].round(2)
    said = answers.dropna(subset="deel")
    said = said.assign(near=said["deel"] * said["bedrag"])
    sums = said.groupby(cells)[["near", "bedrag"]].sum()
    near = sums["near"] / sums["bedrag"].where(sums["bedrag"] > 0)
    table["deel_in_wijk"] = near.reindex(table.index).round(2)
    table = table.reset_index()
    counted = each.groupby(_AREA).size().rename("respondenten").reset_index()
    table = table.merge(counted, on=_AREA, how="left", validate="m:1")
    few = table["respondenten"] < FEWEST
    table.loc[few, ["bedrag_per_maand", "spreiding", "deel_in_wijk"]] = np.nan
    table["buurt"] = table["buurt"].mask(table["buurt"] == "")
    return table[[*TYPES]].astype(TYPES)


def amounts(
    survey: pd.DataFrame, households: pd.Series, near: pd.Series, vat: pd.Series
) -> pd.DataFrame:
    """Return what all households of a buurt spend by a survey, as rows of a geldstroom.

    `survey` as `means`; `households` by buurt; `near` by buurt and post: the share that the books
    say is spent in the wijk, used where nobody was asked; `vat` by post: the part of what people
    pay that goes to the Rijk, which the books keep apart. Columns: `buurt`, `jaar`, `post`, `van`,
    `naar`, `bedrag` (EUR a year), `se`, `dekking` and `reden`: why a row cannot be used, else
    empty.
    """
    count = survey["buurt"].map(households).astype(float)
    asked = survey["respondenten"].astype(float)
    few = asked < FEWEST
    reason = np.select(
        [few, ~(count > 0)],
        [
            f"minder dan {FEWEST} huishoudens deden mee",
            "het aantal huishoudens van de buurt is niet bekend",
        ],
        "",
    )
    net = _MONTHS * count * (1 - survey["post"].map(vat).fillna(0.0).astype(float))
    whole = net * survey["bedrag_per_maand"]
    left = np.sqrt((1 - asked / count).clip(lower=0))
    se = net * survey["spreiding"] / np.sqrt(asked) * left
    places = pd.MultiIndex.from_frame(survey[["buurt", "post"]])
    share = (survey["deel_in_wijk"] / 100).fillna(
        pd.Series(near.reindex(places).fillna(0.0).to_numpy(float), survey.index)
    )
    # Where nobody was asked, the share of the books is as unsure as that of one household.
    known = survey["deel_in_wijk"].notna()
    wrong = (_SHARE_SPREAD / np.sqrt(asked.where(known, 1.0))).clip(upper=share.where(~known))
    facts = survey[["buurt", "jaar", "post"]].assign(
        van="huishoudens", dekking="alles", reden=reason
    )
    parts = [
        facts.assign(
            naar="bedrijven", bedrag=whole * share, se=np.hypot(se * share, whole * wrong)
        ),
        facts.assign(
            naar="buitenwereld",
            bedrag=whole * (1 - share),
            se=np.hypot(se * (1 - share), whole * wrong),
        ),
    ]
    return pd.concat(parts).sort_index(kind="stable")


def levies(kengetallen: Kengetallen, posts: pd.Series) -> pd.Series:
    """Return by post which part of what people pay goes to the Rijk as VAT and excise."""
    vat = kengetallen.get("btw_aandeel_besteding", "aandeel").waarde
    excise = kengetallen.get("accijns_aandeel_alcohol_tabak", "aandeel").waarde
    found = {post: vat + excise * (post == "besteding:alcohol_tabak") for post in posts.unique()}
    return pd.Series(found, dtype=float)
