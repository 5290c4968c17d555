// Keyboard and picture handling. Everything that matters also works by mouse; values are judged by the server.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// ---- Dialogs -------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) openDialog(opener.dataset.dialog);
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog")?.close();
});

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  dialog.showModal();
  $("[data-first]", dialog)?.focus();
}

// ---- Lists: j, k and the arrows move, Enter opens --------------------------------------------
function moveInList(step) {
  const links = $$("[data-list] [data-item]");
  if (links.length === 0) return false;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
  links[next].focus();
  links[next].scrollIntoView({ block: "nearest" });
  return true;
}

// ---- Pictures: an SVG in millimetres of paper (or in pixels when the page is not registered) -----
class Sheet {
  constructor(box) {
    this.box = box;
    this.svg = $("svg", box);
    const [, , width, height] = this.svg.getAttribute("viewBox").split(" ").map(Number);
    this.paper = [width, height];
    this.turn = 0;
    this.zoom = 0;
    this.fit();
  }

  size() {
    return this.turn % 180 === 0 ? this.paper : [this.paper[1], this.paper[0]];
  }

  // Zoom 0 is the width of the box; every step is a quarter more.
  draw() {
    const [width, height] = this.size();
    const scale = (Math.max(this.box.clientWidth - 18, 200) / width) * 1.25 ** this.zoom;
    this.svg.setAttribute("width", width * scale);
    this.svg.setAttribute("height", height * scale);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const [w, h] = this.paper;
    const move = { 0: "", 90: `translate(${h} 0) rotate(90)`, 180: `translate(${w} ${h}) rotate(180)`, 270: `translate(0 ${w}) rotate(270)` };
    $("g", this.svg).setAttribute("transform", move[this.turn]);
    this.scale = scale;
  }

  fit() { this.zoom = 0; this.draw(); }
  step(by) {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.box;
    const before = this.scale;
    this.zoom = Math.min(Math.max(this.zoom + by, -4), 12);
    this.draw();
    const grown = this.scale / before;
    this.box.scrollTo((scrollLeft + clientWidth / 2) * grown - clientWidth / 2, (scrollTop + clientHeight / 2) * grown - clientHeight / 2);
  }
  rotate() { this.turn = (this.turn + 90) % 360; this.draw(); }
  boxes() { this.svg.classList.toggle("plain"); }

  // Frames the field and brings it to the middle.
  show(field) {
    for (const rect of $$("rect.field", this.svg)) {
      const current = rect.dataset.field === field;
      rect.classList.toggle("current", current);
      if (!current || this.turn !== 0) continue;
      const [x, y, w, h] = ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
      this.box.scrollTo((x + w / 2) * this.scale - this.box.clientWidth / 2, (y + h / 2) * this.scale - this.box.clientHeight / 2);
    }
  }
}

let sheet = null;
document.addEventListener("click", (event) => {
  const tool = event.target.closest("[data-sheet]")?.dataset.sheet;
  if (!sheet || !tool) return;
  ({ in: () => sheet.step(1), out: () => sheet.step(-1), fit: () => sheet.fit(), rotate: () => sheet.rotate(), boxes: () => sheet.boxes() })[tool]?.();
});

// ---- Review ----------------------------------------------------------------------------------
const rows = () => $$("[data-row]");
const rowOf = (element) => element?.closest?.("[data-row]");
const confirmBox = (row) => $("input.confirm", row);
const illegibleBox = (row) => $("input.illegible-box", row);
let dirty = false;

function entryOf(row) {
  return $("input.value", row) ?? $(".options input:checked, .candidates input:checked", row) ?? $(".options input, .candidates input, input, button, a", row);
}

function enter(row) {
  const entry = entryOf(row);
  if (!entry) return;
  entry.focus();
  if (entry.matches("input.value")) entry.select();
  row.scrollIntoView({ block: "nearest" });
}

