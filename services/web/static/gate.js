// 画面ロック: an idle screen is covered, its content taken off the document; the password brings the same place back,
// with what was typed. Also: answers that say that the session is covered or over, whoever asked.
"use strict";

(() => {
  const setting = document.querySelector('meta[name="yomitori-idle"]');
  const template = document.getElementById("cover");
  if (!setting || !template) return;

  const IDLE_MS = Number(setting.content) * 1000;
  // Every other tab of this browser counts as work here, too.
  const ACTIVE = "yomitori-active";
  const TELL_EVERY_MS = 60_000;
  const LOOK_EVERY_MS = 2_000;
  const tabs = new BroadcastChannel("yomitori");
  let beneath = null;
  let told = Date.now();

  const lastWork = () => Number(localStorage.getItem(ACTIVE)) || 0;
  const place = () => location.pathname + location.search;

  function send(address, body) {
    return plainFetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      body: new URLSearchParams(body),
    });
  }

  function worked() {
    if (beneath) return;
    const now = Date.now();
    if (now - lastWork() > 1000) localStorage.setItem(ACTIVE, String(now));
    // Typing without asking the server for anything is work, and the server has to know.
    if (now - told > TELL_EVERY_MS) {
      told = now;
      send("/session/alive", {}).then(judge).catch(() => {});
    }
  }

  function cover(tell) {
    if (beneath) return;
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    beneath = {
      nodes: [...document.body.childNodes], style: document.body.className, title: document.title,
      focus: document.activeElement, scroll: [scrollX, scrollY],
    };
    document.body.replaceChildren(template.content.cloneNode(true));
    document.body.className = "door";
    document.title = "画面ロック｜読取り";
    const form = document.querySelector("[data-cover]");
    form.addEventListener("submit", unlock);
    form.elements.password.focus();
    if (tell) {
      send("/session/lock", { back: place() }).catch(() => {});
      tabs.postMessage("covered");
    }
  }

  async function unlock(event) {
    event.preventDefault();
    const form = event.target;
    const words = document.querySelector("[data-problem]");
    words.hidden = true;
    let answer;
    try {
      answer = await send("/session/unlock", { password: form.elements.password.value });
    } catch {
      words.textContent = "サーバーにつながりません。少し待ってからもう一度入力してください。";
      words.hidden = false;
      return;
    }
    form.elements.password.value = "";
    if (answer.status === 401) return leave();
    if (!answer.ok) {
      words.textContent = "パスワードが違います。";
      words.hidden = false;
      form.elements.password.focus();
      return;
    }
    tabs.postMessage("uncovered");
    uncover();
  }

  function uncover() {
    if (!beneath) return;
    const { nodes, style, title, focus, scroll } = beneath;
    beneath = null;
    told = Date.now();
    localStorage.setItem(ACTIVE, String(told));
    document.body.replaceChildren(...nodes);
    document.body.className = style;
    document.title = title;
    // Parts that renew themselves have stopped while they were away, and show what was.
    if (document.querySelector('[hx-trigger*="every"]')) return location.reload();
    scrollTo(...scroll);
    if (focus && focus.isConnected) focus.focus();
  }

  function leave() {
    location.assign("/login?next=" + encodeURIComponent(place()));
  }

  function judge(answer) {
    if (answer.status === 423) cover(false);
    else if (answer.status === 401) leave();
    return answer;
  }

  const plainFetch = window.fetch.bind(window);
  window.fetch = async (...request) => judge(await plainFetch(...request));
  document.addEventListener("htmx:beforeOnLoad", (event) => judge(event.detail.xhr));

  for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "input"]) {
    addEventListener(name, worked, { passive: true, capture: true });
  }
  // Nothing of the screen beneath answers to keys while it is covered.
  for (const name of ["keydown", "keyup", "keypress"]) {
    addEventListener(name, (event) => { if (beneath) event.stopImmediatePropagation(); }, true);
  }
  const look = () => { if (Date.now() - lastWork() >= IDLE_MS) cover(true); };
  setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", look);
  tabs.addEventListener("message", ({ data }) => (data === "covered" ? cover(false) : uncover()));
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-lock]")) { event.preventDefault(); cover(true); }
  });
  localStorage.setItem(ACTIVE, String(Date.now()));
})();
