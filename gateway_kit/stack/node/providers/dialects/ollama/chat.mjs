// The wire format of Ollama's /api/chat and /api/generate; streams have one JSON object per line.

import { asJson, invalid, isObject, objectList, parseArguments, roleOf, stopList, textOf, tokenLimit } from "../shared.mjs";

export function read(body, route) {
  if (typeof body.model !== "string" || body.model === "") throw invalid("model is required");
  const options = isObject(body.options) ? body.options : {};
  return {
    model: body.model,
    messages: route.generate ? readPrompt(body) : objectList(body, "messages", { required: true }).map(readMessage),
    tools: objectList(body, "tools").filter((tool) => isObject(tool.function)).map(({ function: definition }) => ({
      name: definition.name, description: definition.description, parameters: definition.parameters ?? {},
    })),
    toolChoice: "auto",
    maxTokens: tokenLimit(options.num_predict, "num_predict"),
    stop: stopList(options.stop),
    temperature: options.temperature,
    format: readFormat(body.format),
    choices: 1,
    stream: body.stream !== false,
    generate: route.generate === true,
  };
}

function readPrompt(body) {
  if (typeof body.prompt !== "string") throw invalid("prompt is required");
  const system = typeof body.system === "string" ? [{ role: "system", text: body.system, toolCalls: [] }] : [];
  return [...system, { role: "user", text: body.prompt, toolCalls: [] }];
}

function readMessage(message) {
  return {
    role: roleOf(message),
    text: textOf(message.content),
    toolCallId: message.tool_call_id,
    toolCalls: (Array.isArray(message.tool_calls) ? message.tool_calls : []).map((call) => ({
      name: call?.function?.name ?? "", arguments: asJson(call?.function?.arguments),
    })),
  };
}

function readFormat(format) {
  if (format === "json") return { kind: "json_object" };
  return isObject(format) ? { kind: "json_schema", name: "answer", schema: format } : undefined;
}

function line(context, text, extra = {}) {
  const { toolCalls, ...rest } = extra;
  const message = { role: "assistant", content: text };
  if (toolCalls) message.tool_calls = toolCalls;
  const body = context.call.generate ? { response: text } : { message };
  return { model: context.model, created_at: new Date().toISOString(), ...body, done: false, ...rest };
}

function ending(context, finish) {
  const elapsedNs = Math.round(context.elapsedMs() * 1e6);
  return {
    done: true,
    done_reason: finish === "length" ? "length" : "stop",
    total_duration: elapsedNs,
    load_duration: 0,
    prompt_eval_count: context.promptTokens,
    prompt_eval_duration: 0,
    eval_count: context.completionTokens,
    eval_duration: elapsedNs,
  };
}

const callOf = (call) => ({ function: { name: call.name, arguments: parseArguments(call.arguments) } });

export function complete(context, [reply]) {
  const toolCalls = reply.toolCalls.length ? { toolCalls: reply.toolCalls.map(callOf) } : {};
  return line(context, reply.text, { ...toolCalls, ...ending(context, reply.finish) });
}

export const contentType = "application/x-ndjson";

const write = (object) => `${JSON.stringify(object)}\n`;

export const open = () => [];
// Thinking is shown once it is simulated.
export const reasoning = () => [];
export const text = (context, _reply, piece) => [write(line(context, piece))];
export const toolCall = (context, _reply, call) => [write(line(context, "", { toolCalls: [callOf(call)] }))];
export const end = () => [];
export const close = (context, [reply]) => [write(line(context, "", ending(context, reply.finish)))];
