// Files within a request: texts are read, the pages of a PDF count as images.

import { imageTokens } from "../images.mjs";
import { refusal } from "../words.mjs";

const DATA_URL = /^data:([^;,]+)(?:;[^;,]+)*;base64,/;
const TEXT = /^(?:text\/|application\/(?:json|xml|x-ndjson|yaml|x-yaml|javascript))/;
const PAGE = /\/Type\s*\/Page(?![a-zA-Z])/g;
// A page of a PDF as OpenAI would render it.
const PAGE_IMAGE = "https://page.invalid/1024x1024";

function read({ file_data: data }, param) {
  if (!data) throw refusal("Missing required parameter: 'file_data'.", param, "missing_required_parameter");
  const start = DATA_URL.exec(data.slice(0, 300));
  if (!start) throw refusal("Invalid file data: 'file_data'. Expected a base64-encoded data URL with an application/pdf or text MIME type.", param, "invalid_value");
  const type = start[1];
  if (type !== "application/pdf" && !TEXT.test(type)) {
    throw refusal(`Invalid file data: 'file_data'. Expected a PDF or a text, but got unsupported MIME type '${type}'.`, param, "invalid_value");
  }
  return { type, bytes: Buffer.from(data.slice(start[0].length), "base64") };
}

/** The text of a file, "" for a PDF; `param` is what OpenAI's error names. */
export function fileText(part, param = "input") {
  const { type, bytes } = read(part, param);
  return type === "application/pdf" ? "" : bytes.toString("utf8");
}

/** The tokens of a PDF's pages for a model that sees images by the rule `image`; 0 for a text. */
export function fileTokens(part, image) {
  const { type, bytes } = read(part, "input");
  if (type !== "application/pdf" || !image) return 0;
  const pages = Math.max(1, bytes.toString("latin1").match(PAGE)?.length ?? 0);
  return pages * imageTokens({ url: PAGE_IMAGE, detail: part.detail === "low" ? "low" : "high" }, image);
}
