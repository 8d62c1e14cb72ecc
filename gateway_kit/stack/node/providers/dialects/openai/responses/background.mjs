// Responses in the background: answered at once, completed at the model's pace, and streamed again from any event.

import { cut, gapOf, steps, tokensOf } from "../../../delivery.mjs";
import { wait } from "../../../exchange.mjs";
import { responseOf } from "./output.mjs";

/** Delivers a response of the background: its first state, or its events as they come. */
export async function deliver(exchange, dialect, context, replies, pace, cutAfter) {
  context.completionTokens = tokensOf(replies);
  exchange.note.completion_tokens = context.completionTokens;
  const run = new Run(context, pace, context.completionTokens);
  if (context.call.stream) run.write(dialect, context, replies, pace);
  else dialect.complete(context, replies);
  run.last = context.record.now();
  context.record.run = run;
  run.afterwards(context.addToConversation);
  if (context.call.stream) await run.send(exchange, dialect.contentType, { cutAfter });
  else exchange.json(200, run.now());
}

class Run {
  constructor(context, pace, tokens) {
    this.started = performance.now();
    this.early = (status) => responseOf(context, status, null);
    this.queued_s = pace.ttft_s / 2;
    this.end_s = pace.total_s ?? pace.ttft_s + tokens * pace.token_s;
    this.events = null;
    this.cancelled = null;
  }

  elapsedS() {
    return (performance.now() - this.started) / 1000;
  }

  /** The response as it stands. */
  now() {
    if (this.cancelled) return this.cancelled;
    const elapsed = this.elapsedS();
    if (elapsed >= this.end_s) {
      this.finish?.();
      return this.last;
    }
    return this.early(elapsed < this.queued_s ? "queued" : "in_progress");
  }

  /** Does this once, when the response has completed. */
  afterwards(action) {
    this.finish = () => {
      this.finish = null;
      action();
    };
    const timer = setTimeout(() => this.now(), this.end_s * 1000 + 1);
    timer.unref();
  }

  /** Ends it and returns the response; undefined if it has completed. */
  cancel() {
    if (this.now() === this.last) return undefined;
    this.cancelled ??= this.early("cancelled");
    return this.cancelled;
  }

  /** Writes all its events beforehand, each with its time. */
  write(dialect, context, replies, pace) {
    this.events = [];
    const add = (frames, at_s, chunk) => {
      for (const frame of frames) for (const event of frame.split(/(?<=\n\n)/)) this.events.push({ at_s, chunk, event });
    };
    add(dialect.open(context, replies), 0, -1);
    const gap_s = gapOf(pace, replies);
    let moment = 0;
    let chunk = 0;
    for (const frames of steps(dialect, context, replies)) {
      add(frames, pace.ttft_s + moment * gap_s, chunk);
      moment += 1;
      if (frames.length) chunk += 1;
    }
    this.end_s = pace.total_s ?? pace.ttft_s + moment * gap_s;
    add(dialect.close(context, replies), this.end_s, chunk);
  }

  /** Sends the events after the one with this number, those to come at their time. */
  async send(exchange, contentType, { after = -1, cutAfter = Infinity, padded = true } = {}) {
    exchange.start(200, { "content-type": contentType, "cache-control": "no-cache" });
    for (const { at_s, chunk, event } of this.events.slice(after + 1)) {
      if (chunk >= cutAfter) return cut(exchange);
      await wait(at_s - this.elapsedS(), exchange.signal);
      if (exchange.signal.aborted) return undefined;
      if (this.cancelled) break;
      await exchange.write([padded ? event : event.replace(/,"obfuscation":"[^"]*"/, "")]);
    }
    exchange.response.end();
    exchange.note.outcome = "answered";
    return undefined;
  }
}
