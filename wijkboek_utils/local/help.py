"""The help page of a dataset, in plain Dutch, from the same definition as template and check."""

import csv
import io

from wijkboek_utils import dutch
from wijkboek_utils.local import schema
from wijkboek_utils.local.limits import BYTES, ROWS
from wijkboek_utils.local.schema import Dataset, Field

_MADE = "<!-- Gemaakt uit wijkboek_utils/tables/datasets door local/help.py. Wijzig het daar. -->"
_PLACE = """
## Waar is het?

Vul één van deze manieren in:

- **de buurt**: de code van het CBS of de naam;
- **een punt**: x en y. Zeg bij «coordinaten» of het meters (RD) of graden (WGS84) zijn;
- **een adres**: postcode en huisnummer. Dat kan alleen als de pilot een adressenbestand heeft.

Een kaartbestand (GeoJSON, GeoPackage of Shapefile) heeft de plaats al in zich. Wij zoeken de buurt
bij elk punt. Valt een punt in geen enkele buurt, dan melden wij dat. Wat op het blad «Over» hoort,
zet u in een bestand ernaast: bij `bomen.gpkg` is dat `bomen.over.csv`, met op elke regel een naam
en een antwoord, zoals `bijdrager;Natuurclub`.{kept}
"""
_POINT = """
Het punt zelf bewaren wij, want van een ding mag ieder weten waar het staat. Een punt van mensen
bewaren wij niet."""
_NO_POINT = """
Het punt of adres zelf bewaren wij niet, alleen de buurt."""
_AFTER = """
## Wat er met uw gegevens gebeurt

1. Wij kijken het bestand na. Is er iets mis, dan nemen wij niets over. U krijgt alle fouten in één
   keer te zien, met de rij en de kolom.
2. Iemand anders dan u leest mee en keurt het goed.
3. Daarna tellen uw gegevens mee in het volgende rapport. Uw naam als bijdrager staat erbij.
4. U kunt uw bijdrage intrekken. Dan is zij weg uit alles wat wij daarna maken. Na «bewaren_tot»
   gebruiken wij haar niet meer.

Uw bestand zelf veranderen wij nooit.
"""
_NEVER = """
## Wat wij nooit publiceren

{never}

Schrijf nergens een telefoonnummer, e-mailadres, rekeningnummer of burgerservicenummer op. Staat er
toch een, dan weigeren wij het bestand en noemen wij de rij.
"""


def page(kind: str) -> str:
    """Return the help page of a kind as markdown: `docs/datasets/<kind>.md`."""
    dataset = schema.load(kind)
    steps = [
        f"Maak een leeg bestand met `wijkboek template {kind}`. Wilt u geen Excel, zet er dan "
        "`--csv` achter.",
        *dataset.steps,
        "Vul ook het blad «Over» in; zie onderaan. In een CSV-bestand zijn dat de regels met `#`.",
        f"Kijk het na met `wijkboek check {kind}.xlsx --pilot utrecht-kanaleneiland`, met de naam "
        "van uw eigen pilot.",
    ]
    kept = _POINT if dataset.points else _NO_POINT
    parts = [
        f"{_MADE}\n\n# {dataset.title}\n\n{dataset.help}\n\n{dataset.why}\n",
        "\n## Zo vult u het in\n\n" + "\n".join(f"{n}. {s}" for n, s in enumerate(steps, 1)) + "\n",
        f"\n## De kolommen\n\n{_table(dataset)}",
        _PLACE.format(kept=kept) if dataset.place else "",
        f"\n## Een voorbeeld\n\n```csv\n{_example(dataset)}```\n",
        f"\n## Het blad «Over»\n\n{schema.about().help}\n\n{_table(schema.about())}",
        _AFTER,
        _NEVER.format(never=dataset.never),
    ]
    return "".join(parts)


def index() -> str:
    """Return the page that leads to the nine others: `docs/datasets/README.md`."""
    rows = [schema.load(kind) for kind in schema.KINDS]
    lines = "\n".join(f"| [{d.title}]({d.name}.md) | {d.help} |" for d in rows)
    return f"""{_MADE}

# Gegevens uit de wijk

Wie in de wijk woont of werkt, weet dingen die in geen enkel register staan. Met deze negen soorten
gegevens kunt u die toevoegen aan de boeken van de wijk.

| soort | wat het is |
|---|---|
{lines}

Maak een leeg bestand met `wijkboek template`, en kijk het na met `wijkboek check`:

```sh
wijkboek template telling
wijkboek check telling.xlsx --pilot utrecht-kanaleneiland
```

Wij lezen CSV (met `;` of `,`), XLSX, GeoJSON, GeoPackage en Shapefile (als zip). Een bestand mag
{dutch.number(BYTES / 1e6)} MB groot zijn en {dutch.number(ROWS)} rijen hebben. De namen van de
kolommen mogen met of zonder hoofdletters. Getallen mogen met een komma of een punt.

Met fouten in een bestand nemen wij er niets van over. U krijgt een kopie waarin elke fout een kleur
en een uitleg heeft. Haal die fouten weg, in uw bestand of in de kopie, en kijk het opnieuw na.

De definities staan in `wijkboek_utils/tables/datasets`, in de woorden van de standaard Table
Schema. Sjabloon, controle en deze pagina's komen uit diezelfde definities.
"""


def _table(dataset: Dataset) -> str:
    """Return the columns of a dataset as a table: name, need, explanation and example."""
    lines = ["| kolom | nodig | uitleg | voorbeeld |", "|---|---|---|---|"]
    for field in dataset.fields:
        example = "" if field.example == schema.MARK else field.example
        cells = [f"`{field.name}`", "ja" if field.required else "", _words(field), example]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _words(field: Field) -> str:
    quoted = [f"«{choice}»" for choice in field.choices]
    options = f" Kies uit {dutch.join(quoted, 'of')}." if quoted else ""
    unit = f" In {field.unit}." if field.unit and field.unit != "deel" else ""
    private = " Komt nooit in het rapport." if field.private else ""
    return f"{field.help}{unit}{options}{private}"


def _example(dataset: Dataset) -> str:
    """Return the example as lines of CSV; columns without an example are left out."""
    made = io.StringIO()
    writer = csv.writer(made, delimiter=";", lineterminator="\n")
    shown = [f for f in dataset.fields if f.example and f.example != schema.MARK]
    writer.writerow([field.name for field in shown])
    writer.writerow([field.example for field in shown])
    return made.getvalue()
