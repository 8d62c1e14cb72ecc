// The page as Markdown, for the documentation.

import { DESK } from "./desk.mjs";
import { EFFECTS, INTRODUCTION, exampleText, unknownText } from "./words.mjs";

const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function table(head, rows) {
  if (rows.length === 0) return "";
  const lines = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`);
  return `${lines.join("\n")}\n\n`;
}

const fieldRow = ({ field, effect, note, example }) => [`\`${field}\``, effect, note, example === null ? "" : `\`${exampleText(example)}\``];

function operationText({ title, method, path, notes, unknown, fields }) {
  const remarks = [...notes, ...(fields.length ? [unknownText(unknown)] : [])].map((note) => `- ${note}\n`).join("");
  return `### ${title}\n\n\`${method} ${path}\`\n\n${remarks}${remarks ? "\n" : ""}${table(["Field", "Effect", "Note", "Example"], fields.map(fieldRow))}`;
}

function dialectText({ name, operations, refused }) {
  const limits = refused.map(({ method, path, limit }) => [`\`${method} ${path}\``, limit]);
  return `## ${name}\n\n${operations.map(operationText).join("")}${limits.length ? `### Refused\n\n${table(["Endpoint", "Why"], limits)}` : ""}`;
}

const deskText = () => `## ${DESK.title}\n\n${DESK.text.join("\n\n")}\n\n${DESK.tables.map(({ caption, head, rows }) => `### ${caption}\n\n${table(head, rows)}`).join("")}`;

export function markdown(contents) {
  const effects = Object.entries(EFFECTS).map(([effect, meaning]) => `- **${effect}**: ${meaning}\n`).join("");
  return `# The simulated providers\n\n${INTRODUCTION}\n\n${effects}\n${contents.map(dialectText).join("")}${deskText()}`.trimEnd() + "\n";
}
