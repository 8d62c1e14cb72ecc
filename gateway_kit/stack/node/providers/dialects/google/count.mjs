// countTokens and computeTokens: how many tokens contents or a whole request have, and which.

import { hashText } from "../../random.mjs";
import { countPromptTokens, splitTokens } from "../../tokens.mjs";
import { object, refused } from "../fields.mjs";
import { readContents } from "./content.mjs";
import { familyOf } from "./families.mjs";
import { readCall } from "./generate.mjs";
import { CONTENTS, FIELDS as GENERATE, withoutExamples } from "./generate_fields.mjs";
import { readRequest } from "./proto.mjs";
import { promptDetails } from "./usage.mjs";
import { refuse } from "./wording.mjs";

const { systemInstruction, tools, generationConfig, model } = GENERATE.vertex_ai;
const inside = withoutExamples({ tools, generationConfig });
const CHAT = [{ role: "user", parts: [{ text: "Hello there" }] }];

export const FIELDS = {
  gemini: {
    contents: CONTENTS,
    generateContentRequest: object(withoutExamples(GENERATE.gemini), {
      message: "GenerateContentRequest", note: "instead of contents: a whole request, with its instruction and tools",
    }),
  },
  vertex_ai: {
    contents: CONTENTS, systemInstruction, model, generationConfig: inside.generationConfig,
    tools: { ...inside.tools, example: { value: tools.example.value, with: { contents: CHAT } } },
  },
};

/** Answers with the tokens of a prompt. */
export function countTokens(simulator, exchange, route, body) {
  readRequest(FIELDS[route.provider], body, { provider: route.provider, request: "CountTokensRequest" });
  if (body.generateContentRequest && body.contents) {
    throw refuse("* CountTokensRequest: only one of contents and generate_content_request may be set\n");
  }
  const row = simulator.findModel(exchange, route.model, "chat");
  const call = readCall(body.generateContentRequest ?? body, route, familyOf(row));
  const tokens = countPromptTokens(call.messages, call.tools);
  const answer = { totalTokens: tokens, promptTokensDetails: promptDetails(tokens, call.media) };
  if (route.provider === "vertex_ai") answer.totalBillableCharacters = call.messages.reduce((sum, message) => sum + message.text.replace(/\s/g, "").length, 0);
  exchange.json(200, answer);
}

const { contents } = withoutExamples({ contents: CONTENTS });
export const COMPUTE_FIELDS = { contents: { ...contents, example: [{ role: "user", parts: [{ text: "Bergen" }] }] }, model, instances: refused("use contents") };
const MOST_IDS = 256_000;

/** Answers with the tokens of each content, by the simulator's own tokenizer. */
export function computeTokens(simulator, exchange, route, body) {
  readRequest(COMPUTE_FIELDS, body, { provider: route.provider, request: "ComputeTokensRequest" });
  const row = simulator.findModel(exchange, route.model, "chat");
  const { messages } = readContents(body.contents, route, { generation: familyOf(row).generation });
  const tokensInfo = messages.map(({ role, text }) => {
    const tokens = splitTokens(text);
    return {
      role: role === "assistant" ? "model" : "user",
      tokenIds: tokens.map((token) => String(hashText(token) % MOST_IDS)), tokens: tokens.map((token) => Buffer.from(token).toString("base64")),
    };
  });
  exchange.json(200, { tokensInfo });
}
