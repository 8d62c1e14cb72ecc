// The frames of AWS's event streams, encoded by AWS's own library.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
let codec;

// Loading the library takes 13 MB, so it waits for the first stream.
function loadCodec() {
  const { EventStreamCodec } = require("@smithy/core/event-streams");
  return new EventStreamCodec((bytes) => Buffer.from(bytes).toString("utf8"), (text) => Buffer.from(text, "utf8"));
}

export const contentType = "application/vnd.amazon.eventstream";

const text = (value) => ({ type: "string", value });
const JSON_TYPE = text("application/json");

function encode(headers, body) {
  codec ??= loadCodec();
  return codec.encode({ headers: { ...headers, ":content-type": JSON_TYPE }, body: Buffer.from(JSON.stringify(body)) });
}

/** One event of a stream. */
export const frame = (type, body) => encode({ ":event-type": text(type), ":message-type": text("event") }, body);

/** The end of a stream that AWS throttles while it runs. */
export const failure = () => [encode(
  { ":exception-type": text("throttlingException"), ":message-type": text("exception") }, { message: "Too many requests, please wait before trying again." },
)];

/** An event of InvokeModelWithResponseStream, which carries a piece of the vendor's own answer. */
export const chunk = (object) => frame("chunk", { bytes: Buffer.from(JSON.stringify(object)).toString("base64") });
