"""The game of inverdienen in words, a picture and tables: both accounts, and who wins or loses."""

from dataclasses import dataclass

from wijkboek_utils import charts, dutch, show
from wijkboek_utils.charts import Account
from wijkboek_utils.dutch import about
from wijkboek_utils.models.game import Choice, Game, Result
from wijkboek_utils.show import Html

_EVEN = 0.5  # EUR: less is neither a gain nor a loss
_PARTS = {
    "betaalt": "betaalt",
    "bespaart": "bespaart",
    "geeft": "geeft terug",
    "krijgt": "krijgt terug",
    "saldo": "houdt over",
}
WORDS = {"bruto": "bruto", "netto": "netto", "voorzichtig": "netto, voorzichtig geteld"}


@dataclass(frozen=True)
class Names:
    """How who pays and who saves are called, so that nobody takes one for the other."""

    betaler: str
    spaarder: str


def names(game: Game) -> Names:
    """Return the names of both: of the holder, or of the budget where one holds both."""
    holders = dutch.name(game.betaler.houder, 60), dutch.name(game.spaarder.houder, 60)
    if holders[0] != holders[1]:
        return Names(*holders)
    return Names(*(dutch.name(b.naam, 60) for b in (game.betaler, game.spaarder)))


def view(game: Game, choice: Choice, result: Result) -> Html:
    """Return what a choice leads to: sentences, both accounts as a picture, and the tables."""
    drawn = picture(game, choice, result)
    table_open = Html(drawn.html.replace("<details>", "<details open>", 1))
    return show.text(*sentences(game, choice, result)) + table_open


def sentences(game: Game, choice: Choice, result: Result) -> list[str]:
    """Return what happens, in a few short sentences, also where nothing does."""
    both = names(game)
    payer, saver = dutch.capital(both.betaler), dutch.capital(both.spaarder)
    paid = f"{payer} betaalt {about(result.betaalt)}." if result.betaalt else "Het plan kost niets."
    if not result.bespaart:
        return [f"{paid} {_nothing(choice)}", _loss(payer, result.betaalt)]
    years = dutch.plural(choice.jaren, "jaar", "jaar")
    way = WORDS[choice.wijze]
    saved = f"{saver} bespaart ongeveer {about(result.bespaart)} in {years} ({way})."
    return [
        f"{paid} {saved} {_back(both, result)}",
        f"{_ends(payer, result.terug - result.betaalt)} "
        f"{_ends(saver, result.bespaart - result.terug)} {_even(payer, result)}".strip(),
        f"{_time(choice, result)} {_sure(result)}",
    ]


def _nothing(choice: Choice) -> str:
    """Return why nobody saves anything."""
    if not choice.minder:
        return "Er is niets minder nodig. Dus bespaart niemand iets."
    if not choice.kans:
        return "De kans dat het lukt, staat op nul. Dus bespaart niemand iets."
    return "Van de besparing blijft niets over."


def _loss(payer: str, paid: float) -> str:
    if not paid:
        return "Er valt niets te verrekenen."
    return f"{payer} is dat geld kwijt; het komt niet terug."


def _back(both: Names, result: Result) -> str:
    if not result.terug:
        return "Er vloeit niets terug."
    return f"Daarvan gaat {about(result.terug)} naar {both.betaler}."


def _ends(who: str, amount: float) -> str:
    if abs(amount) < _EVEN:
        return f"{who} wint niets en verliest niets."
    if amount > 0:
        return f"{who} houdt {about(amount)} over."
    return f"{who} komt {about(-amount)} tekort."


def _even(payer: str, result: Result) -> str:
    """Return which share must flow back so that who pays does not lose, where that is not so."""
    if result.betaalt - result.terug < _EVEN:
        return ""
    if result.quitte is None:
        return "Ook met alles wat bespaard wordt, krijgt wie betaalt het niet terug."
    return f"Vanaf {_up(result.quitte)} procent terug verliest wie betaalt niet meer."


def _up(share: float) -> str:
    """Return a share in whole hundredths, rounded up: with less it would not be enough."""
    return dutch.number(-(-share * 100 // 1))


def _time(choice: Choice, result: Result) -> str:
    if not result.betaalt:
        return "Alles wat het bespaart, is winst."
    if result.terug_na is None:
        years = dutch.plural(choice.jaren, "jaar", "jaar")
        return f"Samen krijgen zij het geld niet terug in {years}."
    months = result.terug_na * 12
    if months < 23.5:
        count = max(round(months), 1)
        return f"Samen hebben zij het geld terug na ongeveer {_months(count)}."
    return f"Samen hebben zij het geld terug na ongeveer {dutch.number(result.terug_na, 1)} jaar."


def _months(count: int) -> str:
    return dutch.plural(count, "maand", "maanden")


def _sure(result: Result) -> str:
    """Return how far it can differ. Always net: what happens anyway is no gain of the plan."""
    out_of_ten = round(result.kans_op_winst * 10)
    often = {0: "bijna nooit", 10: "bijna altijd"}.get(out_of_ten, f"{out_of_ten} van de 10 keer")
    range_ = f"Negen van de tien keer ligt die uitkomst {dutch.between(result.laag, result.hoog)}."
    if not result.betaalt:
        return range_.replace("die uitkomst", "dat, netto en in geld van nu,")
    return f"Netto en in geld van nu verdient het zich {often} terug. {range_}"


def picture(game: Game, choice: Choice, result: Result) -> Html:
    """Return both accounts over all years, with their table and the years folded away."""
    both = names(game)
    who = {game.betaler.naam: both.betaler, game.spaarder.naam: both.spaarder}
    sums = result.rekeningen.groupby("budget", sort=False)[[*_PARTS]].sum()
    items = []
    for budget, name in who.items():
        row = sums.loc[budget]
        out, into = float(row["betaalt"] + row["geeft"]), float(row["bespaart"] + row["krijgt"])
        words = (about(out), about(into), about(into - out))
        drawn = (out or None, into or None, into - out)  # of nothing no bar is drawn
        items.append(Account(dutch.name(name, 44), words, *drawn, None, None))
    title = f"Wat ieder betaalt en krijgt, {WORDS[choice.wijze]}"
    sentence = "Links wat er uit de rekening gaat, rechts wat erin komt. De stip is wat overblijft."
    frame = sums.T.rename(columns=who, index=_PARTS).rename_axis("Alle jaren samen").reset_index()
    formats: dict[str, show.Format] = dict.fromkeys(who.values(), about)
    twin = show.table(frame, title, formats, _note(game), (_PARTS["saldo"],))
    svg = charts.accounts(items, title, sentence)
    return show.figure(title, sentence, svg, twin, shape="narrow") + _years(result, who)


def _note(game: Game) -> str:
    return f"Afgerond, in prijzen van {game.effect.kengetal.jaar}. {game.label}".strip()


def _years(result: Result, who: dict[str, str]) -> Html:
    by_year = result.rekeningen.pivot_table(index="jaar", columns="budget", values="saldo")
    frame = by_year[[*who]].rename(columns=who).reset_index()
    frame["jaar"] = frame["jaar"].astype("str")
    heads: dict[str, show.Format] = dict.fromkeys(who.values(), about)
    title = "Wat ieder per jaar overhoudt"
    table = show.table(frame.rename(columns={"jaar": "Jaar"}), title, heads)
    return show.fold("Toon elk jaar", table)
