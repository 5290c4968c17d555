// The English switch. Screens are written in Japanese; who chose English sees their words by the catalogue
// (english-*.json: the Japanese text, `{}` for whatever stands in it, and its English with {0}, {1} …).
// Data is never translated: it stands in elements with translate="no". What has no entry stays as it is.
"use strict";

(() => {
  const CATALOGUES = ["screens", "desk", "sentences", "designer", "forms", "claims", "operations"];
  const ATTRIBUTES = ["aria-label", "title", "placeholder", "alt", "data-words"];
  const JAPANESE = /[\u3005-\u30ff\u3400-\u9fff\uff01-\uff9f]/;
  // Characters of a pattern beside its holes, from which on it may stand around Japanese that has no entry.
  const MEANS_SOMETHING = 4;
  const NEVER = "script, style, textarea, [translate=no]";
  const english = /(^|; )lang=en(;|$)/.test(document.cookie);

  document.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-language]")?.dataset.language;
    if (!chosen) return;
    document.cookie = `lang=${chosen}; path=/; max-age=31536000; samesite=strict`;
    location.reload();
  });
  if (!english) return;

  const root = document.documentElement;
  root.lang = "en";
  root.classList.add("translating");

  const exact = new Map();
  const patterns = [];
  const known = new Map();

  function learn(words) {
    for (const [japanese, text] of Object.entries(words)) {
      if (!japanese.includes("{}")) { exact.set(japanese, text); continue; }
      const parts = japanese.split("{}").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      patterns.push({ shape: new RegExp(`^${parts.join("(.*?)")}$`, "s"), text, weight: japanese.replaceAll("{}", "").length });
    }
    // The pattern that says most goes first.
    patterns.sort((a, b) => b.weight - a.weight);
  }

  // The English of `text`, or null when there is none (or nothing to translate).
  function translated(text) {
    if (!JAPANESE.test(text)) return null;
    if (known.has(text)) return known.get(text);
    const [, before, words, after] = /^(\s*)(.*?)(\s*)$/s.exec(text);
    const found = sentence(words.replace(/\s+/g, " "));
    const result = found === null ? null : before.replace(/\u3000/g, " ") + found + after.replace(/\u3000/g, " ");
    if (known.size < 5000) known.set(text, result);
    return result;
  }

  function sentence(words) {
    if (exact.has(words)) return exact.get(words);
    for (const { shape, text, weight } of patterns) {
      const match = shape.exec(words);
      if (!match) continue;
      const holes = match.slice(1).map((hole) => translated(hole) ?? hole);
      // A few characters around a whole sentence are no pattern of that sentence.
      if (weight < MEANS_SOMETHING && holes.some((hole) => JAPANESE.test(hole))) continue;
      return text.replace(/\{(\d)\}/g, (_, at) => holes[Number(at)]);
    }
    // Several sentences, or words set apart by a wide space, each for itself.
    for (const between of ["\u3000", " ", "。", "、", "／", "・"]) {
      const parts = words.split(between).map((part) => part.trim()).filter((part) => part !== "");
      if (parts.length < 2) continue;
      const told = parts.map((part) => sentence(part) ?? (between === "。" ? sentence(`${part}。`) : null) ?? (JAPANESE.test(part) ? null : part));
      if (told.every((part) => part !== null)) return told.join(between === "、" ? ", " : between === "／" ? " / " : " ");
    }
    return null;
  }

  function write(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.parentElement?.closest(NEVER)) return;
      const text = translated(node.data);
      if (text !== null) node.data = text;
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE || node.closest(NEVER)) return;
    for (const name of ATTRIBUTES) {
      const text = node.hasAttribute(name) ? translated(node.getAttribute(name)) : null;
      if (text !== null) node.setAttribute(name, text);
    }
    for (const child of node.childNodes) write(child);
  }

  function everything() {
    const title = translated(document.title);
    if (title !== null) document.title = title;
    if (document.body) write(document.body);
  }

  const watch = new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(write);
      else write(change.target);
    }
  });

  const catalogues = CATALOGUES.map((name) => fetch(`/static/english-${name}.json`).then((answer) => answer.json()));
  const loaded = new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));
  Promise.all([...catalogues, loaded])
    .then((words) => {
      words.slice(0, -1).forEach(learn);
      everything();
      watch.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES });
    })
    // Without the catalogue the screens are still there, in Japanese.
    .finally(() => root.classList.remove("translating"));
})();
