// The side panel: what the form is called, what the picked field is, and the lists of fields and found boxes.
"use strict";

const KINDS = { digits: "数字（1マス1字）", date: "日付", mark: "□ひとつ", choice: "選択（□か○で囲む）", image: "手書き（人が見る）", stamp: "署名・印", sticker: "ラベル・シール", printed: "印字された文字", barcode: "バーコード・QR" };
const CHECKS = { "": "なし", luhn: "医療機関コードなど（モジュラス10・2）", mod11: "モジュラス11", "mod10-w3": "JAN・GTIN（モジュラス10・3）", mod7: "7DR（NW-7）" };
const SYMBOLOGIES = { nw7: "NW-7", code128: "CODE128", qr: "QRコード", "data-matrix": "DataMatrix" };
const ERAS = { meiji: "明治", taisho: "大正", showa: "昭和", heisei: "平成", reiwa: "令和" };
// Settings that only some kinds have; the others are left out of the file.
const OWN = {
  digits: ["decimals", "range", "check", "may_be_short"], date: ["first", "last", "options", "style"], choice: ["options", "style", "multiple"],
  barcode: ["symbology", "length", "check", "management_number", "foreign", "repeats_number", "digits"], printed: ["source", "size_pt"],
};
const COMMON = ["id", "kind", "label", "side", "boxes", "required", "critical", "prefilled", "max_wrong"];

