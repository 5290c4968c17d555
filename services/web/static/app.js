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

// ---- The way back ----------------------------------------------------------------------------
let dirty = false;

function leave() {
  const back = document.body.dataset.back;
  if (!back) return;
  if (dirty) openDialog("leave");
  else location.assign(back);
}

document.addEventListener("keydown", (event) => {
  // While an input method composes, Enter and the arrows belong to it.
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || $("dialog[open]")) return;
  // A held Enter would confirm field after field, and commit, with nobody looking.
  if (event.key === "Enter" && event.repeat) { event.preventDefault(); return; }
  const typing = event.target.matches("input[type=search], input[type=text]:not(.value), input[type=number], input[type=month], textarea, select");
  let handled = false;
  if (event.key === "?" && !typing) { openDialog("help"); handled = true; }
  else if (document.body.classList.contains("review")) return;
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
  if (!document.body.classList.contains("review")) $("[data-start]")?.focus();
});
