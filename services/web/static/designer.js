// The designer: what is picked, undo and redo, keys, saving, trying and going live.
"use strict";

// ---- Changes -----------------------------------------------------------------------------------
function keepUndo(before) {
  D.done.push(before);
  if (D.done.length > 200) D.done.shift();
  D.undone = [];
}

function change(work) {
  endTyping();
  keepUndo(JSON.stringify(D.doc));
  work();
  changed(true);
}

// While somebody types, the panel stays as it is; one step of undo for what is typed in one place without a pause.
let typing = 0;
let typedIn = null;
function typed(work) {
  if (!typing || typedIn !== document.activeElement) keepUndo(JSON.stringify(D.doc));
  endTyping();
  typedIn = document.activeElement;
  typing = setTimeout(endTyping, 1200);
  work();
  changed(false);
}

function endTyping() {
  clearTimeout(typing);
  typing = 0;
}

function changed(withPanel) {
  drawPaper();
  if (withPanel) drawPanel();
  $("#form-title").textContent = D.doc.title ?? "";
  paintSaved();
  checkSoon();
}

function travel(from, to) {
  const doc = from.pop();
  if (!doc) return;
  endTyping();
  to.push(JSON.stringify(D.doc));
  D.doc = JSON.parse(doc);
  if (!fieldOf(D.picked)) D.picked = null;
  D.box = null;
  changed(true);
}

function pick(picked, box) {
  D.picked = picked;
  D.box = box;
  drawPaper();
  drawPanel();
}

// Takes a found box among the fields, where it stands in reading order; says where that is.
function adopt(field) {
  const taken = D.doc.fields.some((other) => other.id === field.id);
  const order = (one) => { const [x, y] = placesOf(one)[0]?.rect ?? [0, 0]; return [sideOf(one), Math.round(y / 4), x]; };
  const mine = order(field);
  const isLater = (other) => { const [side, line, x] = order(other); return side !== mine[0] ? side > mine[0] : line !== mine[1] ? line > mine[1] : x > mine[2]; };
  const later = D.doc.fields.findIndex(isLater);
  const at = later < 0 ? D.doc.fields.length : later;
  D.doc.fields.splice(at, 0, taken ? { ...field, id: freeId() } : field);
  return at;
}

function takeProposal(at) {
  change(() => {
    D.picked = { list: "fields", at: adopt(D.doc.proposals.splice(at, 1)[0]) };
    D.box = null;
  });
}

function throwAway(at) {
  change(() => { D.doc.proposals.splice(at, 1); D.picked = null; });
}

function removePicked() {
  if (!D.picked) return;
  if (D.picked.list === "proposals") { throwAway(D.picked.at); return; }
  change(() => {
    const field = fieldOf(D.picked);
    if (D.box !== null && placesOf(field).length > 1) placesOf(field)[D.box].remove();
    else { D.doc.fields.splice(D.picked.at, 1); D.picked = null; }
    D.box = null;
  });
}

function copyPicked() {
  change(() => {
    const made = JSON.parse(JSON.stringify(fieldOf(D.picked)));
    const below = around(made)[3] + 2;
    for (const place of placesOf(made)) place.set([place.rect[0], mm(place.rect[1] + below), place.rect[2], place.rect[3]]);
    made.id = freeId();
    D.doc.fields.push(made);
    D.picked = { list: "fields", at: D.doc.fields.length - 1 };
    D.box = null;
  });
}

function move(dx, dy) {
  if (D.picked?.list !== "fields") return;
  const work = () => pickedPlaces().forEach((place) => place.set([mm(place.rect[0] + dx), mm(place.rect[1] + dy), place.rect[2], place.rect[3]]));
  typed(work);
  drawPanel();
}

function nextField(by) {
  const order = [...D.doc.fields.keys()].filter((at) => sideOf(D.doc.fields[at]) === D.side);
  if (order.length === 0) return;
  const at = D.picked?.list === "fields" ? order.indexOf(D.picked.at) : by > 0 ? -1 : 0;
  pick({ list: "fields", at: order[(at + by + order.length) % order.length] }, null);
  showPicked();
}

// ---- Talking to the server -----------------------------------------------------------------------
async function ask(what, body, headers = { "content-type": "application/json" }) {
  try {
    const response = await fetch(`/forms/${D.form}/${what}`, { method: "POST", body, headers });
    if (response.status === 413) return { wrong: "ファイルが大きすぎます（64MBまで）。" };
    if (response.ok) return await response.json();
  } catch { /* no answer: said below */ }
  return { wrong: "サーバーが答えませんでした。もう一度お試しください。" };
}

