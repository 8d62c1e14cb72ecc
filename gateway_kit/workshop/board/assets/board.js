// Keeps the board up to date: asks its own server every second, and changes only what is different, so that nothing
// flickers and what has the focus keeps it.
(() => {
  "use strict";
  const EVERY_MS = 1000;
  const page = document.documentElement, board = document.getElementById("board"), link = document.getElementById("link");
  const namesButton = document.getElementById("names"), csv = document.getElementById("csv");
  let hidden = board.dataset.hidden === "true", tag = null, failing = false, timer = 0;

  function sameKind(one, other) {
    return one.nodeType === other.nodeType && one.nodeName === other.nodeName && one.id === other.id;
  }

  function change(old, made) {
    if (old.nodeType === Node.TEXT_NODE) {
      if (old.data !== made.data) old.data = made.data;
      return;
    }
    for (const { name } of [...old.attributes]) if (!made.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of made.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    changeChildren(old, made);
  }

  function changeChildren(old, made) {
    const wanted = [...made.childNodes];
    wanted.forEach((child, place) => {
      const there = old.childNodes[place];
      if (!there) old.append(child);
      else if (sameKind(there, child)) change(there, child);
      else there.replaceWith(child);
    });
    while (old.childNodes.length > wanted.length) old.lastChild.remove();
  }

  function show(html) {
    const made = document.createElement("main");
    made.innerHTML = html;
    changeChildren(board, made);
  }

  async function look() {
    clearTimeout(timer);
    const asked = hidden;
    try {
      const answer = await fetch(`part?hidden=${asked}`, { cache: "no-store", headers: tag ? { "If-None-Match": tag } : {} });
      if (answer.status === 200) {
        const html = await answer.text();
        if (asked === hidden) {
          show(html);
          tag = answer.headers.get("ETag");
        }
      } else if (answer.status !== 304) throw new Error(`status ${answer.status}`);
      link.textContent = "";
      failing = false;
    } catch {
      if (!failing) {
        const now = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
        link.textContent = `The board's program has not answered since ${now}. It goes on when the program does.`;
      }
      failing = true;
    }
    if (!document.hidden) {
      clearTimeout(timer);
      timer = setTimeout(look, EVERY_MS);
    }
  }

  function toggleNames() {
    hidden = !hidden;
    tag = null;
    namesButton.setAttribute("aria-pressed", String(hidden));
    nameCsv();
    look();
  }

  function nameCsv() {
    csv.href = `board.csv?hidden=${hidden}`;
  }

  function toggleTheme() {
    const isDark = page.dataset.theme ? page.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    page.dataset.theme = isDark ? "light" : "dark";
  }

  namesButton?.addEventListener("click", toggleNames);
  document.getElementById("theme").addEventListener("click", toggleTheme);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "n" && namesButton) toggleNames();
    else if (event.key === "d") toggleTheme();
    else if (event.key === "Escape") document.activeElement?.blur();
  });
  document.addEventListener("visibilitychange", () => document.hidden || look());
  nameCsv();
  look();
})();
