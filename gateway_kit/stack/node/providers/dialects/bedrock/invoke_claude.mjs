// Claude through InvokeModel: Anthropic's bodies, with the model's name in the path, and streams in AWS frames.

import { NEWEST_VERSION } from "../anthropic/headers.mjs";
import * as anthropic from "../anthropic/messages.mjs";
import { chunk, contentType, failure } from "./frames.mjs";
import { lastChunk, metricHeaders, refuseGuardrail } from "./invoke_metrics.mjs";
import { withoutRegion } from "./model_ids.mjs";
import { invalid } from "./words.mjs";

// The second is what Anthropic's own SDK sends from 2.0 on.
const VERSIONS = ["bedrock-2023-05-31", NEWEST_VERSION];

function read(body, route) {
  refuseGuardrail(route);
  const { anthropic_version: version } = body;
  if (typeof version === "string" && !VERSIONS.includes(version)) throw invalid(`anthropic_version: Input should be '${VERSIONS.join("' or '")}'`);
  return anthropic.read(body, route);
}

// The model's own answer has Anthropic's name of the model, and an id that tells it from Anthropic's.
function named(context) {
  if (context.ownNames) return context;
  context.ownNames = true;
  context.firstByteMs = context.elapsedMs();
  context.model = withoutRegion(context.model).replace(/^anthropic\./, "").replace(/-v\d+(:\d+)?$/, "");
  context.id = `msg_bdrk_${context.id}`;
  return context;
}

const frames = (list) => list.map(chunk);

export const claude = {
  read,
  complete: (context, replies) => anthropic.complete(named(context), replies),
  callPrefix: "toolu_bdrk_",
  contentType,
  failure,
  headers: metricHeaders,
  open: (context) => frames(anthropic.events.open(named(context))),
  reasoning: (...args) => frames(anthropic.events.reasoning(...args)),
  text: (...args) => frames(anthropic.events.text(...args)),
  toolCall: (...args) => frames(anthropic.events.toolCall(...args)),
  end: (...args) => frames(anthropic.events.end(...args)),
  close(context, replies) {
    const events = anthropic.events.close(context, replies);
    return [...frames(events.slice(0, -1)), lastChunk(context, events.at(-1))];
  },
};
