// The parts of the explorer that widgets do not have: a map to choose on, words that are read aloud,
// and files that are saved without a server's disk. Drawn by anywidget, in JupyterLab and in Voila.
const SVG = "http://www.w3.org/2000/svg";

const make = (name, facts = {}, parent = null) => {
  const one = document.createElementNS(SVG, name);
  Object.entries(facts).forEach(([key, value]) => one.setAttribute(key, value));
  if (parent) parent.append(one);
  return one;
};

// Words: what somebody opened stays open while the figures in it change.
const words = ({ model, el }) => {
  el.className = "wb-v-woorden";
  if (model.get("status")) {
    el.setAttribute("role", "status");
    el.classList.add("wb-v-zin");
  }
  const draw = () => {
    const open = [...el.querySelectorAll("details")].map((one) => one.open);
    el.innerHTML = model.get("html");
    el.querySelectorAll("details").forEach((one, n) => { one.open = Boolean(open[n]); });
  };
  model.on("change:html", draw);
  draw();
};

// Files: the kernel sends the bytes, the browser saves them.
const files = ({ model, el }) => {
  el.className = "wb-v-bestanden";
  Object.entries(model.get("knoppen")).forEach(([kind, text]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", () => model.send({ soort: kind }));
    el.append(button);
  });
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  el.append(told);
  const tell = () => { told.textContent = model.get("melding"); };
  model.on("change:melding", tell);
  tell();
  model.on("msg:custom", (message, buffers) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([buffers[0]], { type: message.type }));
    link.download = message.naam;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
};

// The map: each buurt is a checkbox. Tab goes to the map, arrows go on from there.
const map = ({ model, el }) => {
  el.className = "wb-v-kaart";
  const hint = document.createElement("p");
  hint.textContent = "Klik op een buurt om haar te kiezen, of nog eens om haar weg te halen. Met het "
    + "toetsenbord: pijlen om te gaan, spatie om te kiezen. Gekozen buurten hebben een dikke rand.";
  const svg = make("svg", { role: "group" });
  el.append(hint, svg);
  let areas = [];
  let chosen = new Set();
  let edges, ring;

  const middle = (one) => {
    const box = one.path.getBBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };

  const mark = () => {
    chosen = new Set(model.get("gekozen"));
    areas.forEach(({ code, path }) => path.setAttribute("aria-checked", String(chosen.has(code))));
    const d = areas.filter(({ code }) => chosen.has(code)).map(({ d: one }) => one).join("");
    edges.forEach((edge) => edge.setAttribute("d", d));
  };

  const colour = () => {
    const steps = model.get("klassen");
    const told = model.get("woorden");
    svg.setAttribute("aria-label", model.get("titel"));
    areas.forEach(({ code, name, path, title, number }) => {
      const step = steps[code] ?? -1;
      const said = `${name}: ${told[code] ?? "onbekend"}`;
      path.setAttribute("fill", step < 0 ? "url(#wb-v-geen)" : `var(--wb-map-${step})`);
      path.setAttribute("aria-label", step < 0 ? said : `${said}, klasse ${step + 1}`);
      title.textContent = said;
      if (number) number.textContent = step < 0 ? "" : String(step + 1);
    });
  };

  const toggle = (one) => {
    if (chosen.has(one.code)) chosen.delete(one.code);
    else chosen.add(one.code);
    model.set("gekozen", [...chosen].sort());
    mark();
    model.save_changes();
  };

  const focus = (one) => {
    areas.forEach(({ path }) => path.setAttribute("tabindex", "-1"));
    one.path.setAttribute("tabindex", "0");
    one.path.focus();
  };

  // The nearest buurt in the direction of the arrow: what lies aside counts double.
  const go = (from, [dx, dy]) => {
    const [x, y] = middle(from);
    let best = null;
    let least = Infinity;
    areas.forEach((one) => {
      const [x1, y1] = middle(one);
      const ahead = (x1 - x) * dx + (y1 - y) * dy;
      const aside = Math.abs((x1 - x) * dy) + Math.abs((y1 - y) * dx);
      const far = ahead + 2 * aside;
      if (one !== from && ahead > 0.5 && aside <= 2 * ahead && far < least) [best, least] = [one, far];
    });
    if (best) focus(best);
  };

  const arrows = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

  const area = ([code, name, d, place], parent, numbers, first) => {
    const path = make("path", { d, role: "checkbox", tabindex: first ? "0" : "-1" }, parent);
    const one = { code, name, d, path, title: make("title", {}, path), number: null };
    if (place) one.number = make("text", { x: place[0], y: place[1] + 4.2 }, numbers);
    path.addEventListener("click", () => { focus(one); toggle(one); });
    path.addEventListener("focus", () => ring.setAttribute("d", d));
    path.addEventListener("blur", () => ring.setAttribute("d", ""));
    path.addEventListener("keydown", (event) => {
      if (event.key === " " || event.key === "Enter") toggle(one);
      else if (arrows[event.key]) go(one, arrows[event.key]);
      else return;
      event.preventDefault();
      event.stopPropagation(); // in JupyterLab an arrow would go to another cell
    });
    return one;
  };

  const draw = () => {
    const [wide, high] = model.get("vlak");
    svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    svg.replaceChildren();
    const lines = make("pattern", { id: "wb-v-geen", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, make("defs", {}, svg));
    make("rect", { width: 5, height: 5, class: "wb-v-leeg" }, lines);
    make("path", { d: "M0,0V5", class: "wb-v-streep" }, lines);
    const shapes = make("g", { class: "wb-v-buurten" }, svg);
    const over = make("g", { class: "wb-v-boven", "aria-hidden": "true" }, svg);
    edges = ["wb-v-papier", "wb-v-rand"].map((kind) => make("path", { class: kind }, over));
    const numbers = make("g", { class: "wb-v-nummers" }, over);
    ring = make("path", { class: "wb-v-hier" }, over);
    const all = model.get("buurten");
    const first = all.find(([code]) => model.get("gekozen").includes(code)) ?? all[0];
    areas = all.map((one) => area(one, shapes, numbers, one === first));
    colour();
    mark();
  };

  model.on("change:buurten", draw);
  model.on("change:gekozen", mark);
  model.on("change:klassen change:woorden change:titel", colour);
  draw();
};

const kinds = { kaart: map, woorden: words, bestanden: files };

export default { render: (page) => kinds[page.model.get("soort")](page) };
