// A run: one field over many slips. The server hands out tokens; pictures are fetched ahead of the eyes.
"use strict";
(() => {
  const { run: RUN, field: FIELD } = document.body.dataset;
  if (!RUN) return;
  const id = (name) => document.getElementById(name);
  const form = id("run-form");
  const text = id("run-value");
  const options = [...form.querySelectorAll(".options input")];
  const queue = [];
  const skipped = [];
  let last = null;
  let done = 0;
  let left = 0;
  let busy = false;
  let asked = null;
  const started = Date.now();

  const post = (address, pairs = []) => fetch(address, { method: "POST", body: new URLSearchParams(pairs) });
  const current = () => queue[0];

  // ---- Items ---------------------------------------------------------------------------------
  async function more() {
    if (asked) return asked;
    const pairs = [...queue.map((item) => ["have", item.token]), ...skipped.map((token) => ["not", token])];
    asked = (async () => {
      try {
        const answer = await post(`${RUN}/next`, pairs);
        if (!answer.ok) return tell("次の項目を取り出せませんでした。画面を開き直してください。");
        const next = await answer.json();
        left = next.left;
        for (const item of next.items) {
          item.picture = new Image();
          item.picture.src = `/runs/items/${item.token}/snippet`;
          queue.push(item);
        }
      } catch {
        tell("サーバーにつながりません。少し待ってから、もう一度お試しください。");
      } finally {
        asked = null;
      }
    })();
    return asked;
  }

  function show() {
    const item = current();
    const picture = id("run-snippet");
    picture.hidden = !item;
    id("run-empty").hidden = Boolean(item) || left > 0;
    form.hidden = !item;
    progress();
    if (!item) return;
    picture.src = item.picture.src;
    fill(item.typed ?? item.value ?? []);
    answer("");
    sides(item);
    paper();
    (text ?? form.querySelector(".options input:checked") ?? options[0])?.focus();
    text?.select();
  }

  function fill(values) {
    if (text) text.value = values[0] ?? "";
    // An empty suggestion is the blank option; no suggestion leaves all open.
    const blank = current()?.value && values.length === 0;
    for (const option of options) option.checked = values.includes(option.value) || (blank && option.value === "");
  }

  function sides(item) {
    const place = id("run-sides");
    if (!place) return;
    place.replaceChildren(...item.sides.map((side, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.translate = false;
      button.dataset.side = at;
      const key = document.createElement("kbd");
      key.textContent = `F${at + 9}`;
      button.append(`${side.words} `, key);
      return button;
    }));
  }

  function progress() {
    const all = done + left;
    id("run-progress").max = Math.max(all, 1);
    id("run-progress").value = done;
    id("run-count").textContent = `${done} / ${all}`;
    const minutes = (Date.now() - started) / 60_000;
    id("run-speed").textContent = done > 1 && minutes > 0.05 ? `毎分 ${Math.round(done / minutes)}件` : "";
    form.querySelector("[data-way=undo]").disabled = !last;
  }

  function tell(words) {
    const place = id("run-message");
    place.textContent = words;
    place.hidden = !words;
  }

  function answer(words, wrong = false) {
    id("run-answer").textContent = words;
    id("run-answer").classList.toggle("bad", wrong);
  }

  // ---- Keeping -------------------------------------------------------------------------------
  const typed = () => text ? [text.value] : options.filter((option) => option.checked).map((option) => option.value);

  async function keep(act, values) {
    const item = current();
    if (!item || busy) return;
    if (act === "key" && !text && options[0]?.type === "radio" && values.length === 0) {
      answer("選択肢を選んでください（0 は空欄）。", true);
      return;
    }
    busy = true;
    try {
      const reply = await post(`/runs/items/${item.token}`, [["act", act], ...values.map((value) => ["v", value])]);
      if (reply.status === 422) {
        answer((await reply.json()).words, true);
        text?.select();
        return;
      }
      if (reply.status === 409) {
        tell((await reply.json()).words);
        last = null;
      } else if (reply.ok) {
        tell("");
        item.typed = values;
        last = item;
        done += 1;
      } else {
        tell("保存できませんでした。もう一度お試しください。");
        return;
      }
      left = Math.max(left - 1, 0);
      await forward();
    } catch {
      tell("サーバーにつながりません。入力は残っています。もう一度 Enter を押してください。");
    } finally {
      busy = false;
    }
  }

  async function forward() {
    queue.shift();
    if (queue.length === 0) await more();
    else if (queue.length < 6) more();
    show();
  }

  async function skip() {
    const item = current();
    if (!item || busy) return;
    busy = true;
    skipped.push(item.token);
    left = Math.max(left - 1, 0);
    try {
      await post(`/runs/items/${item.token}/skip`);
      await forward();
    } finally {
      busy = false;
    }
  }

  async function undo() {
    if (!last || busy) return;
    busy = true;
    try {
      const reply = await post(`/runs/items/${last.token}/undo`);
      if (reply.ok) {
        queue.unshift(last);
        done -= 1;
        left += 1;
        tell("");
      } else if (reply.status === 409) {
        tell((await reply.json()).words);
      }
      last = null;
      show();
    } finally {
      busy = false;
    }
  }

  function paper(toggle = false) {
    const panel = id("run-paper");
    if (toggle) panel.hidden = !panel.hidden;
    form.querySelector("[data-way=paper]").setAttribute("aria-pressed", String(!panel.hidden));
    id("run-columns").classList.toggle("with-paper", !panel.hidden);
    const picture = panel.querySelector("img");
    if (panel.hidden || !current()) picture.removeAttribute("src");
    else picture.src = `/runs/items/${current().token}/paper`;
  }

  const ways = {
    illegible: () => keep("illegible", []),
    none: () => keep("none", []),
    skip,
    undo,
    paper: () => paper(true),
  };

  function take(at) {
    const side = current()?.sides[at];
    if (side) keep(side.act, side.typed.length === 0 && side.act === "key" ? [""] : side.typed);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keep("key", typed());
  });
  document.addEventListener("click", (event) => {
    const way = event.target.closest("[data-way]")?.dataset.way;
    if (way) ways[way]();
    const side = event.target.closest("[data-side]")?.dataset.side;
    if (side) take(Number(side));
  });

  // ---- Keys ----------------------------------------------------------------------------------
  const KEYS = { F2: "illegible", F3: "none", F4: "skip", F7: "paper" };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    const way = KEYS[event.key];
    const undoes = (event.ctrlKey && event.key === "z") || (event.key === "Backspace" && (text ? text.value === "" : true));
    if (way && form.querySelector(`[data-way=${way}]`)) {
      event.preventDefault();
      ways[way]();
    } else if (undoes && last) {
      event.preventDefault();
      undo();
    } else if ((event.key === "F9" || event.key === "F10") && id("run-sides")) {
      event.preventDefault();
      take(event.key === "F9" ? 0 : 1);
    } else if (event.key === "?" && !event.target.matches("input[type=text]")) {
      openDialog("run-help");
    } else if (event.key === "Escape") {
      location.href = id("leave-run").href;
    } else if (!text && /^[0-9]$/.test(event.key)) {
      const option = options.find((one) => one.dataset.key === event.key);
      if (!option) return;
      event.preventDefault();
      option.checked = option.type === "radio" || !option.checked;
      option.focus();
    } else if (!text && event.key === "Enter" && event.target.matches(".options input, body")) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  // ---- While typing --------------------------------------------------------------------------
  let pause = null;
  text?.addEventListener("input", () => {
    clearTimeout(pause);
    answer("");
    if (text.value === "") return;
    pause = setTimeout(async () => {
      const value = text.value;
      try {
        const reply = await post(`${FIELD}/check`, [["v", value]]);
        const judged = await reply.json();
        if (text.value === value) answer(judged.words, judged.wrong);
      } catch {
        // The save says what counts.
      }
    }, 250);
  });

  // ---- The leases: prolonged while somebody works ----------------------------------------------
  let active = true;
  for (const sign of ["keydown", "pointerdown", "pointermove"]) addEventListener(sign, () => { active = true; }, { passive: true });
  setInterval(() => {
    if (!active || document.visibilityState !== "visible" || queue.length === 0) return;
    active = false;
    const have = new URLSearchParams(queue.map((item) => ["have", item.token]));
    fetch("/runs/beat", { method: "POST", body: have, headers: { "x-background": "1" } }).catch(() => {});
  }, 60_000);

  more().then(show);
})();
