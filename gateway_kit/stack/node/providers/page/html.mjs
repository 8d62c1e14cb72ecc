// The page as HTML, for a person.

import { DESK } from "./desk.mjs";
import { EFFECTS, INTRODUCTION, exampleText, unknownText } from "./words.mjs";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escape = (text) => text.replace(/[&<>"]/g, (character) => ENTITIES[character]);
// `code` in a sentence.
const prose = (text) => escape(text).replace(/`([^`]+)`/g, "<code>$1</code>");
const code = (text) => `<code>${escape(text)}</code>`;

const STYLE = `
:root { color-scheme: light dark; background: #fff; color: #1b1b1f; }
a { color: #0b57d0; }
@media (prefers-color-scheme: dark) {
  :root { background: #16171a; color: #e8e8ea; }
  a { color: #a8c7fa; }
}
body { overflow-wrap: break-word; font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; }
summary { cursor: pointer; font-weight: 600; padding: .25rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: .25rem 0; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
code { overflow-wrap: anywhere; }
:target { scroll-margin-top: 1rem; }`;

const anchor = (name) => name.toLowerCase().replaceAll(" ", "-");

function table(caption, head, rows) {
  if (rows.length === 0) return "";
  const heads = head.map((name) => `<th scope="col">${name}</th>`).join("");
  const body = rows.map(([first, ...rest]) => `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("\n");
  return `<div class="scroll" role="region" aria-label="${escape(caption)}" tabindex="0"><table><caption>${escape(caption)}</caption>
<thead><tr>${heads}</tr></thead>\n<tbody>${body}</tbody></table></div>`;
}

const fieldRow = ({ field, effect, note, example }) => [code(field), effect, prose(note), example === null ? "" : code(exampleText(example))];

function operationText({ title, method, path, notes, unknown, fields }) {
  const remarks = [...notes, ...(fields.length ? [unknownText(unknown)] : [])].map((note) => `<li>${prose(note)}</li>`).join("");
  return `<h3>${escape(title)}</h3>\n<p>${code(`${method} ${path}`)}</p>\n${remarks ? `<ul>${remarks}</ul>` : ""}
${fields.length ? `<details><summary>Fields of ${escape(title)} (${fields.length})</summary>${table(`Fields of ${title}`, ["Field", "Effect", "Note", "Example"], fields.map(fieldRow))}</details>` : ""}`;
}

function dialectText({ name, operations, refused }) {
  const limits = refused.map(({ method, path, limit }) => [code(`${method} ${path}`), prose(limit)]);
  return `<section aria-labelledby="${anchor(name)}"><h2 id="${anchor(name)}">${escape(name)}</h2>
${operations.map(operationText).join("\n")}
${limits.length ? `<h3>Refused endpoints of ${escape(name)}</h3>${table(`What the simulator refuses of ${name}`, ["Endpoint", "Why"], limits)}` : ""}</section>`;
}

const deskText = () => `<section aria-labelledby="${anchor(DESK.title)}"><h2 id="${anchor(DESK.title)}">${DESK.title}</h2>
${DESK.text.map((text) => `<p>${prose(text)}</p>`).join("\n")}
${DESK.tables.map(({ caption, head, rows }) => `<details><summary>${escape(caption)}</summary>${table(caption, head, rows.map((row) => row.map(prose)))}</details>`).join("\n")}</section>`;

export function html(contents) {
  const effects = Object.entries(EFFECTS).map(([effect, meaning]) => `<dt><strong>${effect}</strong></dt><dd>${meaning}</dd>`).join("");
  const links = [...contents, { name: DESK.title }].map(({ name }) => `<li><a href="#${anchor(name)}">${escape(name)}</a></li>`).join("");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>The simulated providers</title><style>${STYLE}</style></head><body>
<header><h1>The simulated providers</h1></header>
<nav aria-label="Providers"><ul>${links}</ul></nav>
<main><p>${prose(INTRODUCTION)}</p><dl>${effects}</dl>
<p>Faults, latency profiles, answers and the journal of requests: ${code("GET /_sim")}.</p>
${contents.map(dialectText).join("\n")}
${deskText()}</main></body></html>
`;
}
