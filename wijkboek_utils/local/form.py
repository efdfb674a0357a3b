"""The telpakket: a counting form to print, what to do with it, and the template to type it into."""

from wijkboek_utils import cbs, dutch, pages, regions, several, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.local import template
from wijkboek_utils.pilots import Pilot

_MOST = 9  # buurten to put a cross at; of more, people write the name
_LONGEST = 40  # characters
_UNCLEAR = "Schrijf op wat u wel en niet meetelt. Beide tellers doen het op dezelfde manier."


def files(wat: str, pilot: Pilot) -> dict[str, bytes]:
    """Return the files of a telpakket for one thing in one area, by name.

    `telformulier.html` prints on A4: a page with what to do, and a form for each of two counters,
    to be copied for every piece of a street. `telling.xlsx` and `telling.csv` are the templates of
    the dataset. Raises Fout when `wat` is no thing to count.
    """
    page = pages.templates().get_template("telformulier.html.j2")
    html = page.render(
        **_facts(wat),
        naam=pilot.naam,
        buurten=_buurten(pilot),
        inleveren=pilot.contact,
        slug=pilot.slug,
    )
    return {
        "telformulier.html": html.encode(),
        "telling.xlsx": template.xlsx("telling"),
        "telling.csv": template.csv("telling"),
    }


def _facts(wat: str) -> dict[str, str]:
    """Return what the form says of a thing: `wat`, `meervoud` and `let_op`."""
    word = " ".join(dutch.plain(wat).split()).lower()
    if not word or len(word) > _LONGEST or not any(c.isalpha() for c in word):
        raise Fout(
            f"«{wat}» is niets om te tellen. Noem één ding, zoals: wijkboek template telpakket boom"
        )
    known = sources.read_project_table("tellen").set_index("wat")
    plural = known[known["meervoud"] == word].index
    word = str(plural[0]) if len(plural) else word
    if word not in known.index:
        return {"wat": word, "meervoud": word, "let_op": _UNCLEAR}
    return {"wat": word, **known.loc[word, ["meervoud", "let_op"]].to_dict()}


def _buurten(pilot: Pilot) -> list[str]:
    """Return the names of the buurten of an area; none when they are too many to choose from."""
    areas = several.read(cbs.areas, pilot.gemeenten, pilot.jaar)
    found = areas[areas["soort"] == "Buurt"]
    names = found.loc[regions.inside(found["gebied"], pilot.codes), "naam"].tolist()
    return names if len(names) <= _MOST else []
