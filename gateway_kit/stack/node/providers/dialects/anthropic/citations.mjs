// Citations: the answer's sources, among the documents whose citations are switched on.

import { contentText } from "./images.mjs";
import { refusal } from "./words.mjs";

/** A citation of each document's first sentence; raises a 400 for a document that is not read here. */
export function readCitations(body) {
  const found = [];
  let index = 0;
  for (const { content } of body.messages) {
    for (const block of typeof content === "string" ? [] : content) {
      if (block.type !== "document") continue;
      if (block.citations?.enabled) found.push(cite(block, index));
      index += 1;
    }
  }
  if (found.length && formatOf(body)) throw refusal("output_config.format: citations cannot be enabled together with structured outputs");
  return found;
}

export const formatOf = (body) => body.output_config?.format ?? body.output_format ?? undefined;

function cite({ source, title }, index) {
  const about = { document_index: index, document_title: title ?? null, file_id: null };
  if (source.type === "text") {
    const cited = firstSentence(source.data);
    const start = source.data.indexOf(cited);
    return { type: "char_location", cited_text: cited, ...about, start_char_index: start, end_char_index: start + cited.length };
  }
  if (source.type === "content") {
    const [first] = typeof source.content === "string" ? [{ text: source.content }] : source.content;
    return { type: "content_block_location", cited_text: first?.text ?? contentText(source.content), ...about, start_block_index: 0, end_block_index: 1 };
  }
  throw refusal("document.citations: this simulator does not read PDFs, so it cannot cite them; send the text as a document of type `text`.");
}

const firstSentence = (text) => /\S[\s\S]*?(?:[.!?](?=\s|$)|\n|$)/.exec(text)?.[0].trimEnd() ?? "";
