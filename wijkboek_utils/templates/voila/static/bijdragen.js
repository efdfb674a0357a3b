// What widgets cannot say by themselves: which help and which faults belong to a field, what is read
// aloud, where the page goes after a message, that the line is gone, that a file is too large.
"use strict";
window.voila_heartbeat = window.voila_process = window.voila_finish = () => {};

(() => {
  const MOST = 10e6; // bytes; the server keeps to the same

  const field = (box) => {
    const control = box.querySelector("input, select, textarea");
    if (!control) return;
    const words = [...box.querySelectorAll(".wb-hulp, .wb-veldfout")];
    words.forEach((one, k) => { one.id = `wb-${control.id}-${k}`; });
    control.setAttribute("aria-describedby", words.map((one) => one.id).join(" "));
    control.setAttribute("aria-invalid", String(Boolean(box.querySelector(".wb-veldfout"))));
    if (box.classList.contains("wb-nodig")) control.setAttribute("aria-required", "true");
    if (!words.length) control.removeAttribute("aria-describedby");
  };

  const tidy = () => {
    const main = document.querySelector("main");
    if (!main) return;
    main.querySelectorAll(".wb-veld").forEach(field);
    main.querySelectorAll('[title="null"]').forEach((one) => one.removeAttribute("title"));
    main.querySelectorAll("button[title]").forEach((one) => {
      if (one.title === one.textContent) one.removeAttribute("title");
    });
    main.querySelectorAll(".anchor-link").forEach((one) => one.remove());
    main.querySelectorAll(".wb-melding .widget-html-content").forEach((one) => {
      one.setAttribute("role", "status");
    });
    main.querySelectorAll("input, textarea").forEach((one) => {
      if (one.placeholder.trim() === "" || one.placeholder === "\u200b") one.removeAttribute("placeholder");
      if (one.type === "password") one.autocomplete = "off";
    });
    // Voila adds empty panels of its own that say they are the head and the foot of the page.
    document.querySelectorAll("#voila-top-panel, #voila-bottom-panel, body > #main").forEach((one) => {
      one.removeAttribute("role");
      one.setAttribute("aria-hidden", "true");
      one.hidden = true;
    });
    if (main.querySelector(".jupyter-button, .wb-verkenner, .wb-spel")) document.getElementById("wb-wacht")?.remove();
    const goal = [...main.querySelectorAll("[data-wb-naar]")].find((one) => !one.dataset.wbWas);
    if (goal) {
      goal.dataset.wbWas = "ja";
      goal.focus();
      goal.scrollIntoView({ block: "center" });
    }
  };

  let asked = false;
  const later = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; tidy(); });
  };
  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(later).observe(document.querySelector("main"), { childList: true, subtree: true });
    later();
  });

  // A file that is too large is stopped here: the line would break on it.
  const click = HTMLInputElement.prototype.click;
  HTMLInputElement.prototype.click = function () {
    if (this.type === "file" && !this.dataset.wb) {
      this.dataset.wb = "ja";
      this.addEventListener("change", (event) => {
        if ([...this.files].every((one) => one.size <= MOST)) return;
        event.stopImmediatePropagation();
        this.value = "";
        alert("Dit bestand is te groot; er past 10 MB. Verdeel de rijen over twee bestanden.");
      }, { capture: true });
    }
    click.call(this);
  };

  // The line to the server: say so when it stays away.
  const Line = window.WebSocket;
  let open = 0;
  let leaving = false;
  window.addEventListener("pagehide", () => { leaving = true; });
  window.WebSocket = class extends Line {
    constructor(...facts) {
      super(...facts);
      this.addEventListener("open", () => {
        open += 1;
        document.getElementById("wb-lijn").hidden = true;
      });
      this.addEventListener("close", () => {
        open -= 1;
        setTimeout(() => {
          if (open <= 0 && !leaving) document.getElementById("wb-lijn").hidden = false;
        }, 4000);
      });
    }
  };
})();
