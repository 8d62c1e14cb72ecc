// Threads: conversations that the server holds, so that a request sends only what is new.

import { ProviderError } from "../../errors.mjs";
import { WORDS, refusal } from "./words.mjs";

const MOST_THREADS = 200;
// The thread keeps these from the request that began it.
const KEPT = ["system", "tools"];

const threadsOf = (memory) => {
  if (!memory.has("threads")) memory.set("threads", new Map());
  return memory.get("threads");
};

const lost = (kind, code, message) => new ProviderError(kind, { message, details: { error_code: code } });

/** The whole conversation of a request that continues a thread; any other request as it is. */
export function wholeConversation(body, memory) {
  if (body.thread?.type !== "continue") return body;
  for (const name of KEPT) if (body[name] !== undefined) throw WORDS.unsupported([name], "a thread keeps the one that it was created with.");
  const id = body.thread.previous_message_id;
  const held = threadsOf(memory).get(id);
  if (!held) throw lost("not_found", "thread_not_found", `thread: no thread has the message ${id}.`);
  if (held.continued) throw lost("bad_request", "thread_already_continued", `thread: the message ${id} has been continued already.`);
  if (body.messages.length === 0) throw refusal("messages: at least one message is required");
  const { system, tools } = held;
  return { ...body, ...(system === undefined ? {} : { system }), ...(tools === undefined ? {} : { tools }), messages: [...held.messages, ...body.messages] };
}

/** Keeps the conversation with its answer, if the request asks for it. */
export function keepConversation({ body, call, id, memory }, content) {
  if (!body.thread) return;
  const threads = threadsOf(memory);
  const before = body.thread.type === "continue" ? threads.get(body.thread.previous_message_id) : undefined;
  if (before) before.continued = true;
  const { system, tools, messages } = call.request;
  threads.set(id, { system, tools, messages: content.length ? [...messages, { role: "assistant", content }] : messages });
  if (threads.size > MOST_THREADS) threads.delete(threads.keys().next().value);
}
