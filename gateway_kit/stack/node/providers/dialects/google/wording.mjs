// Sentences that Gemini and Vertex AI word differently.

import { ProviderError } from "../../errors.mjs";

export const refuse = (message) => new ProviderError("bad_request", { message });

const isVertex = (route) => route.provider === "vertex_ai";

/** The 400 of the provider: `gemini` names a field of the request, `vertex` is a sentence. */
export function refuseIn(route, gemini, vertex) {
  return refuse(isVertex(route) ? `Unable to submit request because ${vertex}` : gemini);
}

export const emptyContents = (route) => refuseIn(
  route, "* GenerateContentRequest.contents: contents is not specified\n", "at least one contents field is required.",
);
export const emptyParts = (route, index) => refuseIn(
  route, `* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.\n`, "it must include at least one parts field, which describes the prompt input.",
);
export const emptyPart = (route, at) => refuseIn(
  route, `* GenerateContentRequest.${at}.data: required oneof field 'data' must have one initialized field\n`, "it must have a text parameter. Add a text parameter and try again.",
);
