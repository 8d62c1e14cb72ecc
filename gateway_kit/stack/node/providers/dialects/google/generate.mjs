// The wire format of generateContent, in Gemini and in Vertex AI: reading a request, and the answer in one piece.

import { parseArguments } from "../shared.mjs";
import { checkSignatures, readContents, readInstruction } from "./content.mjs";
import { familyOf } from "./families.mjs";
import { FIELDS } from "./generate_fields.mjs";
import { avgLogprobs, logprobsResult } from "./logprobs.mjs";
import { readRequest } from "./proto.mjs";
import { readThinking } from "./thinking.mjs";
import { readChoice, readTools } from "./tools.mjs";
import { usageOf } from "./usage.mjs";
import { refuse, refuseIn } from "./wording.mjs";

export const callPrefix = "";

export function read(body, route, simulator) {
  readRequest(FIELDS[route.provider], body, { provider: route.provider, request: "GenerateContentRequest" });
  const family = familyOf(simulator.profiles.find(route.provider, route.model, "chat"));
  const call = readCall(body, route, family);
  checkSignatures(body.contents, family.generation);
  return call;
}

/** The call of a body in Google's camelCase. */
export function readCall(body, route, family) {
  const config = body.generationConfig ?? {};
  const { messages, media } = readContents(body.contents, route, { resolution: config.mediaResolution, generation: family.generation });
  const instruction = readInstruction(body.systemInstruction);
  if (instruction) messages.unshift({ role: "system", text: instruction, toolCalls: [] });
  const { tools, toolChoice } = readChoice(body.toolConfig, readTools(body.tools, route));
  const format = readFormat(config, route);
  if (format && tools.length && !family.callIds) {
    throw refuse(`Function calling with a response mime type: '${config.responseMimeType}' is unsupported`);
  }
  checkConfig(config, family, route);
  return {
    model: route.model, messages, media, tools, toolChoice, format,
    maxTokens: config.maxOutputTokens,
    stop: config.stopSequences ?? [],
    seed: config.seed,
    choices: config.candidateCount ?? 1,
    stream: route.stream,
    callIds: family.callIds,
    logprobs: config.responseLogprobs ? config.logprobs ?? 0 : undefined,
    ...readThinking(config.thinkingConfig, family, route),
  };
}

function checkConfig(config, family, route) {
  const { maxOutputTokens: most, stopSequences = [], responseModalities = [], responseLogprobs, logprobs } = config;
  if (route.provider === "vertex_ai" && most > family.outputLimit) {
    throw refuse(
      `Unable to submit request because it has a maxOutputTokens value of ${most} but the supported range is from 1 (inclusive) to ` +
      `${family.outputLimit + 1} (exclusive). Update the value and try again.`,
    );
  }
  if (stopSequences.includes("")) throw refuseIn(route, "* GenerateContentRequest.generation_config.stop_sequences: must not be empty\n", "stopSequences has an empty text.");
  if (responseModalities.some((one) => one !== "TEXT")) {
    throw refuse(
      `The requested combination of response modalities (${responseModalities.join(", ")}) is not supported by the model. ` +
      `models/${route.model} accepts the following combination of response modalities:\n* TEXT\n`,
    );
  }
  if (logprobs !== undefined && !responseLogprobs) {
    throw refuseIn(
      route, "* GenerateContentRequest.generation_config.logprobs: logprobs may be set only if response_logprobs is true\n",
      "logprobs requires setting response_logprobs to be true.",
    );
  }
  if (responseLogprobs && (route.provider === "gemini" ? family.generation > 2 : family.generation >= 3)) {
    throw refuseIn(route, `Logprobs is not enabled for models/${route.model}`, "Logprobs is not supported for this model.");
  }
}

