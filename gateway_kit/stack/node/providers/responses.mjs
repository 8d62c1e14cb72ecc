// OpenAI's Responses API (POST /v1/responses), with aimock's writer for its many stream events.
//
// aimock needs the complete answer, so the small model's answers stream only once they are finished;
// /v1/chat/completions streams them as they are produced.

import { Journal, Logger, handleResponses } from "@copilotkit/aimock";

import { asJson, invalid, isObject, roleOf, textOf, tokenLimit } from "./dialects/shared.mjs";

const CHUNK_CHARACTERS = 4; // about one token

/** Reads the request's call: `input` is a text or a list of messages, tool calls and tool results. */
export function readResponses(body) {
  const items = typeof body.input === "string" ? [{ role: "user", content: body.input }] : body.input;
  if (!Array.isArray(items) || items.length === 0 || !items.every(isObject)) throw invalid("Missing required parameter: 'input'.");
  const messages = items.map(readItem).filter(Boolean);
  if (typeof body.instructions === "string") messages.unshift({ role: "system", text: body.instructions, toolCalls: [] });
  if (messages.length === 0) throw invalid("Invalid 'input': it has no message.");
  return {
    model: body.model,
    messages,
    tools: (Array.isArray(body.tools) ? body.tools : []).filter((tool) => tool?.type === "function" && typeof tool.name === "string")
      .map((tool) => ({ name: tool.name, description: tool.description, parameters: tool.parameters ?? {} })),
    toolChoice: isObject(body.tool_choice) && typeof body.tool_choice.name === "string" ? { name: body.tool_choice.name }
      : body.tool_choice === "none" || body.tool_choice === "required" ? body.tool_choice : "auto",
    maxTokens: tokenLimit(body.max_output_tokens, "max_output_tokens"),
    stop: [],
    temperature: body.temperature,
    stream: body.stream === true,
  };
}

function readItem(item) {
  if (item.type === "function_call") {
    return { role: "assistant", text: "", toolCalls: [{ id: item.call_id, name: item.name ?? "", arguments: asJson(item.arguments) }] };
  }
  if (item.type === "function_call_output") {
    return { role: "tool", text: asJson(item.output), toolCallId: item.call_id, toolCalls: [] };
  }
  if (item.role === undefined) return null;
  return { role: roleOf(item), text: textOf(item.content), toolCalls: [] };
}

/** Writes the finished reply in the Responses format; a stream at the model's pace. */
export async function writeResponses(request, exchange, raw, reply, usage, pace, cutAfter) {
  const { response, note } = exchange;
  const content = reply.toolCalls.length ? { toolCalls: reply.toolCalls } : { content: reply.text || " " };
  const fixture = {
    match: {},
    response: { ...content, id: note.request_id, usage, finishReason: reply.finish },
    chunkSize: CHUNK_CHARACTERS,
    streamingProfile: { ttft: Math.max(0, pace.ttft_s - exchange.elapsedS()) * 1000, tps: pace.token_s > 0 ? 1 / pace.token_s : undefined },
  };
  if (Number.isFinite(cutAfter)) fixture.truncateAfterChunks = Math.max(1, cutAfter);
  const defaults = { latency: 0, chunkSize: CHUNK_CHARACTERS, replaySpeed: 1, logger: new Logger("silent") };
  const stopTracking = trackFirstByte(response, exchange);
  await handleResponses(request, response, raw, [fixture], new Journal({ maxEntries: 1 }), defaults, () => {});
  stopTracking();
  note.status = response.headersSent ? response.statusCode : null;
  note.outcome = response.writableEnded ? "answered" : exchange.signal.aborted ? "client_left" : "cut";
}

// aimock writes to the response directly, so its first write is timed there.
function trackFirstByte(response, exchange) {
  const { write } = response;
  response.write = (...args) => {
    exchange.note.ttft_s ??= exchange.elapsedS();
    return write.apply(response, args);
  };
  return () => {
    exchange.note.ttft_s ??= exchange.elapsedS();
    response.write = write;
  };
}
