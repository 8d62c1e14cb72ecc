// The wire format of Gemini's generateContent, in AI Studio and in Vertex AI.

import { invalid, isObject, objectList, parseArguments, stopList, textOf, tokenLimit } from "../shared.mjs";

// Google's servers accept both snake_case and camelCase, and LiteLLM sends both.
const either = (object, camel, snake) => object[camel] ?? object[snake];

export function read(body, route) {
  const config = either(body, "generationConfig", "generation_config") ?? {};
  const messages = objectList(body, "contents", { required: true }).flatMap(readContent);
  const system = partsText(either(body, "systemInstruction", "system_instruction"));
  if (system) messages.unshift({ role: "system", text: system, toolCalls: [] });
  const toolConfig = either(body, "toolConfig", "tool_config") ?? {};
  return {
    model: route.model,
    messages,
    tools: objectList(body, "tools").flatMap((tool) => either(tool, "functionDeclarations", "function_declarations") ?? [])
      .filter((tool) => typeof tool?.name === "string")
      .map((tool) => ({ name: tool.name, description: tool.description, parameters: tool.parameters ?? tool.parametersJsonSchema ?? {} })),
    toolChoice: readToolChoice(either(toolConfig, "functionCallingConfig", "function_calling_config")),
    maxTokens: tokenLimit(either(config, "maxOutputTokens", "max_output_tokens"), "maxOutputTokens"),
    stop: stopList(either(config, "stopSequences", "stop_sequences")),
    temperature: config.temperature,
    format: readFormat(config),
    choices: 1,
    stream: route.stream,
  };
}

function readContent(content) {
  if (!Array.isArray(content.parts)) throw invalid("Invalid 'contents': 'parts' must be a list.");
  const parts = content.parts.filter(isObject);
  const results = parts.map((part) => either(part, "functionResponse", "function_response")).filter(isObject)
    .map((result) => ({ role: "tool", text: resultText(result.response), toolName: result.name, toolCalls: [] }));
  const toolCalls = parts.map((part) => either(part, "functionCall", "function_call")).filter(isObject)
    .map((call) => ({ id: call.id, name: call.name ?? "", arguments: JSON.stringify(call.args ?? {}) }));
  const text = textOf(parts.filter((part) => typeof part.text === "string"));
  if (results.length && !text) return results;
  return [...results, { role: content.role === "model" ? "assistant" : "user", text, toolCalls }];
}

// LiteLLM wraps a tool's plain text as {"content": "..."}.
function resultText(response) {
  if (isObject(response) && typeof response.content === "string" && Object.keys(response).length === 1) return response.content;
  return JSON.stringify(response ?? {});
}

const partsText = (content) => (isObject(content) ? textOf(content.parts) : "");

function readToolChoice(config) {
  const names = either(config ?? {}, "allowedFunctionNames", "allowed_function_names");
  if (config?.mode === "ANY") return Array.isArray(names) && names.length === 1 ? { name: names[0] } : "required";
  return config?.mode === "NONE" ? "none" : "auto";
}

function readFormat(config) {
  if (either(config, "responseMimeType", "response_mime_type") !== "application/json") return undefined;
  const schema = either(config, "responseSchema", "response_schema") ?? config.responseJsonSchema;
  return schema ? { kind: "json_schema", name: "answer", schema } : { kind: "json_object" };
}

const FINISH = { stop: "STOP", stop_sequence: "STOP", length: "MAX_TOKENS", tool_calls: "STOP" };

function candidateOf(index, parts, finish) {
  const candidate = { content: { role: "model", parts }, index };
  if (finish) candidate.finishReason = FINISH[finish];
  return candidate;
}

function answer(context, candidates, usage) {
  const body = { candidates, modelVersion: context.model, responseId: context.id };
  if (usage) {
    body.usageMetadata = {
      promptTokenCount: context.promptTokens,
      candidatesTokenCount: context.completionTokens,
      totalTokenCount: context.promptTokens + context.completionTokens,
    };
  }
  return body;
}

const callPart = (call) => ({ functionCall: { name: call.name, args: parseArguments(call.arguments) } });

function wholeCandidate(reply) {
  const parts = reply.text ? [{ text: reply.text }] : [];
  return candidateOf(reply.index, [...parts, ...reply.toolCalls.map(callPart)], reply.finish);
}

export const complete = (context, replies) => answer(context, replies.map(wholeCandidate), true);

export const contentType = "text/event-stream; charset=utf-8";

const sse = (data) => `data: ${JSON.stringify(data)}\r\n\r\n`;

export const open = () => [];
// Thoughts are shown once they are simulated.
export const reasoning = () => [];
export const text = (context, reply, piece) => [sse(answer(context, [candidateOf(reply.index, [{ text: piece }])], false))];
// Gemini sends a function call whole, never in pieces.
export const toolCall = (context, reply, call) => [sse(answer(context, [candidateOf(reply.index, [callPart(call)])], false))];
export const end = () => [];
export const close = (context, replies) => [sse(answer(context, replies.map((reply) => candidateOf(reply.index, [{ text: "" }], reply.finish)), true))];
