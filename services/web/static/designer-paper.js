// The empty sheet with its boxes: an SVG in millimetres. Draws what is in D.doc, and changes it by mouse.
"use strict";

const D = { doc: null, side: 1, picked: null, box: null, zoom: 0, problems: [], undone: [], done: [], saved: "" };
const SVG = "http://www.w3.org/2000/svg";
// Edges snap to printed lines this near, mm; a box smaller than the second is a slip of the hand.
const SNAP_MM = 0.9;
const SMALLEST_MM = 1.5;

const fieldOf = (picked) => (picked ? D.doc[picked.list][picked.at] : null);
const sideOf = (field) => field.side ?? 1;
const mm = (value) => Math.round(value * 100) / 100;

// Every box of a field, those of its options included.
function placesOf(field) {
  const boxes = (field.boxes ?? []).map((rect, at) => ({ rect, name: field.boxes.length > 1 ? String(at + 1) : "", set: (next) => { field.boxes[at] = next; }, remove: () => field.boxes.splice(at, 1) }));
  const options = (field.options ?? []).map((option, at) => ({ rect: option.box, name: option.label, isOption: true, set: (next) => { option.box = next; }, remove: () => field.options.splice(at, 1) }));
  return [...boxes, ...options];
}

function around(field) {
  const rects = placesOf(field).map((place) => place.rect);
  const [left, top] = [0, 1].map((axis) => Math.min(...rects.map((rect) => rect[axis])));
  const [right, bottom] = [0, 1].map((axis) => Math.max(...rects.map((rect) => rect[axis] + rect[axis + 2])));
  return [left, top, right - left, bottom - top];
}

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

function rectangle([x, y, width, height], attributes, parent) {
  return element("rect", { x, y, width: Math.max(width, 0), height: Math.max(height, 0), ...attributes }, parent);
}

// ---- Drawing -----------------------------------------------------------------------------------
function drawPaper() {
  const svg = $("#paper");
  const [width, height] = D.doc.paper_mm;
  const scale = (Math.max($("#desk").clientWidth - 20, 300) / width) * 1.25 ** D.zoom;
  D.scale = scale;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", width * scale);
  svg.setAttribute("height", height * scale);
  const picture = $("image", svg) ?? element("image", { x: 0, y: 0, preserveAspectRatio: "none" });
  const address = `/forms/${D.form}/blank/${D.side}`;
  if (picture.getAttribute("href") !== address) picture.setAttribute("href", address);
  picture.setAttribute("width", width);
  picture.setAttribute("height", height);
  svg.replaceChildren(picture);
  D.doc.proposals.forEach((field, at) => drawField(svg, "proposals", field, at));
  D.doc.fields.forEach((field, at) => drawField(svg, "fields", field, at));
  drawHandles(svg);
}

function drawField(svg, list, field, at) {
  if (sideOf(field) !== D.side) return;
  const isPicked = D.picked?.list === list && D.picked.at === at;
  const wrong = list === "fields" && D.problems.some((problem) => problem.field === at);
  const group = element("g", { class: `place ${list}${isPicked ? " picked" : ""}${wrong ? " wrong" : ""}`, "data-list": list, "data-at": at }, svg);
  placesOf(field).forEach((place, box) => {
    const alone = isPicked && D.box === box;
    rectangle(place.rect, { "data-box": box, class: `${place.isOption ? "option" : "box"}${alone ? " alone" : ""}` }, group);
  });
  if (placesOf(field).length === 0) return;
  const [x, y, width] = around(field);
  if (list === "proposals") {
    const cross = element("g", { class: "throw", "data-throw": at }, group);
    element("circle", { cx: x + width, cy: y, r: 1.7 }, cross);
    element("path", { d: `M${x + width - 0.7} ${y - 0.7}l1.4 1.4m0 -1.4l-1.4 1.4` }, cross);
  }
  element("title", {}, group).textContent = field.label;
  if (list === "fields") {
    const name = element("text", { x, y: y - 0.6, class: "name" }, group);
    name.textContent = field.label;
  }
}

// What is moved and resized: one box when one is picked, else the whole field.
function pickedPlaces() {
  const field = fieldOf(D.picked);
  if (!field) return [];
  const places = placesOf(field);
  return D.box === null ? places : places.slice(D.box, D.box + 1);
}

function drawHandles(svg) {
  const places = pickedPlaces();
  if (D.picked?.list !== "fields" || places.length !== 1) return;
  const [x, y, w, h] = places[0].rect;
  const size = 7 / D.scale;
  for (const [name, cx, cy] of [["nw", x, y], ["ne", x + w, y], ["se", x + w, y + h], ["sw", x, y + h], ["n", x + w / 2, y], ["s", x + w / 2, y + h], ["w", x, y + h / 2], ["e", x + w, y + h / 2]]) {
    rectangle([cx - size / 2, cy - size / 2, size, size], { class: `handle ${name}`, "data-handle": name }, svg);
  }
}

function showPicked() {
  const field = fieldOf(D.picked);
  if (!field || placesOf(field).length === 0) return;
  const [x, y, w, h] = around(field).map((value) => value * D.scale);
  const desk = $("#desk");
  const outside = y < desk.scrollTop || y + h > desk.scrollTop + desk.clientHeight || x < desk.scrollLeft || x + w > desk.scrollLeft + desk.clientWidth;
  if (outside) desk.scrollTo(x + w / 2 - desk.clientWidth / 2, y + h / 2 - desk.clientHeight / 2);
}

