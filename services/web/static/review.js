// The review screen by keyboard: row by row, for a first keying, a blind second one, and an arbiter. Values are judged
// by the server.
"use strict";

const rows = () => $$("[data-row]");
const rowOf = (element) => element?.closest?.("[data-row]");
const confirmBox = (row) => $("input.confirm", row);
const illegibleBox = (row) => $("input.illegible-box", row);
const noneBox = (row) => $("input.none-box", row);
const OPTIONS = ".options input, .candidates input";

function entryOf(row) {
  const plain = row.matches(".judged") ? null : $("input.value", row);
  return plain ?? $(".options input:checked, .candidates input:checked", row) ?? $(".options input, .candidates input, input, button, a", row);
}

function enter(row) {
  const entry = entryOf(row);
  if (!entry) return;
  entry.focus();
  if (entry.matches("input.value")) entry.select();
  row.scrollIntoView({ block: "nearest" });
}

// The three ways to be done with a row exclude one another.
const boxes = (row) => [confirmBox(row), illegibleBox(row), noneBox(row)].filter(Boolean);

function tick(row, box) {
  for (const other of boxes(row)) other.checked = other === box;
}

function paint(row) {
  const illegible = illegibleBox(row)?.checked ?? false;
  const none = noneBox(row)?.checked ?? false;
  row.classList.toggle("done", boxes(row).some((box) => box.checked));
  row.classList.toggle("illegible", illegible || none);
  countLeft();
}

function countLeft() {
  const left = rows().filter(isOpen).length;
  const place = $("#left-to-do");
  if (place) place.textContent = left === 0 ? "要確認の項目はすべて確認しました" : `要確認 あと${left}項目`;
}

const isOpen = (row) => row.matches(".doubt, .wrong") && !row.matches(".done:not(.wrong)");

function nextOpen(row) {
  const all = rows();
  const at = all.indexOf(row);
  const next = [...all.slice(at + 1), ...all.slice(0, at)].find(isOpen);
  if (next) enter(next);
  else $("#commit")?.focus();
}

// Nothing chosen is no answer: on a blind screen and before an arbiter the cursor stays.
function isAnswered(row) {
  const radios = $$(".options input[type=radio], .candidates input[type=radio]", row).filter((input) => !input.closest(".own"));
  return radios.length === 0 || radios.some((input) => input.checked);
}

function accept(row) {
  if (!isAnswered(row)) return;
  tick(row, confirmBox(row));
  dirty = true;
  row.classList.remove("wrong");
  paint(row);
  nextOpen(row);
}

function give(row, box) {
  if (!box) return;
  const given = !box.checked;
  tick(row, given ? box : null);
  dirty = true;
  paint(row);
  if (given) nextOpen(row);
}

function choose(row, key) {
  const option = $$(OPTIONS, row).find((input) => input.dataset.key === key);
  if (!option) return false;
  option.checked = option.type === "checkbox" ? !option.checked : true;
  option.focus();
  option.dispatchEvent(new Event("change", { bubbles: true }));
  if (option.value === "own" && option.name.startsWith("pick.")) $(".own input", row)?.focus();
  return true;
}

function step(row, by) {
  const all = rows();
  const next = all[all.indexOf(row) + by];
  if (next) enter(next);
  else if (by > 0) $("#commit")?.focus();
}

// What is asked is about the field that was looked at last.
function ask(row) {
  const field = $("#ask-field");
  if (!field) return;
  field.value = row.dataset.row === "person" ? "" : row.dataset.row;
  $("#ask-about").textContent = field.value ? `項目：${row.dataset.label}` : "";
}

document.addEventListener("focusin", (event) => {
  const row = rowOf(event.target);
  if (row) ask(row);
  if (row && sheet) sheet.show(row.dataset.show ?? row.dataset.row);
});

// What is typed as a value of one's own is taken.
function takeOwn(row) {
  const own = $(".sides input[value=own]", row);
  if (own) own.checked = true;
}

document.addEventListener("input", (event) => {
  const row = rowOf(event.target);
  if (row && event.target.closest(".own")) takeOwn(row);
});

document.addEventListener("change", (event) => {
  const row = rowOf(event.target);
  if (!row || event.target.matches("input[type=search]")) return;
  dirty = true;
  if (event.target.closest(".own")) takeOwn(row);
  if (boxes(row).includes(event.target)) tick(row, event.target.checked ? event.target : null);
  else tick(row, confirmBox(row));
  paint(row);
});

// Found persons: the first becomes the place of the cursor, so that a number key chooses.
document.addEventListener("htmx:afterSwap", (event) => {
  const found = $("#candidates .candidates input");
  if (event.target.id === "candidates" && found) found.focus();
});

// The server's judgement of one value: a wrong one opens its row again.
document.addEventListener("htmx:afterSwap", (event) => {
  const row = rowOf(event.target);
  if (!row || !$(".answer", row)) return;
  // While somebody still types, the words are shown and nothing is taken back.
  const wrong = $(".answer", row).matches(".bad") && !row.contains(document.activeElement);
  row.classList.toggle("wrong", wrong);
  if (wrong && confirmBox(row)) confirmBox(row).checked = false;
  paint(row);
});

// Works wherever the cursor stands.
function reviewShortcut(event) {
  if (event.altKey && sheet) {
    const tool = { "+": () => sheet.step(1), ";": () => sheet.step(1), "=": () => sheet.step(1), "-": () => sheet.step(-1), r: () => sheet.rotate() }[event.key];
    if (tool) { tool(); return true; }
  }
  const dialog = { F7: "ask-dialog", F8: "return-dialog", F9: "rescan-dialog", F10: "discard-dialog" }[event.key];
  if (dialog) openDialog(dialog);
  else if (event.key === "Enter" && event.ctrlKey) $("#commit")?.click();
  else if (event.key === "Escape") leave();
  else return false;
  return true;
}

function reviewKey(event, typing) {
  const row = rowOf(event.target);
  const key = event.key;
  if (!row) {
    if (key === "ArrowUp" && event.target.id === "commit") enter(rows().at(-1));
    else if (key === "ArrowDown" && rows().length > 0 && event.target === document.body) enter(rows()[0]);
    else return false;
    return true;
  }
  if (key === "ArrowDown") step(row, 1);
  else if (key === "ArrowUp") step(row, -1);
  else if (typing) return false;
  else if (key === "Enter" && !event.target.matches("button, a")) accept(row);
  else if (key === "F2") give(row, illegibleBox(row));
  else if (key === "F4") give(row, noneBox(row));
  else if (/^[0-9]$/.test(key) && !event.target.matches("input.value") && !event.altKey) return choose(row, key);
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  // While an input method composes, Enter and the arrows belong to it.
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || $("dialog[open]")) return;
  // A held Enter would confirm field after field, and save, with nobody looking.
  if (event.key === "Enter" && event.repeat) return;
  const typing = event.target.matches("input[type=search], input[type=text]:not(.value), input[type=number], textarea, select");
  if (event.key === "?") return;
  if (reviewShortcut(event) || reviewKey(event, typing)) event.preventDefault();
});

document.addEventListener("DOMContentLoaded", () => {
  rows().forEach(paint);
  const first = rows().find(isOpen) ?? rows()[0];
  if (first) enter(first);
  else $("[data-start]")?.focus();
});
