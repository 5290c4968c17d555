// The picture of a page: zoom, turn, and the frame of the field that is looked at.
"use strict";

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

document.addEventListener("DOMContentLoaded", () => {
  const box = $(".sheet");
  if (!box) return;
  sheet = new Sheet(box);
  addEventListener("resize", () => sheet.draw());
});
