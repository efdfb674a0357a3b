(() => {
  "use strict";
  const kaart = map_kaart, vak = kaart.getContainer(), doos = naam => document.getElementById(naam);
  const knop = doos("teken"), deel = doos("teken-deel"), melding = doos("teken-melding");
  const vlak = L.polygon([], { className: "tekening", interactive: false });
  const hoeken = L.layerGroup();
  let punten = [], tekent = false;

  const zeg = woorden => { melding.textContent = woorden; };
  const getal = waarde => new Intl.NumberFormat("nl-NL", { maximumSignificantDigits: 2 }).format(waarde);

  // Metres around the first point: exact enough to tell a hectare and to see lines cross.
  const meters = () => punten.map(p => {
    const breedte = 111320, lengte = breedte * Math.cos(punten[0].lat * Math.PI / 180);
    return [(p.lng - punten[0].lng) * lengte, (p.lat - punten[0].lat) * breedte];
  });
  const oppervlak = hoek => hoek.reduce((som, [x, y], n) => {
    const [x2, y2] = hoek[(n + 1) % hoek.length];
    return som + (x * y2 - x2 * y) / 2;
  }, 0);
  const kant = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
  const kruisen = (a, b, c, d) => kant(a, b, c) !== kant(a, b, d) && kant(c, d, a) !== kant(c, d, b);
  const kruist = hoek => hoek.some((a, i) => hoek.some((c, j) => {
    const buren = Math.abs(i - j) < 2 || Math.abs(i - j) === hoek.length - 1;
    return !buren && kruisen(a, hoek[(i + 1) % hoek.length], c, hoek[(j + 1) % hoek.length]);
  }));

  const stand = () => {
    const hoek = meters(), aantal = punten.length === 1 ? "1 punt" : `${punten.length} punten`;
    if (!punten.length) return "Nog geen punten.";
    if (punten.length < 3) return `${aantal}. Een gebied heeft er minstens 3.`;
    if (kruist(hoek)) return `${aantal}. De lijn kruist zichzelf: haal het laatste punt weg.`;
    return `${aantal}, samen ongeveer ${getal(Math.abs(oppervlak(hoek)) / 10000)} hectare.`;
  };
  const toon = () => {
    vlak.setLatLngs(punten);
    hoeken.clearLayers();
    punten.forEach(p => hoeken.addLayer(
      L.circleMarker(p, { radius: 6, className: "tekening-hoek", interactive: false })));
    zeg(stand());
  };
  const zet = plaats => {
    const vorige = punten[punten.length - 1];
    if (vorige && vorige.equals(plaats, 1e-6)) return;
    punten.push(L.latLng(plaats.lat, plaats.lng));
    toon();
  };
  const terug = () => { punten.pop(); toon(); };

  const bewaar = () => {
    const hoek = meters();
    if (punten.length < 3 || kruist(hoek)) return zeg(`Nog niet bewaard. ${stand()}`);
    const rond = oppervlak(hoek) > 0 ? [...punten] : [...punten].reverse(); // RFC 7946: to the left
    const ring = [...rond, rond[0]].map(p => [p.lng, p.lat].map(w => Number(w.toFixed(6))));
    const inhoud = { type: "FeatureCollection", features: [
      { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } }] };
    const bestand = new Blob([JSON.stringify(inhoud)], { type: "application/geo+json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(bestand);
    link.download = "gebied.geojson";
    link.click();
    URL.revokeObjectURL(link.href);
    zeg(`Bewaard als gebied.geojson, bij uw downloads. ${stand()}`);
  };

  knop.addEventListener("click", () => {
    tekent = !tekent;
    knop.setAttribute("aria-expanded", String(tekent));
    knop.textContent = tekent ? "Stop met tekenen" : "Teken een gebied";
    deel.hidden = !tekent;
    vak.parentElement.classList.toggle("tekent", tekent);
    [vlak, hoeken].forEach(laag => tekent ? laag.addTo(kaart) : laag.remove());
    kaart.doubleClickZoom[tekent ? "disable" : "enable"]();
    if (tekent) vak.scrollIntoView({ block: "nearest" }); // on a telephone it is above the buttons
    punten = [];
    toon();
  });
  kaart.on("click", gebeurtenis => { if (tekent) zet(gebeurtenis.latlng); });
  vak.addEventListener("keydown", toets => {
    if (!tekent || toets.target !== vak) return;
    const doe = { Enter: () => zet(kaart.getCenter()), Backspace: terug }[toets.key];
    if (!doe) return;
    toets.preventDefault();
    doe();
  });
  doos("teken-punt").addEventListener("click", () => zet(kaart.getCenter()));
  doos("teken-terug").addEventListener("click", terug);
  doos("teken-bewaar").addEventListener("click", bewaar);
})();
