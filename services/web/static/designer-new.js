// The list of forms: an empty sheet is sent as it is; the answer is the address of its draft, or what is wrong.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("new-form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = document.getElementById("new-wrong");
    const button = document.getElementById("new-submit");
    const file = document.getElementById("new-file").files[0];
    if (!file || button.disabled) return;
    wrong.hidden = true;
    button.disabled = true;
    button.textContent = "枠を探しています…";
    const query = new URLSearchParams({ id: document.getElementById("new-id").value.trim(), title: document.getElementById("new-name").value });
    const dpi = document.getElementById("new-dpi").value;
    if (dpi) query.set("dpi", dpi);
    const answer = await post(`/forms/new?${query}`, file);
    if (answer.at) { location.assign(answer.at); return; }
    wrong.textContent = answer.wrong;
    wrong.hidden = false;
    button.disabled = false;
    button.textContent = "枠を探して作る";
    delete form.dataset.sent;
  });
  async function post(address, file) {
    try {
      const response = await fetch(address, { method: "POST", body: file });
      if (response.status === 413) return { wrong: "ファイルが大きすぎます（64MBまで）。300dpiでスキャンしてください。" };
      if (response.ok) return await response.json();
    } catch { /* no answer: said below */ }
    return { wrong: "送れませんでした。もう一度お試しください。続くときは管理者へ連絡してください。" };
  }
  for (const button of document.querySelectorAll("[data-confirm]")) {
    button.addEventListener("click", (event) => { if (!confirm(button.dataset.confirm)) event.preventDefault(); });
  }
});
