(() => {
  "use strict";
  const kaart = map_kaart, buurten = geo_json_buurten, gebied = geo_json_omtrek, tegels = tile_layer_pdok;
  const vak = kaart.getContainer(), doos = naam => document.getElementById(naam);
  const per = {};
  buurten.eachLayer(vlak => { per[vlak.feature.id] = vlak; });

  document.querySelectorAll("[data-script]").forEach(deel => { deel.hidden = false; });
  document.querySelectorAll("[data-zonder-script]").forEach(deel => { deel.hidden = true; });
  vak.setAttribute("role", "region");
  vak.setAttribute("aria-label", vak.parentElement.dataset.naam);
  kaart.attributionControl.remove(); // its credits stand below the map
  L.control.zoom({ zoomInTitle: "Zoom in", zoomOutTitle: "Zoom uit" }).addTo(kaart);
  L.control.scale({ imperial: false }).addTo(kaart);

  const toon = (deel, ruimte) => {
    kaart.invalidateSize({ animate: false });
    kaart.fitBounds(deel.getBounds().pad(ruimte), { animate: false });
  };
  toon(gebied, 0.3);
  const beeld = vak.querySelector("svg");
  beeld.setAttribute("role", "img");
  beeld.setAttribute("aria-details", "kaart-tabel");
  // A shape with a tooltip would be a stop of the Tab key, hundreds of them; the list finds a buurt.
  buurten.eachLayer(vlak => vlak.getElement().setAttribute("tabindex", "-1"));
  kaart.setMinZoom(7).setMaxZoom(18).setMaxBounds(buurten.getBounds().pad(1));
  doos("naar-gebied")?.addEventListener("click", () => toon(gebied, 0.3));
  doos("naar-gemeente").addEventListener("click", () => toon(buurten, 0));

  // The wheel scrolls the page until the reader has chosen the map.
  kaart.on("focus", () => kaart.scrollWheelZoom.enable());
  kaart.on("blur", () => kaart.scrollWheelZoom.disable());

  document.querySelectorAll("input[name=laag]").forEach(keuze => keuze.addEventListener("change", () => {
    vak.dataset.laag = keuze.value;
    beeld.setAttribute("aria-label", `${vak.parentElement.dataset.naam}, gekleurd naar: ${keuze.nextElementSibling.textContent}`);
    document.querySelectorAll("[data-legenda]").forEach(deel => { deel.hidden = deel.dataset.legenda !== keuze.value; });
  }));
  const eerste = document.querySelector("input[name=laag]");
  eerste.checked = true;
  eerste.dispatchEvent(new Event("change"));

  const lijst = doos("buurt"), uitleg = doos("uitleg");
  let gekozen = null;
  const kies = id => {
    if (gekozen) gekozen.getElement().classList.remove("gekozen");
    gekozen = per[id] || null;
    lijst.value = gekozen ? id : "";
    uitleg.innerHTML = gekozen ? gekozen.feature.properties.uitleg : "";
    if (!gekozen) return;
    gekozen.bringToFront().getElement().classList.add("gekozen");
  };
  lijst.value = "";
  lijst.addEventListener("change", () => {
    kies(lijst.value);
    if (gekozen) toon(gekozen, 1);
  });
  const tekent = () => vak.parentElement.classList.contains("tekent"); // then a click is a corner
  buurten.on("click", gebeurtenis => { if (!tekent()) kies(gebeurtenis.layer.feature.id); });

  const knop = doos("achtergrond"), melding = doos("achtergrond-melding");
  knop.addEventListener("click", () => {
    const aan = !kaart.hasLayer(tegels);
    aan ? tegels.addTo(kaart) : tegels.remove();
    vak.classList.toggle("met-achtergrond", aan);
    knop.textContent = aan ? "Verberg achtergrondkaart" : "Toon achtergrondkaart";
    melding.textContent = "";
  });
  tegels.on("tileerror", () => { melding.textContent = "De achtergrondkaart is nu niet te bereiken. De cijfers blijven gewoon werken."; });
})();