function paint(row) {
  const confirmed = confirmBox(row)?.checked ?? false;
  const illegible = illegibleBox(row)?.checked ?? false;
  row.classList.toggle("done", confirmed || illegible);
  row.classList.toggle("illegible", illegible);
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

function accept(row) {
  const box = confirmBox(row);
  if (box) box.checked = true;
  if (illegibleBox(row)) illegibleBox(row).checked = false;
  dirty = true;
  paint(row);
  nextOpen(row);
}

function illegible(row) {
  const box = illegibleBox(row);
  if (!box) return;
  box.checked = !box.checked;
  if (box.checked && confirmBox(row)) confirmBox(row).checked = false;
  dirty = true;
  paint(row);
  if (box.checked) nextOpen(row);
}

function choose(row, key) {
  const option = $$(".options input, .candidates input", row).find((input) => input.dataset.key === key);
  if (!option) return false;
  option.checked = option.type === "checkbox" ? !option.checked : true;
  option.focus();
  option.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

function step(row, by) {
  const all = rows();
  const next = all[all.indexOf(row) + by];
  if (next) enter(next);
  else if (by > 0) $("#commit")?.focus();
}

function leave() {
  const back = document.body.dataset.back;
  if (!back) return;
  if (dirty) openDialog("leave");
  else location.assign(back);
}

document.addEventListener("focusin", (event) => {
  const row = rowOf(event.target);
  if (row && sheet) sheet.show(row.dataset.show ?? row.dataset.row);
});

document.addEventListener("change", (event) => {
  const row = rowOf(event.target);
  if (!row) return;
  dirty = true;
  if (event.target === confirmBox(row) && confirmBox(row).checked && illegibleBox(row)) illegibleBox(row).checked = false;
  else if (event.target === illegibleBox(row) && illegibleBox(row).checked && confirmBox(row)) confirmBox(row).checked = false;
  else if (!event.target.matches(".confirm, .illegible-box")) {
    if (confirmBox(row)) confirmBox(row).checked = true;
    if (illegibleBox(row)) illegibleBox(row).checked = false;
  }
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
  const wrong = $(".answer", row).matches(".bad");
  row.classList.toggle("wrong", wrong);
  if (wrong && confirmBox(row)) confirmBox(row).checked = false;
  paint(row);
});

// Works wherever the cursor stands.
function reviewShortcut(event) {
  const dialog = { F8: "return-dialog", F9: "rescan-dialog", F10: "discard-dialog" }[event.key];
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
  else if (key === "F2") illegible(row);
  else if (/^[0-9]$/.test(key) && !event.target.matches("input.value") && !event.altKey) return choose(row, key);
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  // While an input method composes, Enter and the arrows belong to it.
  if (event.isComposing || event.keyCode === 229 || $("dialog[open]")) return;
  // A held Enter would confirm field after field, and commit, with nobody looking.
  if (event.key === "Enter" && event.repeat) { event.preventDefault(); return; }
  const typing = event.target.matches("input[type=search], input[type=text]:not(.value), input[type=number], input[type=month], textarea, select");
  let handled = false;
  if (event.key === "?" && !typing) { openDialog("help"); handled = true; }
  else if (document.body.classList.contains("review")) handled = reviewShortcut(event) || reviewKey(event, typing);
  else if (event.key === "ArrowDown" && event.target.matches("input[type=search]")) handled = moveInList(1);
  else if (!typing && !event.ctrlKey && !event.altKey) {
    if (event.key === "j" || event.key === "ArrowDown") handled = moveInList(1);
    if (event.key === "k" || event.key === "ArrowUp") handled = moveInList(-1);
    if (event.key === "Escape" && document.body.dataset.back) { leave(); handled = true; }
  }
  if (handled) event.preventDefault();
});

// A form is sent once; a double click or a held Enter does not send it twice.
document.addEventListener("submit", (event) => {
  if (event.target.target === "_blank" || event.target.hasAttribute("hx-post")) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});

document.addEventListener("DOMContentLoaded", () => {
  const box = $(".sheet");
  if (box) {
    sheet = new Sheet(box);
    addEventListener("resize", () => sheet.draw());
  }
  rows().forEach(paint);
  const first = rows().find(isOpen) ?? rows()[0];
  if (first) enter(first);
  else $("[data-start]")?.focus();
});