function tag(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// A labelled input that writes into `owner[key]`.
function entry(label, owner, key, { type = "text", to = (text) => text, from = (value) => value ?? "", ...more } = {}) {
  const input = tag("input", { type, ...more });
  input.value = from(owner[key]);
  input.dataset.key = key;
  input.addEventListener("input", () => typed(() => put(owner, key, to(input.value))));
  return tag("label", {}, label, input);
}

function tick(label, owner, key) {
  const input = tag("input", { type: "checkbox", "data-key": key });
  input.checked = owner[key] === true;
  input.addEventListener("change", () => change(() => put(owner, key, input.checked || undefined)));
  return tag("label", { class: "tick" }, input, label);
}

function select(label, owner, key, words, then) {
  const chosen = owner[key] ?? "";
  const options = Object.entries(words).map(([value, text]) => tag("option", { value, selected: value === chosen }, text));
  const input = tag("select", { "data-key": key }, ...options);
  input.addEventListener("change", () => change(() => { put(owner, key, input.value || undefined); then?.(input.value); }));
  return tag("label", {}, label, input);
}

function put(owner, key, value) {
  if (value === undefined || value === "") delete owner[key];
  else owner[key] = value;
}

const number = (text) => (text.trim() === "" ? undefined : Number(text));
const button = (text, onclick, attributes = {}) => tag("button", { type: "button", class: "small", onclick, ...attributes }, text);

// ---- The panel -----------------------------------------------------------------------------------
function drawPanel() {
  const panel = $("#panel");
  const scroll = panel.scrollTop;
  const field = fieldOf(D.picked);
  const parts = [];
  if (field && D.picked.list === "fields") parts.push(fieldPart(field));
  else if (field) parts.push(proposalPart(field));
  else parts.push(formPart());
  parts.push(listPart());
  panel.replaceChildren(...parts);
  panel.scrollTop = field ? 0 : scroll;
  drawProblems();
}

function formPart() {
  return tag("section", { class: "panel" }, tag("h2", {}, "帳票"),
    tag("div", { class: "grid2" },
      entry("名前", D.doc, "title", { class: "wide", maxlength: 80 }),
      entry("番号（1〜99）", D.doc, "number", { type: "number", min: 1, max: 99, to: number }),
      entry("事業ID（なくてもよい）", D.doc, "programme", { maxlength: 40 })),
    tag("p", { class: "soft small" }, `紙 ${D.doc.paper_mm[0]} × ${D.doc.paper_mm[1]} mm、${D.doc.sides}面`),
    tag("div", { class: "problems", "data-of": "form", role: "status" }));
}

function proposalPart(field) {
  const at = D.picked.at;
  return tag("section", { class: "panel" }, tag("h2", {}, `見つけた枠：${field.label}`), tag("p", { class: "soft" }, `${KINDS[field.kind] ?? field.kind}、${placesOf(field).length}枠`),
    tag("p", {}, button("採用する", () => takeProposal(at), { class: "main" }), " ", button("捨てる", () => throwAway(at), { class: "danger" })));
}

function fieldPart(field) {
  const places = placesOf(field);
  const alone = D.box === null ? (places.length === 1 ? places[0] : null) : places[D.box];
  return tag("section", { class: "panel", "data-test": "field" },
    tag("h2", {}, D.box === null ? "項目" : `項目の${D.box + 1}番目の枠`),
    tag("div", { class: "problems", "data-of": D.picked.at, role: "status" }),
    tag("div", { class: "grid2" },
      entry("名前", field, "label", { class: "wide", maxlength: 60 }),
      entry("項目ID（半角英数と_）", field, "id", { maxlength: 40, to: (text) => text.trim() }),
      select("種類", field, "kind", KINDS, (kind) => becomes(field, kind)),
      ...(SETTINGS[field.kind]?.(field) ?? [])),
    tag("p", { class: "ticks" }, tick("必ず書く", field, "required"), tick("間違いが困る（重要）", field, "critical")),
    ...(field.kind === "choice" || field.kind === "date" ? [optionPart(field)] : []),
    alone ? placePart(alone) : tag("p", { class: "soft small" }, `${places.length}枠。1枠だけを直すときは、その枠をもう一度クリックします。`),
    ["digits", "date"].includes(field.kind) ? combPart(field) : null,
    tag("p", { class: "row-buttons" }, button("複製", copyPicked), button(D.box === null ? "項目を消す" : "この枠を消す", removePicked, { class: "small danger", id: "remove" }), button("選択をやめる", () => pick(null, null))));
}

const SETTINGS = {
  digits: (field) => [
    entry("小数の桁数", field, "decimals", { type: "number", min: 0, max: 4, to: number }),
    select("検査数字", field, "check", CHECKS),
    ...rangeEntries(field),
    tick("空きマスがあってもよい", field, "may_be_short")],
  date: (field) => [
    entry("最初の日", field, "first", { type: "date" }), entry("最後の日", field, "last", { type: "date" })],
  choice: (field) => [
    select("選び方", field, "style", { box: "□に印を付ける", circle: "言葉を○で囲む" }), tick("いくつ選んでもよい", field, "multiple")],
  barcode: (field) => [
    select("種類", field, "symbology", SYMBOLOGIES), entry("桁数（決まっていれば）", field, "length", { type: "number", min: 1, max: 40, to: number }),
    select("検査数字", field, "check", CHECKS), tick("管理番号である", field, "management_number"), tick("管理番号をもう一度言う", field, "repeats_number")],
};

function rangeEntries(field) {
  const side = (label, at) => {
    const input = tag("input", { type: "number", step: "any", "data-key": `range-${at}` });
    input.value = field.range?.[at] ?? "";
    input.addEventListener("input", () => typed(() => {
      const range = [...(field.range ?? [null, null])];
      range[at] = number(input.value) ?? null;
      // Both ends or none: one alone takes the widest other end.
      const most = 10 ** Math.max((field.boxes ?? []).length, 1);
      put(field, "range", range[0] === null && range[1] === null ? undefined : [range[0] ?? 0, range[1] ?? most]);
    }));
    return tag("label", {}, label, input);
  };
  return [side("最小", 0), side("最大", 1)];
}

function optionPart(field) {
  const rows = (field.options ?? []).map((option, at) => tag("div", { class: "option-row" },
    field.kind === "date" ? tag("b", {}, ERAS[option.value] ?? option.value) : entry("言葉", option, "label", { maxlength: 40 }),
    field.kind === "date" ? null : entry("値（半角英数）", option, "value", { maxlength: 40 }),
    button("×", () => change(() => { field.options.splice(at, 1); D.box = null; }), { "aria-label": "この選択肢を消す" })));
  const add = field.kind === "date"
    ? Object.entries(ERAS).filter(([era]) => !(field.options ?? []).some((option) => option.value === era)).map(([era, label]) => button(`＋${label}`, () => change(() => addEra(field, era, label))))
    : [tag("span", { class: "soft small" }, "足すときは、Shiftを押しながら紙の上で描きます。")];
  const title = field.kind === "date" ? "元号（西暦なら、なし）" : "選択肢";
  const hint = field.kind === "date" ? "足した元号の枠は、印刷された言葉の上へ動かしてください。1つだけなら、○がなくてもその元号とみなします。" : null;
  return tag("div", { class: "options-part" }, tag("h3", {}, title), ...rows, tag("p", { class: "row-buttons" }, ...add), hint ? tag("p", { class: "soft small" }, hint) : null);
}

function placePart(place) {
  const side = (label, at) => {
    const input = tag("input", { type: "number", step: 0.1, "data-key": `place-${at}` });
    input.value = place.rect[at];
    input.addEventListener("input", () => {
      const value = Number(input.value);
      if (input.value === "" || !Number.isFinite(value)) return;
      typed(() => { const next = [...place.rect]; next[at] = value; place.set(next); place.rect = next; });
    });
    return tag("label", {}, label, input);
  };
  return tag("div", { class: "grid4" }, side("左 mm", 0), side("上 mm", 1), side("幅 mm", 2), side("高さ mm", 3));
}

// A comb from its first box: how many, in which groups, how far apart.
function combPart(field) {
  const boxes = field.boxes ?? [];
  const [first, second] = boxes;
  const given = { groups: String(boxes.length || 1), pitch: second ? mm(second[0] - first[0]) : mm(first?.[2] ?? 6), gap: 0 };
  const input = (label, key, size) => { const made = tag("input", { type: "text", size, "data-comb": key }); made.value = given[key]; made.addEventListener("input", () => { given[key] = made.value; }); return tag("label", {}, label, made); };
  const apply = () => {
    const groups = given.groups.split(/[^0-9]+/).map(Number).filter((count) => count > 0 && count <= 40);
    const [pitch, gap] = [Number(given.pitch), Number(given.gap)];
    if (!first || groups.length === 0 || !(pitch > 0) || !Number.isFinite(gap)) return;
    change(() => {
      let x = first[0];
      field.boxes = groups.flatMap((count) => { const group = Array.from({ length: count }, (_, at) => [mm(x + at * pitch), first[1], first[2], first[3]]); x += count * pitch + gap; return group; });
      D.box = null;
    });
  };
  return tag("details", {}, tag("summary", {}, "同じ枠を並べる"), tag("div", { class: "grid4" }, input("並び（例 2,2,2）", "groups", 8), input("間隔 mm", "pitch", 5), input("組の間 mm", "gap", 5), button("並べる", apply, { id: "comb-apply" })));
}

function listPart() {
  const line = (list) => (field, at) => tag("li", {
    class: `${D.picked?.list === list && D.picked.at === at ? "picked" : ""}${list === "fields" && D.problems.some((problem) => problem.field === at) ? " wrong" : ""}`,
  }, tag("button", { type: "button", class: "line", "data-line": `${list}-${at}`, onclick: () => { D.side = sideOf(field); pick({ list, at }, null); showPicked(); } }, field.label, tag("small", {}, ` ${KINDS[field.kind] ?? ""}`)),
  list === "proposals" ? button("採用", () => takeProposal(at)) : null, list === "proposals" ? button("×", () => throwAway(at), { "aria-label": "捨てる" }) : null);
  const proposals = D.doc.proposals.length > 0 ? tag("section", { class: "panel" },
    tag("h2", {}, `見つけた枠（${D.doc.proposals.length}）`),
    tag("p", { class: "row-buttons" }, button("すべて採用", () => change(() => { D.doc.proposals.splice(0).forEach((field) => adopt(field)); D.picked = null; }), { id: "take-all" }), button("すべて捨てる", () => change(() => { D.doc.proposals = []; D.picked = null; }))),
    tag("ul", { class: "lines" }, ...D.doc.proposals.map(line("proposals")))) : null;
  return tag("div", {}, tag("section", { class: "panel" }, tag("h2", {}, `項目（${D.doc.fields.length}）`),
    tag("ul", { class: "lines", "data-test": "fields" }, ...D.doc.fields.map(line("fields")))), proposals);
}

function drawProblems() {
  for (const place of $$(".problems")) {
    const of = place.dataset.of === "form" ? null : Number(place.dataset.of);
    const words = D.problems.filter((problem) => (of === null ? true : problem.field === of));
    const named = (problem) => (of === null && problem.field !== null ? `${D.doc.fields[problem.field]?.label ?? "項目"}：` : "");
    place.replaceChildren(...words.map((problem) => tag("p", { class: "message bad", "data-test": "problem" }, named(problem) + problem.words)));
  }
  $$("[data-line]").forEach((line) => {
    const [list, at] = line.dataset.line.split("-");
    line.parentElement.classList.toggle("wrong", list === "fields" && D.problems.some((problem) => problem.field === Number(at)));
  });
}

// ---- Changes of a field --------------------------------------------------------------------------
// A kind keeps what it knows; boxes become options and back.
function becomes(field, kind) {
  const allowed = new Set([...COMMON, ...(OWN[kind] ?? [])]);
  if (kind === "choice" && !(field.options ?? []).length) {
    field.options = (field.boxes ?? []).map((box, at) => ({ value: `option_${at + 1}`, label: `選択肢${at + 1}`, box }));
    field.boxes = [];
  } else if (field.options && kind !== "choice" && kind !== "date") {
    field.boxes = [...(field.boxes ?? []), ...field.options.map((option) => option.box)];
  }
  for (const key of Object.keys(field)) if (!allowed.has(key)) delete field[key];
  if (kind === "date") { field.first ??= "2000-01-01"; field.last ??= "2050-12-31"; field.style = "circle"; }
  if (kind === "barcode") { field.symbology ??= "nw7"; field.foreign = true; }
  D.box = null;
}

function addOption(field, rect) {
  const count = (field.options ??= []).length + 1;
  field.options.push({ value: freeValue(field, count), label: `選択肢${count}`, box: rect });
}

function freeValue(field, count) {
  let at = count;
  while (field.options.some((option) => option.value === `option_${at}`)) at += 1;
  return `option_${at}`;
}

function addEra(field, era, label) {
  const first = field.boxes?.[0] ?? [30, 30, 6, 8];
  const count = (field.options ??= []).length;
  field.options.push({ value: era, label, box: [mm(Math.max(first[0] - 13 * (count + 1), 6)), first[1], 10, Math.min(first[3], 6)] });
}

function freeId() {
  const ids = new Set([...D.doc.fields, ...D.doc.proposals].map((field) => field.id));
  let at = D.doc.fields.length + 1;
  while (ids.has(`field_${at}`)) at += 1;
  return `field_${at}`;
}