function readFormat(config, route) {
  const { responseMimeType: type = "text/plain", responseSchema, responseJsonSchema } = config;
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    throw refuse("* GenerateContentRequest.generation_config: only one of response_schema and response_json_schema may be set.\n");
  }
  const schema = responseSchema ?? responseJsonSchema;
  if (type === "application/json") return schema ? { kind: "json_schema", name: "answer", schema } : { kind: "json_object" };
  if (type === "text/x.enum") {
    if (!schema?.enum?.length) throw refuseIn(route, "* GenerateContentRequest.generation_config.response_schema: text/x.enum needs a schema with an enum\n", "text/x.enum needs a responseSchema with an enum.");
    return { kind: "enum", values: schema.enum };
  }
  if (schema !== undefined) {
    throw refuseIn(
      route, "* GenerateContentRequest.generation_config.response_mime_type: must be `application/json` or `text/x.enum` if a response schema is set\n",
      "a response schema needs the responseMimeType application/json or text/x.enum.",
    );
  }
  return undefined;
}

const FINISH = { stop: "STOP", stop_sequence: "STOP", length: "MAX_TOKENS", tool_calls: "STOP" };

const signatureOf = (text) => Buffer.from(`simulated thought signature ${text}`).toString("base64");

/** A part with a function call; the first of an answer is signed where Google signs it. */
export function callPart(context, call, index) {
  const { call: asked, body } = context;
  const functionCall = { name: call.name, args: parseArguments(call.arguments), ...(asked.callIds ? { id: call.id } : {}) };
  const signed = index === 0 && (asked.callIds || (asked.thinking && body.tools));
  return { functionCall, ...(signed ? { thoughtSignature: signatureOf(call.id) } : {}) };
}

/** The last part of a text, signed if the model thought. */
export function textPart(context, reply, text) {
  const signed = context.call.thinking && context.call.callIds && reply.toolCalls.length === 0;
  return { text, ...(signed ? { thoughtSignature: signatureOf(context.id) } : {}) };
}

export const thoughtPart = (text) => ({ text, thought: true });

/** One candidate; `finish` is set with its last part. */
export function candidateOf(context, reply, parts, { finish, pieces = [] } = {}) {
  const candidate = { content: { ...(parts.length ? { parts } : {}), role: "model" } };
  if (finish) candidate.finishReason = FINISH[finish];
  candidate.index = reply.index;
  const ratings = finish ? ratingsOf(context) : [];
  if (ratings.length) candidate.safetyRatings = ratings;
  if (context.call.logprobs !== undefined && pieces.length) candidate.logprobsResult = logprobsResult(pieces, context.call.logprobs);
  return candidate;
}

function ratingsOf({ body, route }) {
  const categories = new Set((body.safetySettings ?? []).filter((setting) => setting.threshold !== "OFF").map((setting) => setting.category));
  const scores = route.provider === "vertex_ai" ? { probabilityScore: 0.01, severity: "HARM_SEVERITY_NEGLIGIBLE", severityScore: 0.02 } : {};
  return [...categories].filter(Boolean).map((category) => ({ category, probability: "NEGLIGIBLE", ...scores }));
}

/** The body of an answer or of one piece of a stream. */
export function answerOf(context, candidates, usageMetadata) {
  const body = { candidates, usageMetadata, modelVersion: context.model };
  if (context.route.provider === "vertex_ai") body.createTime = new Date(context.created * 1000).toISOString();
  body.responseId = context.id;
  return body;
}

function wholeCandidate(context, reply) {
  const parts = reply.reasoning && context.call.includeThoughts ? [thoughtPart(reply.reasoning)] : [];
  if (reply.text) parts.push(textPart(context, reply, reply.text));
  parts.push(...reply.toolCalls.map((call, index) => callPart(context, call, index)));
  const candidate = candidateOf(context, reply, parts, { finish: reply.finish, pieces: reply.textPieces });
  if (context.route.provider === "vertex_ai" && reply.text) candidate.avgLogprobs = avgLogprobs(reply.textPieces);
  return candidate;
}

export const complete = (context, replies) => answerOf(context, replies.map((reply) => wholeCandidate(context, reply)), usageOf(context, replies));
