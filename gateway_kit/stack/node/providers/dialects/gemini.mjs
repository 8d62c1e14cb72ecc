// The wire format of Gemini's generateContent, in AI Studio and in Vertex AI.

import { invalid, isObject, objectList, parseArguments, stopList, textOf, tokenLimit } from "./shared.mjs";

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
    responseFormat: readFormat(config),
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
  return schema ? { type: "json_schema", json_schema: { name: "answer", schema } } : { type: "json_object" };
}

const FINISH = { stop: "STOP", length: "MAX_TOKENS", tool_calls: "STOP" };

function answer(context, parts, finish, usage) {
  const candidate = { content: { role: "model", parts }, index: 0 };
  if (finish) candidate.finishReason = FINISH[finish];
  const body = { candidates: [candidate], modelVersion: context.model, responseId: context.id };
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

export function complete(reply, context) {
  const parts = reply.text ? [{ text: reply.text }] : [];
  return answer(context, [...parts, ...reply.toolCalls.map(callPart)], reply.finish, true);
}

export const contentType = "text/event-stream; charset=utf-8";

const sse = (data) => `data: ${JSON.stringify(data)}\r\n\r\n`;

export const open = () => [];
export const text = (context, piece) => [sse(answer(context, [{ text: piece }], null, false))];
// Gemini sends a function call whole, never in pieces.
export const toolCall = (context, call) => [sse(answer(context, [callPart(call)], null, false))];
export const close = (context, finish) => [sse(answer(context, [{ text: "" }], finish, true))];