// ---- Snapping to printed lines --------------------------------------------------------------------
function snapTo(value, rules, from, to, free) {
  if (free) return value;
  let best = value;
  let least = SNAP_MM;
  for (const [at, start, end] of rules ?? []) {
    const off = Math.abs(at - value);
    if (off < least && start < to + 1 && end > from - 1) { best = at; least = off; }
  }
  return best;
}

function snapped([x, y, w, h], edges, free) {
  const rules = D.doc.rules?.[D.side - 1] ?? {};
  let [left, top, right, bottom] = [x, y, x + w, y + h];
  if (edges.includes("w")) left = snapTo(left, rules.upright, top, bottom, free);
  if (edges.includes("e")) right = snapTo(right, rules.upright, top, bottom, free);
  if (edges.includes("n")) top = snapTo(top, rules.level, left, right, free);
  if (edges.includes("s")) bottom = snapTo(bottom, rules.level, left, right, free);
  return [mm(left), mm(top), mm(right - left), mm(bottom - top)];
}

// ---- Mouse -------------------------------------------------------------------------------------
let dragging = null;

function pointOf(event) {
  const frame = $("#paper").getBoundingClientRect();
  return [(event.clientX - frame.left) / D.scale, (event.clientY - frame.top) / D.scale];
}

function paperDown(event) {
  if (event.button !== 0) return;
  event.preventDefault();
  $("#desk").focus({ preventScroll: true });
  const target = event.target;
  const start = pointOf(event);
  const thrown = target.closest("[data-throw]");
  if (thrown) { throwAway(Number(thrown.dataset.throw)); return; }
  const handle = target.dataset.handle;
  const group = target.closest("g.place");
  const before = JSON.stringify(D.doc);
  if (handle) {
    const place = pickedPlaces()[0];
    dragging = { kind: "size", edges: handle, start, before, rects: [[...place.rect]] };
  } else if (group && group.dataset.list === "proposals") {
    takeProposal(Number(group.dataset.at));
    return;
  } else if (group && !event.shiftKey) {
    const at = Number(group.dataset.at);
    const again = D.picked?.list === "fields" && D.picked.at === at;
    const several = placesOf(D.doc.fields[at]).length > 1;
    if (!again) pick({ list: "fields", at }, null);
    dragging = { kind: "move", start, before, rects: pickedPlaces().map((place) => [...place.rect]), click: again && several ? Number(target.dataset.box) : null };
  } else {
    dragging = { kind: "new", start, before, add: event.shiftKey && D.picked?.list === "fields" };
  }
  $("#paper").setPointerCapture(event.pointerId);
}

function paperMove(event) {
  if (!dragging) return;
  const [x, y] = pointOf(event);
  const [dx, dy] = [x - dragging.start[0], y - dragging.start[1]];
  if (Math.hypot(dx, dy) * D.scale > 3) dragging.moved = true;
  if (!dragging.moved) return;
  if (dragging.kind === "new") {
    const [left, top] = [Math.min(x, dragging.start[0]), Math.min(y, dragging.start[1])];
    dragging.rect = snapped([left, top, Math.abs(dx), Math.abs(dy)], "nesw", event.altKey);
    $("#paper .band")?.remove();
    rectangle(dragging.rect, { class: "band" }, $("#paper"));
    return;
  }
  if (dragging.kind === "move") {
    // The first box snaps; the others keep their distance to it.
    const first = dragging.rects[0];
    const to = snapped([first[0] + dx, first[1] + dy, first[2], first[3]], "nw", event.altKey);
    pickedPlaces().forEach((place, at) => {
      const rect = dragging.rects[at];
      place.set([mm(rect[0] + to[0] - first[0]), mm(rect[1] + to[1] - first[1]), rect[2], rect[3]]);
    });
  } else {
    let [left, top, w, h] = dragging.rects[0];
    let [right, bottom] = [left + w, top + h];
    if (dragging.edges.includes("w")) left = Math.min(left + dx, right - SMALLEST_MM);
    if (dragging.edges.includes("e")) right = Math.max(right + dx, left + SMALLEST_MM);
    if (dragging.edges.includes("n")) top = Math.min(top + dy, bottom - SMALLEST_MM);
    if (dragging.edges.includes("s")) bottom = Math.max(bottom + dy, top + SMALLEST_MM);
    pickedPlaces()[0].set(snapped([left, top, right - left, bottom - top], dragging.edges, event.altKey));
  }
  drawPaper();
}

function paperUp() {
  const drag = dragging;
  dragging = null;
  if (!drag) return;
  if (!drag.moved) {
    if (drag.kind === "new") pick(null, null);
    else if (drag.kind === "move" && drag.click !== null && !Number.isNaN(drag.click)) pick(D.picked, drag.click);
    return;
  }
  if (drag.kind === "new") {
    drawPaper();
    if (drag.rect && drag.rect[2] >= SMALLEST_MM && drag.rect[3] >= SMALLEST_MM) drawn(drag.rect, drag.add);
    return;
  }
  endTyping();
  keepUndo(drag.before);
  changed(true);
}

// A box that was drawn: another one of the picked field, or a new field.
function drawn(rect, add) {
  change(() => {
    const field = fieldOf(D.picked);
    if (add && field) {
      const isChoice = field.kind === "choice" || (field.kind === "date" && (field.boxes ?? []).length >= 6);
      if (isChoice) addOption(field, rect);
      else (field.boxes ??= []).push(rect);
      return;
    }
    const small = rect[2] < 8 && rect[3] < 8;
    const made = { id: freeId(), kind: small ? "mark" : "image", label: "新しい項目", boxes: [rect] };
    if (D.side !== 1) made.side = D.side;
    D.doc.fields.push(made);
    D.picked = { list: "fields", at: D.doc.fields.length - 1 };
    D.box = null;
  });
}