// The rules of the print do not change, and the name is in the address.
const sent = () => JSON.stringify({ ...D.doc, rules: undefined, id: undefined });

let checking = 0;
let asked = 0;
function checkSoon() {
  clearTimeout(checking);
  checking = setTimeout(check, 350);
}

async function check() {
  const turn = ++asked;
  const answer = await ask("check", sent());
  if (turn !== asked || !answer.problems) return;
  D.problems = answer.problems;
  drawPaper();
  drawProblems();
}

async function saveDraft() {
  const body = sent();
  const answer = await ask("save", body);
  if (answer.wrong) { $("#saved").textContent = answer.wrong; return false; }
  D.saved = body;
  D.problems = answer.problems;
  drawPaper();
  drawProblems();
  paintSaved();
  return true;
}

function paintSaved() {
  $("#saved").textContent = D.saved === sent() ? "保存しました" : "保存していない変更があります";
}

// ---- Trying on scans -----------------------------------------------------------------------------
async function tryFiles(files) {
  const results = $("#trial-results");
  results.replaceChildren();
  if (!(await saveDraft())) return;
  for (const [at, file] of [...files].entries()) {
    $("#trial-wait").textContent = `読んでいます（${at + 1}／${files.length}）…`;
    const answer = await ask("try", file, {});
    if (answer.problems) { results.append(tag("p", { class: "message bad" }, "直すところがあるため、まだ読めません。閉じて、赤い項目を直してください。")); break; }
    if (answer.wrong) results.append(tag("p", { class: "message bad" }, `${file.name}：${answer.wrong}`));
    (answer.pages ?? []).forEach((page, number) => results.append(pageResult(file.name, number + 1, page)));
  }
  $("#trial-wait").textContent = "";
}

function pageResult(name, number, page) {
  const part = tag("section", { class: "trial-page", "data-test": `trial-${page.outcome}` }, tag("h3", {}, `${name}　${number}ページ目`));
  if (page.outcome !== "read") {
    part.append(tag("p", { class: "message warn" }, `この帳票とは読めませんでした。${page.reason}`));
  } else {
    const good = page.residual_mm < 0.5;
    part.append(tag("p", { class: good ? "message good" : "message warn", "data-test": "residual" }, `位置合わせの誤差 ${page.residual_mm.toFixed(2)} mm（手がかり ${page.inliers}か所、傾き ${page.rotation_deg.toFixed(1)}°）${good ? "" : "。白紙と同じ票か、確かめてください。"}`));
  }
  const [width, height] = page.size;
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, class: "trial-picture" });
  element("image", { href: `/forms/trial/${page.key}`, width, height, preserveAspectRatio: "none" }, svg);
  for (const field of page.fields ?? []) {
    for (const box of field.boxes) {
      const made = element("polygon", { points: box.map((point) => point.join(",")).join(" "), class: field.accepted ? "good" : "doubt" }, svg);
      element("title", {}, made).textContent = field.label;
    }
  }
  const rows = (page.fields ?? []).map((field) => tag("tr", { "data-test": `read-${field.id}` },
    tag("td", {}, field.label), tag("td", {}, tag("img", { src: `/forms/trial/${page.key}/${field.id}`, alt: "" })),
    tag("td", { class: "value" }, field.value ?? ""), tag("td", { class: "num" }, field.confidence === undefined ? "" : `${(Math.floor(field.confidence * 1000) / 10).toFixed(1)}%`),
    tag("td", { class: field.accepted ? "good" : "warn" }, field.accepted ? "そのまま使う" : `人が確認${field.reason ? `：${field.reason}` : ""}`)));
  const table = tag("div", { class: "table-wrap" }, tag("table", {}, tag("thead", {}, tag("tr", {}, ...["項目", "画像", "読んだ値", "確かさ", "扱い"].map((head) => tag("th", {}, head)))), tag("tbody", {}, ...rows)));
  part.append(tag("div", { class: "trial-grid" }, svg, page.outcome === "read" ? table : ""));
  return part;
}

