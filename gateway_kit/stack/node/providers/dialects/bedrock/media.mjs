// Images and documents in a Converse message: whether the model takes them, and how many tokens they are.

import { imageTokens as claudeTokens, readHeader } from "../anthropic/images.mjs";
import { countTokens } from "../../tokens.mjs";
import { askClaude } from "./claude_rules.mjs";
import { fromModel, invalid, placeOf } from "./words.mjs";

const MOST_IMAGE_BYTES = 3.75 * 1024 * 1024;
// Amazon's table of Nova's image tokens is near this for every size.
const PIXELS_PER_TOKEN = 650;
const TOKENS_PER_PAGE = 1_500;
const BYTES_PER_PAGE = 50_000;
const DOCUMENT_NAME = /^(?!.*\s\s)[\p{L}\p{N}\s\-()[\]]+$/u;
const AS_TEXT = ["txt", "md", "csv", "html"];

function bytesOf({ bytes }, path) {
  if (typeof bytes !== "string") throw invalid(`The source field at ${placeOf(path)} is empty. Provide bytes and try again.`);
  return Buffer.from(bytes, "base64");
}

export function imageTokens({ format, source }, abilities, path) {
  const bytes = bytesOf(source, [...path, "source"]);
  if (bytes.length > MOST_IMAGE_BYTES) throw invalid(`The image at ${placeOf(path)} is larger than 3.75 MB. Provide a smaller image and try again.`);
  const type = `image/${format}`;
  if (abilities.name === "claude") {
    return askClaude(() => claudeTokens({ source: { type: "base64", media_type: type, data: bytes.toString("base64") } }, path));
  }
  const size = readHeader(bytes);
  if (size?.type !== type) throw fromModel(`Could not process image: the bytes at ${placeOf(path)} are no ${format} image.`);
  return Math.ceil((size.width * size.height) / PIXELS_PER_TOKEN);
}

export function documentTokens({ name, format, source }, abilities, path) {
  if (!abilities.documents) throw invalid("This model doesn't support documents.");
  if (!DOCUMENT_NAME.test(name)) {
    throw invalid("The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. " +
      "The name can't contain more than one consecutive whitespace character.");
  }
  if (typeof source.text === "string") return countTokens(source.text);
  if (Array.isArray(source.content)) return countTokens(source.content.map(({ text }) => text).join("\n"));
  const bytes = bytesOf(source, [...path, "source"]);
  return AS_TEXT.includes(format) ? countTokens(bytes.toString("utf8")) : TOKENS_PER_PAGE * pagesOf(bytes);
}

function pagesOf(bytes) {
  const marked = bytes.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length;
  return marked ?? Math.max(1, Math.ceil(bytes.length / BYTES_PER_PAGE));
}
