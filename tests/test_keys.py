"""Verdeelsleutels: what they are made of, what replaces them, and how wrong the replacement is."""

import numpy as np
import pandas as pd
import pytest

from wijkboek_utils import cbs, keys, sources

KEYS = sources.read_project_table("sleutels").set_index("sleutel")


def figures(**topics: list[float | None]) -> pd.DataFrame:
    """Return indicators of three buurten of a made-up gemeente."""
    rows = []
    for topic, values in topics.items():
        for i, value in enumerate(values):
            buurt = f"BU990100{i + 1:02d}"
            rows.append((buurt, f"B{i}", "Buurt", 2023, topic, value, "aantal", "kwb-test"))
        total = sum(v for v in values if v is not None)
        rows.append(("GM9901", "Dorp", "Gemeente", 2023, topic, total, "aantal", "kwb-test"))
    columns = ["gebied", "naam", "soort", "jaar", "onderwerp", "waarde", "eenheid", "bron"]
    return pd.DataFrame(rows, columns=columns).astype({"waarde": float})


def test_shares_add_up_to_one_and_follow_the_count():
    built = keys.build_keys(figures(AantalInwoners=[100, 300, 600]))
    assert built.shares.loc["inwoners"].tolist() == [0.1, 0.3, 0.6]


def test_a_key_without_figures_gives_way_to_its_named_stand_in():
    built = keys.build_keys(figures(AantalInwoners=[100, 300, 600], k_65JaarOfOuder=[50, 0, 50]))
    assert built.resolve("wmo") == "wmo_uit_65plus"
    assert built.resolve("bijstand") == "bijstand_uit_inwoners"
    assert built.resolve("inwoners") == "inwoners"


def test_without_any_figure_there_is_no_key():
    built = keys.build_keys(figures(AantalInwoners=[0, 0, 0]))
    assert built.resolve("bijstand") == keys.NO_KEY


def test_a_buurt_without_a_count_is_estimated_from_its_inhabitants_with_a_wider_error():
    built = keys.build_keys(
        figures(
            AantalInwoners=[100, 300, 600],
            PersonenPerSoortUitkeringBijstand=[10, 30, None],
        )
    )
    assert built.shares.loc["bijstand"].tolist() == pytest.approx([0.1, 0.3, 0.6])
    error = built.errors.loc["bijstand"]
    assert error.iloc[2] > error.iloc[0] == float(KEYS.loc["bijstand", "fout"])
    assert built.table.loc["bijstand", "bijgeschat"] == 1


def test_where_not_even_inhabitants_are_known_the_key_is_not_to_be_had():
    built = keys.build_keys(figures(AantalInwoners=[100, None, 600], OppervlakteLand=[1, 1, 1]))
    assert built.resolve("inwoners") == keys.NO_KEY
    assert built.resolve("land") == "land"


def test_a_cluster_without_its_indispensable_maatstaf_has_no_key():
    rates = sources.read_csv(sources.source("gemeentefonds-2025"))
    poor = keys.gemeentefonds_keys(figures(OppervlakteLand=[1, 2, 3]), rates)
    assert poor.empty or "gf:Infrastructuur, ruimte en milieu" not in set(poor["sleutel"])


def test_an_empty_buurt_without_a_count_gets_nothing():
    built = keys.build_keys(
        figures(AantalInwoners=[100, 300, 0], PersonenPerSoortUitkeringBijstand=[10, 30, None])
    )
    assert built.shares.loc["bijstand"].iloc[2] == 0
    assert built.table.loc["bijstand", "bijgeschat"] == 0


def test_a_mixed_key_is_the_weighted_mean_of_its_parts():
    built = keys.build_keys(figures(AantalInwoners=[100, 300, 600], OppervlakteLand=[6, 3, 1]))
    assert built.shares.loc["verkeer"].tolist() == pytest.approx([0.35, 0.3, 0.35])
    assert built.table.loc["verkeer", "onderwerpen"] == "AantalInwoners;OppervlakteLand"


def test_every_chain_of_stand_ins_ends_and_names_keys_that_exist():
    for start in KEYS.index:
        seen, here = [start], KEYS.loc[start, "terugval"]
        while here:
            assert here in KEYS.index and here not in seen
            seen.append(here)
            here = KEYS.loc[here, "terugval"]


def test_a_stand_in_never_claims_a_smaller_error_than_what_it_replaces():
    for _, row in KEYS[KEYS["terugval"] != ""].iterrows():
        assert float(KEYS.loc[row["terugval"], "fout"]) >= float(row["fout"])


