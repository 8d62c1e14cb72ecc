// The words that the page has in all its forms.

export const INTRODUCTION =
  "These are the providers' APIs as the simulator speaks them. It checks a request as the provider does, answers any prompt at once at " +
  "the model's pace, and refuses in the provider's own form what it does not simulate. Every answer has the header `x-simulated`.";

export const EFFECTS = {
  simulated: "it changes the answer as it does at the provider.",
  accepted: "it is checked, and echoed where the provider echoes it; it changes nothing else.",
  refused: "it is answered with the provider's error, because an answer that ignores it would be wrong.",
};

export const unknownText = (unknown) => (unknown === "refused"
  ? "A field that is not listed is refused, as by the provider."
  : "A field that is not listed is ignored, as by the provider.");

/** An example as JSON, with the fields that it needs beside it. */
export function exampleText(example) {
  const company = example !== null && typeof example === "object" && !Array.isArray(example) && "with" in example;
  if (!company) return JSON.stringify(example);
  return `${JSON.stringify(example.value)} with ${JSON.stringify(example.with)}`;
}
