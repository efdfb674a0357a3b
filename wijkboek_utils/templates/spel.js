// What widgets cannot do by themselves: name a slider, say that the outcome changed, and keep open
// what somebody opened while the figures below it change.
const begin = () => {
  const state = new Map();
  const folds = () => [...document.querySelectorAll(".wb-spel-uitkomst details")];
  document.addEventListener("toggle", (event) => {
    const place = folds().indexOf(event.target);
    if (place >= 0) state.set(place, event.target.open);
  }, true);
  const tidy = () => {
    folds().forEach((one, place) => {
      const open = state.get(place);
      if (open !== undefined && one.open !== open && !one.dataset.wbWas) one.open = open;
      one.dataset.wbWas = "ja";
    });
    document.querySelectorAll(".wb-spel-rij").forEach((row) => {
      const name = row.querySelector(".widget-label")?.textContent.trim();
      row.querySelectorAll(".noUi-handle").forEach((one) => {
        if (one.getAttribute("aria-label") !== name) one.setAttribute("aria-label", name);
      });
    });
    document.querySelectorAll(".wb-spel-uitkomst .widget-html-content").forEach((one) => {
      if (!one.hasAttribute("role")) one.setAttribute("role", "status");
    });
  };
  new MutationObserver(tidy).observe(document.body, { childList: true, subtree: true });
  tidy();
};

export default { initialize: begin };
