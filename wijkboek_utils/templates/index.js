(() => {
  "use strict";
  const lijst = document.getElementById("lijst"), kaarten = [...lijst.children];
  const rijen = [...document.querySelectorAll("#cijfers tbody tr")], tabel = rijen.length ? rijen[0].parentNode : null;
  const stippen = new Map([...document.querySelectorAll("#kaart a")].map(stip => [stip.dataset.n, stip]));
  const zoek = document.getElementById("zoek"), orde = document.getElementById("orde"), stand = document.getElementById("stand");
  const aantal = document.getElementById("aantal");
  // Accents do not matter: Súdwest is found by sudwest.
  const vlak = tekst => tekst.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const alles = kaarten.map((kaart, n) => ({
    kaart, rij: rijen[n], stip: stippen.get(kaart.dataset.n), n,
    tekst: vlak(kaart.dataset.tekst), feit: kaart.dataset,
  }));
  const taal = new Intl.Collator("nl", { numeric: true });
  const volgorde = {
    naam: (a, b) => taal.compare(a.feit.naam, b.feit.naam),
    gemeente: (a, b) => taal.compare(a.feit.plaats, b.feit.plaats) || a.n - b.n,
  };
  for (const veld of ["inwoners", "bedrag", "jaar"]) volgorde[veld] = (a, b) => {
    // What is not known comes last, whatever the order.
    if (!a.feit[veld] || !b.feit[veld]) return !a.feit[veld] - !b.feit[veld] || a.n - b.n;
    return b.feit[veld] - a.feit[veld] || a.n - b.n;
  };
  const werk = () => {
    const woorden = vlak(zoek.value).split(/\s+/).filter(Boolean);
    let over = 0;
    for (const een of alles) {
      const weg = (stand.value && een.feit.status !== stand.value) || !woorden.every(woord => een.tekst.includes(woord));
      een.kaart.hidden = weg;
      if (een.rij) een.rij.hidden = weg;
      if (een.stip) een.stip.style.display = weg ? "none" : "";
      if (!weg) over += 1;
    }
    aantal.textContent = over ? `${over} van ${alles.length} getoond` : "Niets gevonden. Maak het zoekveld leeg of kies een andere status.";
  };
  const zet = () => {
    const nieuw = [...alles].sort(volgorde[orde.value]);
    lijst.append(...nieuw.map(een => een.kaart));
    if (tabel) tabel.append(...nieuw.map(een => een.rij));
  };
  const keuzes = document.getElementById("keuzes");
  keuzes.hidden = false;
  keuzes.addEventListener("submit", gebeurtenis => gebeurtenis.preventDefault());
  zoek.addEventListener("input", werk);
  stand.addEventListener("change", werk);
  orde.addEventListener("change", zet);
  // A browser keeps what was typed when the reader comes back.
  if (zoek.value || stand.value) werk();
  if (orde.value !== "naam") zet();
})();
