// What is simulated, what is refused and what is ignored, of each provider.

import * as anthropic from "../dialects/anthropic/page.mjs";
import * as bedrock from "../dialects/bedrock/page.mjs";
import { describeFields } from "../dialects/fields.mjs";
import * as google from "../dialects/google/page.mjs";
import * as ollama from "../dialects/ollama/page.mjs";
import * as openai from "../dialects/openai/page.mjs";

const DIALECTS = {
  "OpenAI and Azure OpenAI": openai, Anthropic: anthropic, "Amazon Bedrock": bedrock, "Gemini and Vertex AI": google, Ollama: ollama,
};

/** One entry per dialect: `{ name, operations: [{ title, method, path, notes, unknown, fields: [row] }], refused: [...] }`. */
export const CONTENTS = Object.entries(DIALECTS).map(([name, { PAGE, REFUSED_PATHS }]) => ({
  name,
  operations: PAGE.map(({ fields, notes = [], unknown = "refused", ...operation }) => ({
    ...operation, notes, unknown, fields: describeFields(fields ?? {}),
  })),
  refused: REFUSED_PATHS,
}));