// ---- Going live ------------------------------------------------------------------------------------
async function askLive() {
  if (!(await saveDraft())) return;
  const open = D.doc.proposals.length;
  const words = $("#live-words");
  if (D.problems.length > 0) {
    words.replaceChildren(tag("p", { class: "message bad" }, `直すところが${D.problems.length}つあります。`), ...D.problems.slice(0, 6).map((problem) => tag("p", {}, `${D.doc.fields[problem.field]?.label ?? "帳票"}：${problem.words}`)));
  } else {
    words.replaceChildren(tag("p", {}, `「${D.doc.title}」を、${D.doc.fields.length}項目で本番にします。`), tag("p", {}, "この帳票で票が読まれるのは、読取りを次に起動したときからです。"), open > 0 ? tag("p", { class: "message warn" }, `採用も捨てもしていない枠が${open}あります。本番には入りません。`) : "");
  }
  $("#live-sure").hidden = D.problems.length > 0;
  openDialog("live-dialog");
}

async function goLive() {
  const answer = await ask("live", "");
  if (answer.live) { D.saved = sent(); location.assign("/forms"); return; }
  D.problems = answer.problems ?? [];
  $("#live-words").replaceChildren(tag("p", { class: "message bad" }, answer.wrong ?? "直すところがあります。閉じて、赤い項目を直してください。"));
  $("#live-sure").hidden = true;
  drawPanel();
}

// ---- Keys ----------------------------------------------------------------------------------------
document.addEventListener("keydown", (event) => {
  if (!D.doc || event.isComposing || $("dialog[open]")) return;
  const key = event.key.toLowerCase();
  const typingNow = event.target.matches("input, select, textarea");
  if (event.ctrlKey || event.metaKey) {
    if (key === "s") saveDraft();
    else if (key === "z" && !typingNow) travel(event.shiftKey ? D.undone : D.done, event.shiftKey ? D.done : D.undone);
    else if (key === "y" && !typingNow) travel(D.undone, D.done);
    else return;
    event.preventDefault();
    return;
  }
  if (document.activeElement !== $("#desk")) return;
  const far = event.shiftKey ? 1 : 0.1;
  const arrows = { arrowleft: [-far, 0], arrowright: [far, 0], arrowup: [0, -far], arrowdown: [0, far] };
  if (arrows[key] && D.picked?.list === "fields") move(...arrows[key]);
  else if ((key === "delete" || key === "backspace") && D.picked) removePicked();
  else if (key === "tab" && D.doc.fields.length > 0) nextField(event.shiftKey ? -1 : 1);
  else if (key === "enter" && D.picked?.list === "proposals") takeProposal(D.picked.at);
  else if (key === "escape") { if (D.picked) pick(null, null); else document.activeElement.blur(); }
  else return;
  event.preventDefault();
});

addEventListener("beforeunload", (event) => { if (D.doc && D.saved !== sent()) event.preventDefault(); });

document.addEventListener("DOMContentLoaded", async () => {
  D.form = document.body.dataset.form;
  const response = await fetch(`/forms/${D.form}/draft`);
  D.doc = await response.json();
  D.saved = sent();
  if (D.doc.sides > 1) {
    for (const [side, word] of [[1, "表"], [2, "裏"]]) $("#sides").append(button(word, () => { D.side = side; pick(null, null); }));
  }
  const svg = $("#paper");
  svg.addEventListener("pointerdown", paperDown);
  svg.addEventListener("pointermove", paperMove);
  svg.addEventListener("pointerup", paperUp);
  svg.addEventListener("pointercancel", paperUp);
  for (const zoom of $$("[data-zoom]")) zoom.addEventListener("click", () => {
    const by = Number(zoom.dataset.zoom);
    const desk = $("#desk");
    const before = D.scale;
    const [x, y] = [desk.scrollLeft + desk.clientWidth / 2, desk.scrollTop + desk.clientHeight / 2];
    D.zoom = by === 0 ? 0 : Math.min(Math.max(D.zoom + by, -3), 10);
    drawPaper();
    desk.scrollTo((x * D.scale) / before - desk.clientWidth / 2, (y * D.scale) / before - desk.clientHeight / 2);
  });
  $("#undo").addEventListener("click", () => travel(D.done, D.undone));
  $("#redo").addEventListener("click", () => travel(D.undone, D.done));
  $("#save").addEventListener("click", saveDraft);
  $("#try").addEventListener("click", () => openDialog("trial"));
  $("#trial-files").addEventListener("change", (event) => tryFiles(event.target.files));
  $("#live").addEventListener("click", askLive);
  $("#live-sure").addEventListener("click", goLive);
  addEventListener("resize", drawPaper);
  drawPaper();
  drawPanel();
  paintSaved();
  check();
});
