// Reads one Converse message, a list of blocks, into the plain messages of a call.

import { checkReasoning } from "./claude_rules.mjs";
import { documentTokens, imageTokens } from "./media.mjs";
import { invalid, placeOf } from "./words.mjs";

/** The only member of a union, such as "text" of a content block; more or none is Bedrock's 400. */
export function memberOf(union, path) {
  const names = Object.keys(union).filter((name) => union[name] !== undefined && union[name] !== null);
  if (names.length !== 1) {
    throw invalid(`The value at ${placeOf(path)} is a union: set exactly one of its members, not ${names.length === 0 ? "none" : names.join(" and ")}.`);
  }
  return names[0];
}

/** Text that is not blank; otherwise Bedrock's 400. */
function written(text, path, owner = "ContentBlock") {
  if (text.trim() === "") {
    throw invalid(`The text field in the ${owner} object at ${placeOf(path)} is blank. Add text to the text field, and try again.`);
  }
  return text;
}

/** The plain messages of one message: first the results of tools, then what is said besides. */
export function readMessage(message, abilities, path) {
  if (message.content.length === 0) {
    throw invalid(`The content field in the Message object at ${placeOf(path)} is empty. Add a ContentBlock object to the content field and try again.`);
  }
  const said = { role: message.role, text: "", toolCalls: [], images: 0, mediaTokens: 0 };
  const results = [];
  let blocks = 0;
  for (const [index, block] of message.content.entries()) {
    const place = [...path, "content", index];
    const member = memberOf(block, place);
    if (member === "toolResult") results.push(readResult(block.toolResult, abilities, place));
    else if (member !== "cachePoint") {
      blocks += 1;
      READ[member](block, said, abilities, place);
    }
  }
  return blocks > 0 || results.length === 0 ? [...results, said] : results;
}

const add = (said, text) => { said.text += said.text ? `\n${text}` : text; };

const READ = {
  text(block, said, _abilities, place) { add(said, written(block.text, place)); },
  image({ image }, said, abilities, place) {
    said.images += 1;
    said.mediaTokens += imageTokens(image, abilities, [...place, "image"]);
  },
  document({ document }, said, abilities, place) { said.mediaTokens += documentTokens(document, abilities, [...place, "document"]); },
  toolUse({ toolUse }, said) { said.toolCalls.push({ id: toolUse.toolUseId, name: toolUse.name, arguments: JSON.stringify(toolUse.input) }); },
  guardContent({ guardContent }, said, _abilities, place) { add(said, written(guardContent.text?.text ?? "", place)); },
  // A model does not see the reasoning of earlier turns again.
  reasoningContent({ reasoningContent }, _said, abilities, place) {
    if (abilities.name === "claude") checkReasoning(reasoningContent, place);
  },
  citationsContent({ citationsContent }, said) { add(said, (citationsContent.content ?? []).map(({ text }) => text ?? "").join("")); },
};

function readResult({ toolUseId, content }, abilities, path) {
  const result = { role: "tool", text: "", toolCallId: toolUseId, toolCalls: [], images: 0, mediaTokens: 0 };
  for (const [index, part] of content.entries()) {
    const place = [...path, "toolResult", "content", index];
    const member = memberOf(part, place);
    if (member === "text") add(result, part.text);
    else if (member === "json") add(result, JSON.stringify(part.json));
    else READ[member](part, result, abilities, place);
  }
  return result;
}

/** The text of the system blocks. */
export function readSystem(blocks) {
  return blocks.map((block, index) => {
    const member = memberOf(block, ["system", index]);
    if (member === "cachePoint") return "";
    return written(member === "text" ? block.text : block.guardContent.text?.text ?? "", ["system", index], "SystemContentBlock");
  }).filter(Boolean).join("\n");
}
