// Values that fit a JSON schema, from what the prompt and the known answer say.

import { hashText, seededRandom } from "../random.mjs";
import { Material } from "./material/material.mjs";
import { SchemaError } from "./schema/error.mjs";
import { Generator } from "./schema/generate.mjs";
import { Impossible, TooMuch } from "./schema/impossible.mjs";
import { prepare } from "./schema/prepare.mjs";

export { SchemaError } from "./schema/error.mjs";

const ATTEMPTS = 12;
const PLAIN = { prose: () => "Simulated text.", simulated: "simulated" };

/**
 * A value that is valid for the schema; throws SchemaError if the schema is not valid or no value was found.
 *
 * `prompt`, `answer` (the known answer in words) and `facts` (its values by name) decide what it says, `seed` the rest.
 */
export function fill(schema, { prompt = "", gist = prompt, answer, facts, seed = 0, random = undefined, ...wording } = {}) {
  const prepared = prepare(schema);
  let problem;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const material = new Material({ ...PLAIN, gist, answer, facts, ...wording });
    const numbers = random === undefined ? seededRandom(hashText(`${seed} ${attempt}`)) : random(attempt);
    try {
      const value = new Generator(prepared, material, numbers, attempt).make(prepared.root, { name: "", short: false });
      problem = prepared.problem(value);
      if (problem === undefined) return value;
    } catch (error) {
      if (error instanceof TooMuch) throw new SchemaError(`No answer was made for the schema: ${error.message}.`);
      if (error instanceof RangeError) throw new SchemaError("No answer was made for the schema: it is nested too deep.");
      if (!(error instanceof Impossible)) throw error;
      problem = error.message;
    }
  }
  throw new SchemaError(`No value fits the schema: ${problem.slice(0, 300).replace(/\.$/, "")}.`);
}