def test_keys_use_only_topics_that_cbs_publishes():
    topics = set(sources.read_project_table("onderwerpen")["onderwerp"])
    formulas = [*KEYS["formule"], *sources.read_project_table("maatstaven")["formule"]]
    for formula in formulas:
        assert keys.topics_of(formula) <= topics


MEASURED = {
    ("bijstand", "bijstand_uit_huur"): 0.49,
    ("bijstand", "bijstand_uit_inwoners"): 0.92,
    ("woningen", "woningen_uit_huishoudens"): 0.13,
    ("bedrijven", "bedrijven_uit_huishoudens"): 0.61,
    ("autos", "autos_uit_huishoudens"): 0.44,
}


@pytest.mark.parametrize(("key", "stand_in"), MEASURED)
def test_the_error_of_a_stand_in_is_what_utrecht_2023_shows(key, stand_in):
    """The root of the mean squared relative error over buurten above 200 inhabitants, by share."""
    counts = cbs.indicators("GM0344", 2023).query("soort == 'Buurt'")
    counts = counts.pivot(index="gebied", columns="onderwerp", values="waarde")
    truth, guess = (counts.eval(KEYS.loc[k, "formule"]) for k in (key, stand_in))
    use = truth.notna() & guess.notna() & (counts["AantalInwoners"] > 200)
    truth, guess = truth[use] / truth[use].sum(), guess[use] / guess[use].sum()
    error = np.sqrt((guess * (truth / guess - 1) ** 2).sum())
    assert error == pytest.approx(MEASURED[key, stand_in], abs=0.006)
    text = f"{MEASURED[key, stand_in] * 100:.0f} procent"
    assert text in KEYS.loc[stand_in, "reden"]
    assert float(KEYS.loc[stand_in, "fout"]) >= MEASURED[key, stand_in] - 0.03


def test_gemeentefonds_keys_take_their_amounts_from_the_published_table():
    rates = pd.DataFrame(
        {
            "circulaire": "x",
            "Codering maatstaf": ["inwo", "vest", "bo3_nw"],
            "Naam maatstaf": ["inwoners", "bedrijven", "bijstand"],
            "Orde en veiligheid": ["2.00", "10.00", "0.00"],
            "Participatie": ["0.00", "0.00", "5.00"],
            "Overig": ["-3.00", "0.00", "0.00"],
        }
    ).set_index("Codering maatstaf")
    empty = sources.read_project_table("maatstaven")["codering"].tolist()
    rates = rates.reindex(empty).rename_axis("Codering maatstaf").reset_index()
    known = figures(AantalInwoners=[10, 0, 10], BedrijfsvestigingenTotaal=[0, 2, 2])
    found = keys.gemeentefonds_keys(known, rates).set_index("sleutel")
    assert found.index.tolist() == ["gf:Orde en veiligheid"]  # no bijstand counted, none below 0
    built = keys.build_keys(known, pd.concat([KEYS.reset_index(), found.reset_index()]))
    assert built.shares.loc["gf:Orde en veiligheid"].tolist() == pytest.approx([0.25, 0.25, 0.5])


def owners(koop, corporatie=None, overig=None) -> pd.DataFrame:
    topics = {"Koopwoningen": koop}
    if corporatie:
        topics |= {"InBezitWoningcorporatie": corporatie, "InBezitOverigeVerhuurders": overig}
    table = figures(**topics)
    whole = table["soort"] == "Gemeente"
    table.loc[whole, "waarde"] = [50.0, 30.0, 20.0][: whole.sum()]
    return keys.owner_shares(table)


def test_owners_that_nobody_counts_are_outside():
    table = keys.owner_shares(figures(AantalInwoners=[1, 2, 3]))
    assert table["buitenwereld"].tolist() == [1, 1, 1]


def test_owners_of_dwellings_add_up_and_unknown_landlords_are_outside():
    known = owners([40, 100, None], [60, 0, 10], [0, 0, None])
    assert known.sum(axis=1).tolist() == pytest.approx([1, 1, 1])
    owner = known.iloc[2][["huishoudens", "instellingen", "buitenwereld"]]
    assert owner.tolist() == pytest.approx([0.5, 0.3, 0.2])
    unknown = owners([40, 100, None])
    assert unknown["buitenwereld"].tolist() == pytest.approx([0.6, 0.0, 0.5])
