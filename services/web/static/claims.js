// Claims: the month, a clinic's month by keyboard, and the keying of a claim. The server judges everything again.
"use strict";

(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const every = (selector, root = document) => [...root.querySelectorAll(selector)];
  const typing = (target) => target.matches("input[type=text], input[type=search], input[type=number], input[type=month], input[type=date], textarea, select");

  // ---- Slips: the list on the left, one slip beside it -----------------------------------------------------
  const list = one("[data-claim-list]");
  let wanted = 0;

  function rows() { return every("tr[data-record]", list ?? document.createElement("div")); }

  function current() { return rows().find((row) => row.classList.contains("chosen")); }

  async function choose(row) {
    const link = one("[data-slip]", row);
    for (const other of rows()) {
      other.classList.toggle("chosen", other === row);
      if (other === row) other.setAttribute("aria-current", "true");
      else other.removeAttribute("aria-current");
    }
    link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    // Only the slip that is looked at is fetched, and logged: not those that are passed by.
    const mine = ++wanted;
    // Until it is there, no key and no click may decide the slip that stands there still.
    one("#beside").inert = true;
    await new Promise((done) => setTimeout(done, 120));
    if (mine !== wanted) return;
    const address = new URL(link.href);
    address.hash = "";
    address.searchParams.set("part", "detail");
    const answer = await fetch(address, { headers: { "x-part": "detail" } });
    if (mine !== wanted) return;
    if (!answer.ok) { location.assign(link.href); return; }
    const text = await answer.text();
    if (mine !== wanted) return;
    one("#beside").innerHTML = text;
    one("#beside").inert = false;
    history.replaceState(null, "", link.href);
  }

  function step(by) {
    const all = rows();
    if (all.length === 0) return;
    const at = all.indexOf(current());
    choose(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
  }

  // The slip that the work goes on with: the next undecided one, from here on and then from the top.
  function next() {
    const all = rows();
    const at = all.indexOf(current());
    const open = [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))].find((row) => row.dataset.standing === "to_decide");
    return (open ?? all[at + 1] ?? all[at])?.dataset.record ?? "";
  }

  document.addEventListener("submit", (event) => {
    const field = one("[data-next]", event.target);
    if (field) field.value = next();
  }, true);

  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-claim-list] tr[data-record]");
    if (row && !event.ctrlKey && !event.metaKey) { event.preventDefault(); choose(row); }
    const adjust = event.target.closest("[data-adjust]");
    if (adjust) {
      const dialog = one("#adjust");
      one("[name=payment]", dialog).value = adjust.dataset.adjust;
      one("[name=amount]", dialog).value = adjust.dataset.amount.replaceAll(",", "");
      dialog.showModal();
      one("[data-first]", dialog).focus();
    }
  });

  // A page in full is fetched when it is asked for.
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dialog='whole']")) {
      const picture = one("#whole img[data-src]");
      if (picture && !picture.src) picture.src = picture.dataset.src;
    }
  });

  // Before the keys of every screen: here Enter opens the paper, and J and K bring the slip with them.
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return;
    const dialog = one("dialog[open]");
    if (dialog) { inDialog(event, dialog); return; }
    if (typing(event.target)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (list && (key === "j" || key === "ArrowDown")) { step(1); stop(event); return; }
    if (list && (key === "k" || key === "ArrowUp")) { step(-1); stop(event); return; }
    if (key === "Enter" && !event.target.matches("[data-slip], body")) return;
    if (key === "d") {
      const open = one("[data-dialog^='settle-']");
      if (open) { open.click(); stop(event); }
      return;
    }
    const button = one(`[data-key="${key}"]:not(input)`);
    if (button && !event.repeat && !button.closest("[inert]")) { button.click(); stop(event); }
  }, true);

  function inDialog(event, dialog) {
    if (event.target.matches("input[type=text], input[type=month], select, textarea")) return;
    const choice = one(`input[type=radio][data-key="${event.key.toLowerCase()}"]`, dialog);
    if (choice) {
      choice.checked = true;
      choice.focus();
      if (choice.value === "" || choice.value === "other") one("[name=words]", dialog)?.focus();
      stop(event);
    } else if (event.key === "Enter" && event.target.matches("input[type=radio]") && !event.repeat) {
      one("form", dialog)?.requestSubmit();
      stop(event);
    }
  }

  function stop(event) { event.preventDefault(); event.stopPropagation(); }

  // ---- Keying a claim: count x price = amount, the difference shown and never corrected ---------------------
  const sheet = one("[data-claim-keying]");

  function number(text) {
    const plain = text.normalize("NFKC").replace(/[,円件\s]/g, "");
    return /^\d+$/.test(plain) ? Number(plain) : null;
  }

  function yen(value) { return value.toLocaleString("ja-JP"); }

  function told(place, words, good) {
    place.textContent = words;
    place.className = words === "" ? "" : good ? "good" : "warn";
  }

  function reckon() {
    let count = 0, amount = 0, whole = true;
    for (const row of every("tr[data-line]", sheet)) {
      const [n, unit, sum] = ["count", "unit", "amount"].map((name) => number(one(`[data-cell=${name}]`, row).value));
      const blank = every("[data-cell]", row).every((cell) => cell.value.trim() === "");
      if (!blank) { count += n ?? 0; amount += sum ?? 0; }
      if (!blank && (n === null || sum === null)) whole = false;
      const place = one("[data-told]", row);
      if (n === null || unit === null || sum === null) told(place, "", true);
      else if (n * unit === sum) told(place, "✓", true);
      else told(place, `${yen(n)}×${yen(unit)}＝${yen(n * unit)}（差 ${yen(sum - n * unit)}）`, false);
    }
    one("[data-sum=count]", sheet).textContent = yen(count);
    one("[data-sum=amount]", sheet).textContent = yen(amount);
    for (const [name, sum] of [["count", count], ["amount", amount]]) {
      const stated = number(one(`[name=total_${name}]`, sheet).value);
      const place = one(`[data-told=${name}]`, sheet);
      if (stated === null || !whole) told(place, "", true);
      else if (stated === sum) told(place, "✓ 内訳の合計と一致", true);
      else told(place, `内訳の合計は ${yen(sum)}（差 ${yen(stated - sum)}）`, false);
    }
  }

  function grow() {
    const all = every("tr[data-line]", sheet);
    const last = all[all.length - 1];
    if (every("[data-cell]", last).every((cell) => cell.value.trim() === "") || all.length >= 60) return;
    const fresh = last.cloneNode(true);
    fresh.dataset.line = String(all.length);
    for (const cell of every("[data-cell]", fresh)) cell.value = "";
    for (const cell of every("input, select", fresh)) {
      cell.setAttribute("aria-label", cell.getAttribute("aria-label").replace(/^\d+/, String(all.length + 1)));
    }
    one("[data-number]", fresh).textContent = String(all.length + 1);
    one("[data-told]", fresh).textContent = "";
    last.after(fresh);
  }

  if (sheet) {
    sheet.addEventListener("input", () => { grow(); reckon(); });
    reckon();
    // Enter goes to the next cell, as on paper; only the button or Ctrl+Enter sends.
    sheet.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.target.matches("button")) return;
      event.preventDefault();
      if (event.ctrlKey) { sheet.requestSubmit(); return; }
      const cells = every("input:not([type=hidden]), select, button[type=submit]", sheet);
      cells[cells.indexOf(event.target) + 1]?.focus();
    });
  }

  // ---- Files with prices and contracts ----------------------------------------------------------------------
  for (const box of every("[data-import]")) {
    one("input[type=file]", box).addEventListener("change", async (event) => {
      const file = event.target.files[0];
      if (!file) return;
      const place = one("[data-result]", box);
      place.textContent = "読み込んでいます…";
      const answer = await fetch(box.dataset.import, { method: "POST", body: file, headers: { "content-type": "text/csv" } });
      place.innerHTML = await answer.text();
      event.target.value = "";
    });
  }
})();
