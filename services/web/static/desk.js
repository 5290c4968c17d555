// What goes on behind the review screen: the glass over the current field, the lease, the next item, and taking back.
"use strict";

const PAGE = document.body.dataset.page;

// ---- The glass: the current field, always in view -------------------------------------------------
function magnify(row) {
  const glass = $("#glass");
  if (!glass) return;
  const field = row.dataset.show ?? row.dataset.row;
  const picture = $("img", glass);
  $("figcaption", glass).textContent = row.dataset.label ?? "";
  if (picture.dataset.field === field) return;
  picture.dataset.field = field;
  picture.hidden = false;
  picture.src = `/pages/${PAGE}/snippet/${encodeURIComponent(field)}`;
}

if (PAGE) {
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) magnify(row);
  });
}

// ---- The lease: prolonged while somebody works, never while he is away -----------------------------
const BEAT_MS = 60_000;
let active = true;
let lost = false;
let sending = false;

for (const sign of ["keydown", "pointerdown", "wheel", "pointermove"]) {
  addEventListener(sign, () => { active = true; }, { passive: true });
}

function lose(words) {
  lost = true;
  const place = $("#lost");
  place.textContent = words;
  place.hidden = false;
  const commit = $("#commit");
  if (commit) commit.disabled = true;
}

async function beat() {
  if (!active || lost || document.visibilityState === "hidden") return;
  active = false;
  try {
    const answer = await fetch(`/reviews/${PAGE}/beat`, { method: "POST" });
    if (answer.status === 409) lose(await answer.text());
  } catch {
    // The network is away for a moment; the next beat tries again, and the save says what counts.
  }
}

if (PAGE && $("#commit") && !$("[data-test=held]")) {
  setInterval(beat, BEAT_MS);
  // Back at the screen: whether it is still one's own is known before anything is typed.
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") { active = true; beat(); } });
  addEventListener("submit", () => { sending = true; });
  addEventListener("pagehide", () => { if (!sending && !lost) navigator.sendBeacon(`/reviews/${PAGE}/release`); });
}

// A page that the browser kept from before is asked for anew: it may be done by now.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// ---- The next item: its pictures are here before it is opened --------------------------------------
async function fetchAhead() {
  const answer = await fetch(`/reviews/${PAGE}/next${document.body.dataset.query ?? ""}`);
  if (!answer.ok) return;
  const { pictures } = await answer.json();
  for (const address of pictures) new Image().src = address;
}

if (PAGE) {
  addEventListener("load", () => {
    const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 400));
    idle(() => { fetchAhead().catch(() => {}); });
  });
}

// ---- Taking back one's own last save ---------------------------------------------------------------
document.addEventListener("keydown", (event) => {
  if (event.key !== "z" || !event.ctrlKey || event.shiftKey || event.altKey || $("dialog[open]")) return;
  // In an entry with something typed, Ctrl+Z is the entry's own.
  if (dirty || event.target.matches("input[type=search], textarea")) return;
  const button = $("#unsave-button") ?? $("#unsave-last");
  if (!button) return;
  event.preventDefault();
  button.click();
});
