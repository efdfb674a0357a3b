// Rules of a page that only a browser can measure. Each function returns
// {found: [{rule, where, words, severity}], measured: "in words"}; nothing on the page is changed for good.
(() => {
  const GRAPHIC = 3, TEXT = 4.5; // contrast that WCAG 1.4.11 and 1.4.3 ask
  const GREY = 1.25; // two colours that also differ so much in grey can be told apart without colour
  const LABEL = 30; // px between a shape and the words that name it
  const SHAPES = "rect,path,circle,ellipse,line,polyline,polygon";
  const PLACEHOLDER = /no description has been provided|^(afbeelding|image|figuur|figure|plaatje|grafiek|foto|picture|untitled|img|alt|todo|x+)[\s\d.:_-]*$|\.(png|jpe?g|svg|gif)$/i;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const decimal = (number, places = 1) => number.toFixed(places).replace(".", ",");
  const short = (text, most = 60) => text.trim().replace(/\s+/g, " ").slice(0, most);
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false });
  const pictures = () => all("svg:not([aria-hidden=true])").filter((svg) => !svg.parentElement.closest("svg") && seen(svg));

  // --- where something is, as a reader would look for it
  function place(element) {
    const name = (e) => e.localName + (e.id ? "#" + e.id : e.classList.length ? "." + e.classList[0] : "");
    const before = all("h1,h2,h3,h4").filter((h) => h.compareDocumentPosition(element) & (Node.DOCUMENT_POSITION_FOLLOWING | Node.DOCUMENT_POSITION_CONTAINED_BY));
    const heading = before.length ? `onder «${short(before.at(-1).textContent)}»: ` : "";
    const words = short(element.textContent || "", 40);
    const up = element.parentElement && element.parentElement !== document.body ? name(element.parentElement) + " > " : "";
    return heading + up + name(element) + (words ? ` «${words}»` : "");
  }
  const fault = (rule, element, words, severity = "fout") => ({ rule, where: element ? place(element) : "de hele pagina", words, severity });

  // --- colour
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  function colour(text) {
    if (!known.has(text)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = "transparent";
      context.fillStyle = text;
      context.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
      known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
  }
  const over = (top, below) => [0, 1, 2].map((n) => top[n] * top[3] + below[n] * (1 - top[3])).concat(1);
  function luminance([r, g, b]) {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  }
  function contrast(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  }
  // The colour below an element; `known` has those that were found before, on the page as it is now.
  function background(element, known = new Map()) {
    if (!element) return canvas();
    if (!known.has(element)) {
      const own = colour(getComputedStyle(element).backgroundColor);
      known.set(element, own[3] === 1 ? own : over(own, background(element.parentElement, known)));
    }
    return known.get(element);
  }
  // What a page is drawn on.
  function canvas() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches && /dark/.test(getComputedStyle(document.documentElement).colorScheme);
    return dark ? [18, 18, 18, 1] : [255, 255, 255, 1];
  }

  // --- drawings
  function opacity(shape) {
    let product = 1;
    for (let e = shape; e && e.localName !== "svg"; e = e.parentElement) product *= parseFloat(getComputedStyle(e).opacity);
    return product;
  }
  function look(shape) {
    const style = getComputedStyle(shape), shade = opacity(shape);
    const ink = (text, alpha) => {
      if (text === "none" || text.startsWith("url")) return null;
      const [r, g, b, a] = colour(text);
      return a * alpha * shade > 0.02 ? [r, g, b, a * alpha * shade] : null;
    };
    const line = parseFloat(style.strokeWidth) > 0;
    // A pattern is as clear as its ground, the first shape in it.
    const ground = document.getElementById((style.fill.match(/^url\("#(.+)"\)/) || [])[1])?.querySelector(SHAPES);
    return {
      fill: ["line", "polyline"].includes(shape.localName) ? null : ink(ground ? getComputedStyle(ground).fill : style.fill, +style.fillOpacity),
      stroke: line ? ink(style.stroke, +style.strokeOpacity) : null,
      pattern: style.fill.startsWith("url") ? style.fill : style.strokeDasharray !== "none" ? style.strokeDasharray : "",
      width: parseFloat(style.strokeWidth) || 0,
    };
  }
  // Within which rectangle of the drawing a shape stays, with its line. In plain numbers: each point of
  // each shape is compared with all shapes below it.
  function reach({ box: { x, y, width, height }, width: line, matrix: { a, b, c, d, e, f } }) {
    const corners = [x - line, x + width + line].flatMap((u) => [y - line, y + height + line].map((v) => [a * u + c * v + e, b * u + d * v + f]));
    const [across, down] = [0, 1].map((n) => corners.map((corner) => corner[n]));
    return { left: Math.min(...across), right: Math.max(...across), top: Math.min(...down), bottom: Math.max(...down) };
  }
  function drawn(svg) {
    return all(`${SHAPES},text`, svg)
      .filter((e) => !e.closest("defs,pattern,clipPath,mask,marker,symbol") && seen(e))
      .map((element) => ({ element, ...look(element), box: element.getBBox(), matrix: element.getCTM() }))
      .map((s) => ({ ...s, reach: reach(s) }))
      .filter((s) => s.element.localName === "text" || s.fill || s.stroke || s.pattern);
  }
  // The colour that lies below a point: the page, and what was drawn there earlier.
  function below(paper, shapes, count, point, matrix) {
    const on = point.matrixTransform(matrix), { x, y } = on;
    return shapes.slice(0, count).reduce((colour, s) => {
      if (x < s.reach.left || x > s.reach.right || y < s.reach.top || y > s.reach.bottom) return colour;
      if (s.element.localName === "text") return colour;
      const p = on.matrixTransform(s.matrix.inverse());
      if (s.fill && s.element.isPointInFill(p)) colour = over(s.fill, colour);
      if (s.stroke && s.element.isPointInStroke(p)) colour = over(s.stroke, colour);
      return colour;
    }, paper);
  }
  function outline(shape, count = 16) {
    const length = shape.element.getTotalLength();
    return Array.from({ length: count }, (_, n) => shape.element.getPointAtLength((length * (n + 0.5)) / count));
  }
  const middle = (s) => [s.box.x + s.box.width / 2, s.box.y + s.box.height / 2];
  const near = (a, b, most) => Math.abs(a[0] - b[0]) <= most && Math.abs(a[1] - b[1]) <= most;

  // Every filled or drawn shape carries meaning, unless it is the light edge below another shape, or a
  // see-through band that runs between two shapes that can be seen well.
  function graphics() {
    const found = [];
    let count = 0, lowest = Infinity, bands = 0, edges = 0;
    for (const svg of pictures()) {
      const paper = background(svg), shapes = drawn(svg), weak = [];
      shapes.forEach((s, n) => {
        if (s.element.localName === "text") return;
        const ratios = outline(s).map((p) => {
          const b = below(paper, shapes, n, p, s.matrix);
          return Math.max(...[s.fill, s.stroke].map((c) => (c ? contrast(over(c, b), b) : 1)));
        }).sort((a, b) => b - a);
        s.ratio = ratios[Math.floor((ratios.length - 1) / 2)]; // half of the outline has this or more
        s.clear = s.ratio >= GRAPHIC - 0.005;
        if (!s.clear) weak.push([s, n]);
        else { count += 1; lowest = Math.min(lowest, s.ratio); }
      });
      for (const [s, n] of weak) {
        const ink = s.fill || s.stroke;
        const later = shapes.slice(n + 1).some((o) => o.clear && near(middle(o), middle(s), 6));
        if (ink && later && contrast(over(ink, paper), paper) < 1.1) { edges += 1; continue; }
        const touches = (x) => shapes.some((o) => o.clear && o.box.x - 3 <= x && x <= o.box.x + o.box.width + 3 &&
          o.box.y <= s.box.y + s.box.height + 3 && o.box.y + o.box.height >= s.box.y - 3);
        if (ink && ink[3] < 0.95 && touches(s.box.x) && touches(s.box.x + s.box.width)) { bands += 1; continue; }
        count += 1;
        lowest = Math.min(lowest, s.ratio);
        const words = s.pattern && !ink ? "Het contrast van een patroon kan niet worden gemeten; kijk zelf of het goed te zien is."
          : `Een vorm heeft contrast ${decimal(s.ratio)} met wat eronder ligt; dat hoort 3 of meer te zijn. Geef de vorm een andere kleur of een rand.`;
        found.push(fault("beeldcontrast", s.element, words, s.pattern && !ink ? "zelf" : "fout"));
      }
    }
    for (const swatch of all(".wb-swatch").filter(seen)) {
      const style = getComputedStyle(swatch), paper = background(swatch.parentElement);
      const edge = parseFloat(style.borderTopWidth) > 0 ? contrast(over(colour(style.borderTopColor), paper), paper) : 1;
      const ratio = Math.max(edge, contrast(over(colour(style.backgroundColor), paper), paper));
      count += 1;
      lowest = Math.min(lowest, ratio);
      if (ratio < GRAPHIC) found.push(fault("beeldcontrast", swatch.parentElement, `Een vakje van de legenda heeft contrast ${decimal(ratio)}; dat hoort 3 of meer te zijn. Geef het een rand.`));
    }
    const measured = count ? `${count} vormen en vakjes (staven, lijnen, punten, gebieden, legenda); laagste contrast ${decimal(lowest)}. ` +
      `Niet meegeteld: ${bands} doorschijnende banden tussen twee goed zichtbare vormen en ${edges} lichte randen onder een lijn.` : "";
    return { found, measured };
  }

  // All text, also what axe leaves open: in a drawing, over a gradient, of one letter.
  function texts() {
    const found = [];
    let count = 0, lowest = Infinity;
    const judge = (element, ratio, need) => {
      count += 1;
      lowest = Math.min(lowest, ratio);
      if (ratio < need - 0.005) found.push(fault("tekstcontrast", element, `Tekst heeft contrast ${decimal(ratio)}; dat hoort ${decimal(need)} of meer te zijn. Kies een andere kleur.`));
    };
    for (const svg of pictures()) {
      const paper = background(svg), shapes = drawn(svg);
      shapes.forEach((s, n) => {
        if (s.element.localName !== "text" || !s.element.textContent.trim() || !s.fill) return;
        const y = s.box.y + s.box.height / 2;
        const ratios = [0.1, 0.5, 0.9].map((part) => {
          const b = s.stroke && s.width >= 2 ? over(s.stroke, paper) : below(paper, shapes, n, new DOMPoint(s.box.x + s.box.width * part, y), s.matrix);
          return contrast(over(s.fill, b), b);
        });
        judge(s.element, Math.min(...ratios), TEXT);
        const spot = new DOMPoint(s.box.x + s.box.width / 2, y).matrixTransform(s.matrix);
        const lid = shapes.slice(n + 1).find((o) => o.fill && o.fill[3] > 0.5 && o.element.localName !== "text" && o.element.isPointInFill(spot.matrixTransform(o.matrix.inverse())));
        if (lid) found.push(fault("tekstcontrast", s.element, "Tekst in een tekening ligt onder een vorm. Teken de tekst later."));
      });
    }
    const papers = new Map(), worst = new Map(), grounds = new Map();
    // The colours that can lie below text: of the page, and each colour of a gradient over it.
    const under = (element) => {
      if (!papers.has(element)) {
        const style = getComputedStyle(element), base = background(element, grounds);
        const stops = style.backgroundImage.match(/(rgba?|color|oklch|oklab|hsla?)\([^()]*\)|#[0-9a-f]{3,8}/gi) || [];
        const opaque = colour(style.backgroundColor)[3] === 1 || !element.parentElement;
        const lower = opaque ? [base] : under(element.parentElement).map((c) => over(colour(style.backgroundColor), c));
        papers.set(element, [...lower, ...stops.map((stop) => over(colour(stop), base))]);
      }
      return papers.get(element);
    };
    for (const element of all("body *")) {
      if (![...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
      if (element.closest("svg, script, style, noscript") || !seen(element)) continue;
      const style = getComputedStyle(element), size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700), ink = colour(style.color);
      const key = style.color + large + under(element).join(";");
      if (!worst.has(key)) worst.set(key, [element, Math.min(...under(element).map((b) => contrast(over(ink, b), b))), large ? 3 : TEXT, 0]);
      worst.get(key)[3] += 1;
    }
    for (const [element, ratio, need, times] of worst.values()) { judge(element, ratio, need); count += times - 1; }
    return { found, measured: count ? `${count} stukken tekst, ook in tekeningen en over een verloop; laagste contrast ${decimal(lowest)}.` : "" };
  }

  // Shapes or classes that only their colour tells apart: same kind, same pattern, same grey, no words of their own.
  function colours() {
    const found = [];
    let pairs = 0;
    const same = (a, b) => a.kind === b.kind && a.pattern === b.pattern && contrast(a.ink, b.ink) < GREY;
    for (const list of all(".wb-legend, [class*=legenda]").filter(seen)) {
      const paper = background(list);
      const items = all("li", list).flatMap((li) => {
        const swatch = all("*", li).find((e) => e.matches(SHAPES) || (!e.matches("svg") && colour(getComputedStyle(e).backgroundColor)[3] > 0) || getComputedStyle(e).backgroundImage !== "none");
        if (!swatch) return [];
        const style = getComputedStyle(swatch), shape = swatch.matches(SHAPES) ? look(swatch) : null;
        const ink = shape ? shape.fill || shape.stroke : colour(style.backgroundColor);
        const pattern = shape ? shape.pattern : style.backgroundImage === "none" ? "" : style.backgroundImage;
        return [{ li, ink: over(ink || [0, 0, 0, 0], paper), pattern, kind: swatch.localName + style.borderRadius + style.borderTopStyle }];
      });
      items.forEach((a, n) => items.slice(n + 1).forEach((b) => {
        pairs += 1;
        if (same(a, b)) found.push(fault("kleur-alleen", list, `In de legenda zijn «${short(a.li.textContent)}» en «${short(b.li.textContent)}» zonder kleur niet te onderscheiden (in grijs verschillen ze ${decimal(contrast(a.ink, b.ink), 2)} keer; dat hoort ${decimal(GREY, 2)} of meer te zijn). Geef een van beide een patroon of maak die lichter of donkerder.`));
      }));
    }
    for (const svg of pictures()) {
      const paper = background(svg), shapes = drawn(svg);
      const words = shapes.filter((s) => s.element.localName === "text" && s.element.textContent.trim()).map((s) => [s.element, s.element.getBoundingClientRect()]);
      const gap = (a, b) => Math.max(a.left - b.right, b.left - a.right, 0) + Math.max(a.top - b.bottom, b.top - a.bottom, 0);
      const name = (shape) => {
        const box = shape.element.getBoundingClientRect();
        const [text, far] = words.map(([t, r]) => [t, gap(box, r)]).sort((a, b) => a[1] - b[1])[0] || [null, Infinity];
        return far <= LABEL ? text.textContent : "";
      };
      const legend = svg.closest("figure")?.querySelector(".wb-legend, [class*=legenda]");
      const groups = new Map();
      for (const s of shapes.filter((s) => s.element.localName !== "text" && s.fill && s.fill[3] >= 0.95)) {
        const ink = over(s.fill, paper);
        if (contrast(ink, paper) < 1.1) continue; // the light edge below another shape
        const kind = s.element.localName + (Math.min(s.box.width, s.box.height) <= 3 ? " line" : "");
        const key = [ink.map(Math.round), s.pattern, kind].join();
        if (!groups.has(key)) groups.set(key, { ink, pattern: s.pattern, kind, shapes: [] });
        groups.get(key).shapes.push(s);
      }
      const list = [...groups.values()];
      if (!legend) list.forEach((a, n) => list.slice(n + 1).forEach((b) => {
        pairs += 1;
        if (!same(a, b)) return;
        const names = [a, b].map((g) => new Set(g.shapes.slice(0, 40).map(name)));
        const shared = [...names[0]].some((t) => !t || names[1].has(t)) || names[1].has("");
        if (shared) found.push(fault("kleur-alleen", b.shapes[0].element, `Twee soorten vormen verschillen alleen in kleur (in grijs verschillen ze ${decimal(contrast(a.ink, b.ink), 2)} keer; dat hoort ${decimal(GREY, 2)} of meer te zijn) en hebben geen eigen woorden ernaast. Zet er tekst bij, of geef een van beide een patroon of andere vorm.`));
      }));
    }
    return { found, measured: pairs ? `${pairs} paren van kleuren in tekeningen en legenda's, vergeleken in grijs, patroon, vorm en bijschrift.` : "" };
  }

  // --- structure
  function structure() {
    const found = [], levels = all("h1,h2,h3,h4,h5,h6").filter(seen);
    const ones = levels.filter((h) => h.localName === "h1").length;
    if (ones !== 1) found.push(fault("koppen", null, `Er hoort één hoofdtitel (h1) te zijn; het zijn er ${ones}.`));
    levels.forEach((h, n) => {
      if (!h.textContent.trim()) found.push(fault("koppen", h, "Een kop is leeg. Geef de kop tekst of haal die weg."));
      const before = n ? +levels[n - 1].localName[1] : 0;
      if (+h.localName[1] > before + 1) found.push(fault("koppen", h, `Een kop van niveau ${h.localName[1]} volgt op niveau ${before}. Sla geen niveau over.`));
    });
    const told = new Map();
    for (const picture of all("svg:not([aria-hidden=true]), img, [role=img]").filter((e) => !e.parentElement.closest("svg") && seen(e))) {
      const ids = (picture.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean);
      const parts = ids.length ? ids.map((id) => document.getElementById(id)?.textContent.trim() || "") : [picture.getAttribute("alt") ?? picture.getAttribute("aria-label") ?? ""];
      const name = parts.join(" ").trim();
      const decoration = picture.localName === "img" && picture.getAttribute("alt") === "";
      if (decoration) continue;
      if (parts.some((p) => !p || PLACEHOLDER.test(p))) found.push(fault("alternatief", picture, `Een tekening heeft geen eigen beschrijving («${short(name)}»). Zeg in een zin wat erop te zien is.`));
      else if (told.has(name)) found.push(fault("alternatief", picture, "Twee tekeningen hebben dezelfde beschrijving. Geef elk een eigen zin."));
      told.set(name, picture);
      // The twin is in the same figure, or the picture names where it is.
      const figure = document.getElementById(picture.getAttribute("aria-details")) || picture.closest("figure");
      if (picture.localName !== "img" && !figure?.querySelector("tbody tr")) found.push(fault("tabel-bij-beeld", picture, "Bij een tekening hoort een tabel met dezelfde cijfers, in dezelfde figure of genoemd met aria-details. Voeg die toe."));
    }
    const ids = new Map();
    all("[id]").forEach((e) => ids.set(e.id, (ids.get(e.id) || 0) + 1));
    for (const [id, times] of ids) if (times > 1) found.push(fault("dubbele-id", document.getElementById(id), `Het kenmerk id «${short(id)}» komt ${times} keer voor. Maak elk id uniek.`));
    const lang = document.documentElement.lang;
    if (lang !== "nl") found.push(fault("taal", null, `De taal van de pagina is «${lang}»; dat hoort nl te zijn.`));
    if (document.getAnimations().length) found.push(fault("beweging", document.getAnimations()[0].effect?.target, "Iets op de pagina beweegt vanzelf. Haal de beweging weg."));
    const targets = all("a[href],summary,button,input,select").filter((e) => seen(e) && !inline(e)).map((e) => [e, e.getBoundingClientRect()]).filter(([, r]) => r.right > 0);
    const centre = (r) => [(r.left + r.right) / 2, (r.top + r.bottom) / 2];
    const little = targets.filter(([, r]) => r.width < 24 || r.height < 24);
    // WCAG 2.5.8: a small target is fine where a circle of 24 px around it touches no other target.
    const small = little.filter(([e, r]) => targets.some(([o, other]) => {
      if (o === e) return false;
      const [x, y] = centre(r), dx = Math.max(other.left - x, x - other.right, 0), dy = Math.max(other.top - y, y - other.bottom, 0);
      return Math.hypot(dx, dy) < 12 || (little.some(([l]) => l === o) && Math.hypot(x - centre(other)[0], y - centre(other)[1]) < 24);
    }));
    if (small.length) found.push(fault("doelgrootte", small[0][0], `${small.length} links of knoppen zijn kleiner dan 24 bij 24 pixels en staan dicht op elkaar. Geef ze meer ruimte; dat tikt makkelijker.`, "advies"));
    const tables = all("figure table").length;
    return { found, measured: `${levels.length} koppen, ${told.size} tekeningen, ${all("table").length} tabellen (waarvan ${tables} bij een tekening), ${ids.size} kenmerken id.` };
  }
  // A link in a sentence takes the height of its line: WCAG 2.5.8 leaves it out.
  function inline(element) {
    const block = element.closest("p,li,dd,td,th,figcaption");
    return element.localName === "a" && block && block.textContent.trim() !== element.textContent.trim();
  }

  // --- layout: nothing cut off, on top of something else, or outside the screen
  function scroller(element) {
    for (let e = element; e && e !== document.body; e = e.parentElement) if (/auto|scroll/.test(getComputedStyle(e).overflowX)) return e;
    return null;
  }
  function pieces() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange(), list = [];
    while (walker.nextNode()) {
      const node = walker.currentNode, element = node.parentElement;
      if (!node.data.trim() || element.closest("script,style,title,desc,noscript") || !seen(element)) continue;
      const style = getComputedStyle(element);
      if (style.opacity === "0" || style.clipPath !== "none") continue;
      range.selectNodeContents(node);
      for (const r of range.getClientRects()) if (r.width > 1 && r.height > 1) list.push({ element, text: node.data, left: r.left, right: r.right, top: r.top, bottom: r.bottom });
    }
    return list;
  }
  function layout(rule) {
    const found = [], width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width + 1) {
      const wide = all("body *").find((e) => seen(e) && !scroller(e) && e.getBoundingClientRect().right > width + 1);
      found.push(fault(rule, wide, `De pagina is ${document.documentElement.scrollWidth} pixels breed op een scherm van ${width}. Laat tekst omlopen; alleen een tabel of tekening mag in een eigen vak schuiven.`));
    }
    const texts = pieces();
    for (const box of new Set(texts.map((t) => scroller(t.element)).filter(Boolean)))
      if (box.scrollWidth > box.clientWidth + 1 && !box.matches("table, pre, code") && !box.querySelector("table, svg, pre"))
        found.push(fault(rule, box, "Gewone tekst staat in een vak dat opzij moet schuiven. Laat de tekst omlopen."));
    for (const element of new Set(texts.flatMap((t) => { const list = []; for (let e = t.element; e && e !== document.body; e = e.parentElement) list.push(e); return list; }))) {
      const style = getComputedStyle(element), hides = (o) => /hidden|clip/.test(o);
      if (element instanceof SVGElement || element.clientWidth <= 1) continue;
      if (!hides(style.overflowX) && !hides(style.overflowY)) continue;
      // A drawing may run on beyond its frame, as a map does; words may not.
      const box = element.getBoundingClientRect();
      const cut = (t) => (hides(style.overflowX) && (t.right > box.right + 1 || t.left < box.left - 1)) || (hides(style.overflowY) && (t.bottom > box.bottom + 1 || t.top < box.top - 1));
      if (texts.some((t) => element.contains(t.element) && !element.contains(scroller(t.element)) && cut(t)))
        found.push(fault(rule, element, "Tekst wordt afgekapt. Haal de vaste hoogte of breedte weg, of overflow: hidden."));
    }
    for (const t of texts) if (t.right > width + 1 && t.left >= 0 && !scroller(t.element)) { found.push(fault(rule, t.element, "Tekst valt rechts buiten het scherm. Laat die omlopen.")); break; }
    const block = (e) => { while (e.parentElement && getComputedStyle(e).display.startsWith("inline")) e = e.parentElement; return e; };
    texts.sort((a, b) => a.top - b.top);
    const tall = Math.max(0, ...texts.map((t) => t.bottom - t.top));
    let first = 0, overlaps = 0;
    texts.forEach((a, n) => {
      while (texts[first].top < a.top - tall) first += 1;
      for (let m = first; m < n; m += 1) {
        const b = texts[m];
        // A line is higher than its letters: only what covers letters counts.
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top), least = Math.min(a.bottom - a.top, b.bottom - b.top);
        if (high < 0.5 * least || Math.min(a.right, b.right) - Math.max(a.left, b.left) < 3) continue;
        const boxes = [scroller(a.element), scroller(b.element)];
        if (boxes[0] !== boxes[1] && boxes.some(Boolean)) continue; // what scrolls is cut at the edge of its box
        if (block(a.element) === block(b.element) && !(a.element instanceof SVGElement)) continue;
        overlaps += 1;
        if (overlaps <= 3) found.push(fault(rule, a.element, `Tekst staat over andere tekst heen: «${short(a.text, 30)}» en «${short(b.text, 30)}». Geef ze elk ruimte.`));
      }
    });
    return { found, measured: `${texts.length} regels tekst nagemeten.` };
  }
  // What a reader gets to read, without the controls that only a script gives sense.
  function told() {
    const controls = "script,style,noscript,title,button,[role=button],label,legend,select,input,output,[role=status],[aria-live],.leaflet-control";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), list = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.data.trim() && !node.parentElement.closest(controls) && seen(node.parentElement)) list.push(node.data.replace(/\s+/g, " ").trim());
    }
    return list;
  }
  const root = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

  // --- keyboard: the page counts what gets the focus; the keys are pressed from outside
  const STOPS = "a[href],area[href],summary,button:not([disabled]),input:not([disabled]):not([type=hidden]),select:not([disabled]),textarea:not([disabled]),[tabindex]:not([tabindex='-1']),audio[controls],video[controls]";
  const plain = new WeakMap();
  const edge = (style) => [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.backgroundColor, style.borderColor, style.textDecorationLine].join();
  function stops() {
    const boxes = all("body *").filter((e) => /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1 && !e.querySelector("a[href],button,summary,input"));
    const set = new Set([...all(STOPS), ...boxes]);
    // In a toolbar, a list to choose from or a map the arrow keys move on: one stop is enough there.
    const arrows = "[role=toolbar],[role=listbox],[role=menu],[role=radiogroup],[role=tablist],[role=tree],[role=grid],[role=application]";
    // Of radio buttons that belong together only the chosen one, or else the first, is a stop.
    const group = (e) => (e.type === "radio" && e.name ? all("input[type=radio]:not([disabled])").filter((o) => o.name === e.name && o.form === e.form && seen(o)) : [e]);
    const chosen = (e) => e === (group(e).find((o) => o.checked) || group(e)[0]);
    return all("body *").filter((e) => set.has(e) && seen(e) && chosen(e) && (e.tabIndex >= 0 || !e.closest(arrows)));
  }
  const visited = [], unseen = [], pressed = [], kinds = new Set();
  function begin() {
    visited.length = unseen.length = pressed.length = 0;
    kinds.clear();
    document.activeElement?.blur();
    all("body *").forEach((e) => plain.set(e, edge(getComputedStyle(e))));
    // What each key did to a fold shows when the next key goes down.
    document.addEventListener("keydown", (event) => {
      const e = document.activeElement, before = pressed.at(-1);
      if (before) before.after ??= before.fold.open;
      if (e?.localName === "summary" && event.key !== "Tab") pressed.push({ element: e, fold: e.parentElement, before: e.parentElement.open });
    }, true);
  }
  // Returns what has the focus now: "end", "again", "stop", or the keys to press on a fold: Enter opens
  // each one, and on the first of a kind the space bar and Enter close and open it once more.
  function arrived() {
    const e = document.activeElement;
    if (!e || e === document.body || e === document.documentElement) return "end";
    if (visited.includes(e)) return visited[0] === e ? "end" : "again";
    visited.push(e);
    const style = getComputedStyle(e), box = e.getBoundingClientRect(), paper = background(e.parentElement || e);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    const strong = ring && (style.outlineStyle === "auto" || contrast(over(colour(style.outlineColor), paper), paper) >= GRAPHIC - 0.005);
    const differs = edge(style) !== plain.get(e);
    if (!differs || (ring && !strong)) unseen.push(fault("focus", e, "Wie met het toetsenbord werkt, ziet hier niet waar de focus is. Geef een rand met contrast 3 of meer."));
    if (box.right < 0 || box.left > innerWidth) unseen.push(fault("focus", e, "Dit krijgt de focus terwijl het buiten beeld staat. Maak het zichtbaar bij focus."));
    if (e.localName !== "summary") return "stop";
    const kind = [e.parentElement.className, e.parentElement.parentElement.localName, e.attributes.length].join();
    const first = !kinds.has(kind), shut = !e.parentElement.open;
    kinds.add(kind);
    return first ? (shut ? "Enter Space Enter" : "Space Enter") : shut ? "Enter" : "stop";
  }
  function finished() {
    const found = [...unseen], list = stops();
    const stuck = pressed.filter((p) => (p.after ?? p.fold.open) === p.before).map((p) => p.element);
    new Set(stuck).forEach((e) => found.push(fault("uitklappen", e, "Dit deel gaat met Enter of de spatiebalk niet open en dicht. Gebruik details en summary.")));
    list.filter((e) => !visited.includes(e)).slice(0, 5).forEach((e) => found.push(fault("toetsenbord", e, "Dit is met de Tab-toets niet te bereiken. Haal een negatieve tabindex weg of geef tabindex 0.")));
    const order = visited.map((e) => list.indexOf(e)).filter((n) => n >= 0);
    const back = order.findIndex((n, m) => m && n < order[m - 1]);
    if (back > 0) found.push(fault("volgorde", list[order[back]], "De Tab-toets springt hier terug. Laat de volgorde gelijk lopen met de tekst; gebruik geen tabindex boven 0."));
    return { found, measured: `${visited.length} plaatsen met de Tab-toets bereikt, waarvan ${new Set(pressed.map((p) => p.element)).size} uitklapdelen met Enter geopend; van elk van de ${kinds.size} soorten één ook met de spatiebalk gesloten.` };
  }
  const current = () => fault("toetsenbordval", document.activeElement, "Wie hier met Tab komt, komt niet verder. Laat Tab doorgaan naar wat volgt.");
  function skip() {
    const first = stops()[0], target = first?.getAttribute("href")?.startsWith("#") && document.getElementById(first.getAttribute("href").slice(1));
    const ok = target && (target.matches("main, h1") || target.closest("main"));
    return { found: ok ? [] : [fault("snel-naar-inhoud", first || null, "De eerste Tab hoort op een link naar de inhoud te komen. Begin de pagina met een link naar main.")], measured: "" };
  }

  // --- axe, made small enough to carry: rules with what they found
  // Without `rest` only contrast. That rule takes axe most of a minute on a long page with all folds open, and
  // texts() measures every text itself: here axe looks at three of each kind of text.
  async function axe(tags, rest) {
    const kinds = new Map(), grounds = new Map();
    for (const e of all("body *")) {
      if (e.closest("svg, script, style, noscript") || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !seen(e)) continue;
      const style = getComputedStyle(e);
      const kind = [e.localName, e.className, e.parentElement.className, style.color, style.fontSize, style.fontWeight, background(e, grounds), style.backgroundImage, style.position].join();
      kinds.set(kind, [...(kinds.get(kind) || []), e]);
    }
    const some = [...kinds.values()].flatMap((list) => [list[0], list[list.length >> 1], list.at(-1)]);
    const run = (context, options) => window.axe.run(context, { ...options, resultTypes: ["violations", "incomplete"], selectors: false, elementRef: true });
    const runs = [];
    if (some.length) runs.push(await run({ include: [...new Set(some)] }, { runOnly: { type: "rule", values: ["color-contrast"] } }));
    if (rest) runs.push(await run(document, { runOnly: { type: "tag", values: tags }, rules: { "color-contrast": { enabled: false } } }));
    const every = (outcome) => runs.flatMap((r) => r[outcome]);
    // What texts() measured needs no person: text in a drawing, over a gradient, of one letter, or
    // that a box cuts off until it is scrolled.
    const measured = (node) => {
      const keys = [...node.any, ...node.all, ...node.none].map((c) => c.data?.messageKey);
      return keys.every((k) => ["bgGradient", "imgNode", "shortTextContent"].includes(k) || (k === "elmPartiallyObscured" && scroller(node.element))) || node.element.closest("svg");
    };
    const left = (r) => (r.id === "color-contrast" ? { ...r, nodes: r.nodes.filter((n) => !measured(n)) } : r);
    const small = (r) => ({ id: r.id, tags: r.tags, help: r.help, places: r.nodes.slice(0, 3).map((n) => place(n.element)) });
    const name = (r) => ({ id: r.id, tags: r.tags });
    return { version: window.axe.version, violations: every("violations").map(small), incomplete: every("incomplete").map(left).filter((r) => r.nodes.length).map(small), passes: every("passes").map(name), inapplicable: every("inapplicable").map(name) };
  }
  const folds = (value) => all("details").forEach((d) => { d.open = value; });
  const sheet = (css) => {
    const style = new CSSStyleSheet();
    style.replaceSync(css);
    document.adoptedStyleSheets = css ? [style] : [];
  };
  const has = (selectors) => selectors.filter((selector) => document.querySelector(selector));
  const painted = () => new Promise((done) => {
    new PerformanceObserver((list) => list.getEntries().forEach((e) => e.name === "first-contentful-paint" && done(e.startTime))).observe({ type: "paint", buffered: true });
    setTimeout(() => done(null), 10000);
  });
  window.keuring = { graphics, texts, colours, structure, layout, told, root, begin, arrived, current, finished, skip, axe, folds, sheet, has, painted };
})();
