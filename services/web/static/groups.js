// Groups: arrows move over the grid, space takes a crop out, Enter keeps the rest.
"use strict";
(() => {
  const form = document.getElementById("group-form");
  if (!form) return;
  const boxes = [...form.querySelectorAll(".crop input[type=checkbox]")];
  const rest = document.getElementById("group-rest");
  const count = () => { rest.textContent = boxes.filter((box) => !box.checked).length; };
  let sent = false;

  // Crops in one row of the grid, as the window happens to be wide.
  const columns = () => {
    const top = boxes[0].closest(".crop").offsetTop;
    const other = boxes.findIndex((box) => box.closest(".crop").offsetTop !== top);
    return other < 0 ? boxes.length : other;
  };

  form.addEventListener("change", count);
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => { sent = false; count(); });

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || document.querySelector("dialog[open]") || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() }[event.key];
    const at = boxes.indexOf(document.activeElement);
    if (step) {
      event.preventDefault();
      const next = at < 0 ? 0 : at + step;
      if (boxes[next]) {
        boxes[next].focus();
        boxes[next].closest(".crop").scrollIntoView({ block: "nearest" });
      }
    } else if (event.key === "Enter" && (at >= 0 || document.activeElement === document.body)) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "Escape") {
      location.href = document.getElementById("group-leave").href;
    }
  });

  // The fields stay this person's while he works at them; that alone keeps nobody logged in.
  let active = true;
  for (const sign of ["keydown", "pointerdown", "pointermove"]) addEventListener(sign, () => { active = true; }, { passive: true });
  setInterval(() => {
    if (!active || document.visibilityState !== "visible") return;
    active = false;
    const have = new URLSearchParams(boxes.map((box) => ["have", box.value]));
    fetch("/runs/beat", { method: "POST", body: have, headers: { "x-background": "1" } }).catch(() => {});
  }, 60_000);

  count();
  boxes[0]?.focus();
})();
