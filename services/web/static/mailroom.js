// The mailroom: files brought in, pages sorted by keys, a line that cuts a page. The server judges everything again.
"use strict";

(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const every = (selector, root = document) => [...root.querySelectorAll(selector)];

  // ---- Files into the inbox: one request a file, so that each has its own progress and its own fate ----------
  const upload = one("#upload");
  const waiting = [];
  let sending = false;

  function line(file) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = file.name;
    name.translate = false;
    const bar = document.createElement("progress");
    bar.max = Math.max(file.size, 1);
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    const told = document.createElement("span");
    told.className = "told";
    told.textContent = "順番を待っています";
    item.append(name, bar, told);
    one("#upload-list").append(item);
    return { item, bar, told };
  }

  function end(view, words, good) {
    view.bar.hidden = true;
    view.told.textContent = words;
    view.item.className = good ? "good" : "bad";
  }

  function add(files) {
    for (const file of files) {
      const view = line(file);
      const largest = Number(upload.dataset.largest);
      if (file.size === 0) end(view, "空のファイルです。スキャンし直してください。", false);
      else if (file.size > largest) end(view, `大きすぎます（${Math.round(largest / 1048576)} MB まで）。分けて送ってください。`, false);
      else waiting.push({ file, view, folder: one("#upload-folder").value.trim() });
    }
    next();
  }

  function next() {
    if (sending || waiting.length === 0) return;
    sending = true;
    const { file, view, folder } = waiting.shift();
    const request = new XMLHttpRequest();
    request.open("POST", "/inbox/upload");
    request.setRequestHeader("x-file-name", encodeURIComponent(file.name));
    request.setRequestHeader("x-folder", encodeURIComponent(folder));
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      view.bar.value = event.loaded;
      view.told.textContent = `${Math.floor((event.loaded / view.bar.max) * 100)}%`;
    };
    request.onloadend = () => {
      sending = false;
      if (request.status === 200) end(view, "受信箱に入れました。まもなく取り込みます。", true);
      else end(view, wrong(request), false);
      const live = one("#inbox-live");
      if (live && window.htmx) window.htmx.trigger(live, "refresh");
      next();
    };
    request.send(file);
  }

  function wrong(request) {
    try {
      return JSON.parse(request.responseText).wrong;
    } catch {
      return request.status === 0 ? "送信が途中で切れました。もう一度送ってください。" : "受け付けられませんでした。画面を読み込み直し、続くときは管理者へ連絡してください。";
    }
  }

  if (upload) {
    const chooser = one("#upload-files");
    chooser.addEventListener("change", () => { add(chooser.files); chooser.value = ""; });
    // A file that misses its place must not replace the screen.
    for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
    let over = 0;
    addEventListener("dragenter", () => { over += 1; upload.classList.add("over"); });
    addEventListener("dragleave", () => { over -= 1; if (over <= 0) { over = 0; upload.classList.remove("over"); } });
    addEventListener("drop", (event) => {
      over = 0;
      upload.classList.remove("over");
      add(event.dataTransfer.files);
    });
    addEventListener("beforeunload", (event) => { if (sending || waiting.length > 0) event.preventDefault(); });
  }

  // ---- Marked pages -------------------------------------------------------------------------------------------
  const marks = () => every(".mark-page input");
  function countMarks() {
    const count = marks().filter((mark) => mark.checked).length;
    const place = one("#marked-count");
    if (place) place.textContent = count > 0 ? `${count}ページに印` : "";
  }
  addEventListener("change", (event) => { if (event.target.matches(".mark-page input")) countMarks(); });
  one("#mark-all")?.addEventListener("click", () => {
    const all = marks().some((mark) => !mark.checked);
    for (const mark of marks()) mark.checked = all;
    countMarks();
  });
  // Shift takes everything between two marks.
  let last = null;
  addEventListener("click", (event) => {
    if (!event.target.matches(".mark-page input")) return;
    const all = marks();
    const at = all.indexOf(event.target);
    if (event.shiftKey && last !== null) {
      for (const mark of all.slice(Math.min(at, last), Math.max(at, last) + 1)) mark.checked = event.target.checked;
      countMarks();
    }
    last = at;
  });

  // ---- The line that cuts a page ---------------------------------------------------------------------------------
  const cut = one("#cut-dialog");
  if (cut) {
    const range = one("#cut-at");
    const stage = one("#cut-stage");
    const bar = one("#cut-line");
    const axis = () => one("[name=axis]:checked", cut).value;
    const draw = () => {
      const across = axis() === "x";
      bar.className = across ? "across" : "down";
      bar.style.left = across ? `${range.value}%` : "0";
      bar.style.top = across ? "0" : `${range.value}%`;
      one("#cut-told").textContent = `${range.value}%`;
    };
    const follow = (event) => {
      const box = stage.getBoundingClientRect();
      const at = axis() === "x" ? (event.clientX - box.left) / box.width : (event.clientY - box.top) / box.height;
      range.value = Math.round(at * 200) / 2;
      draw();
    };
    cut.addEventListener("input", draw);
    stage.addEventListener("pointerdown", (event) => { event.preventDefault(); stage.setPointerCapture(event.pointerId); follow(event); });
    stage.addEventListener("pointermove", (event) => { if (event.buttons > 0) follow(event); });
    // The picture is fetched when somebody wants to cut.
    new MutationObserver(() => {
      const picture = one("#cut-picture");
      if (cut.open && !picture.src) picture.src = picture.dataset.src;
      draw();
    }).observe(cut, { attributes: true, attributeFilter: ["open"] });
  }

  // ---- Usual reasons of an enquiry ------------------------------------------------------------------------------
  const fresh = one("#new-enquiry");
  if (fresh) {
    const show = () => {
      const kind = one("[name=kind]:checked", fresh)?.value;
      const reasons = every(`#reasons-${kind} option`).map((option) => option.value);
      one("#enquiry-reasons").replaceChildren(...reasons.map((reason) => new Option(reason, reason)));
      one("#quick-reasons").replaceChildren(...reasons.map((reason) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "small";
        button.textContent = reason;
        button.addEventListener("click", () => { one("#enquiry-reason").value = reason; });
        return button;
      }));
    };
    fresh.addEventListener("change", (event) => { if (event.target.name === "kind") show(); });
    fresh.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.ctrlKey) fresh.requestSubmit(); });
    show();
  }

  // ---- Keys ---------------------------------------------------------------------------------------------------
  const TOOLS = { "+": "in", ";": "in", "-": "out", 0: "fit", v: "rotate" };
  function act(key) {
    const tool = TOOLS[key] && one(`[data-sheet=${TOOLS[key]}]`);
    const step = { ArrowLeft: "#previous", ArrowRight: "#next", e: ".stepping a:not(.button)" }[key];
    const field = { a: "#assign-form, #ask-how", m: "#move-target", k: "#answer-words", u: "#upload-files" }[key];
    const target = tool ?? (step && one(step)) ?? one(`button[data-key="${key}"], a[data-key="${key}"]`);
    const undo = key === "z" ? one(".message [data-test^=undo]") : null;
    if (undo ?? target) (undo ?? target).click();
    else if (field && one(field)) {
      if (key === "u") one(field).click();
      else one(field).focus();
    } else return false;
    return true;
  }
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (one("dialog[open]") || document.body.classList.contains("review")) return;
    if (event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
    if (event.key.startsWith("Arrow") && event.target.matches("input")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (act(key)) event.preventDefault();
  });
})();
