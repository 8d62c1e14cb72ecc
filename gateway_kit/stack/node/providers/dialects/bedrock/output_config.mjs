// Converse's own way to ask for an answer in a schema's form.

import { isObject } from "../shared.mjs";
import { checkSchema } from "./claude_rules.mjs";
import { invalid, notForModel } from "./words.mjs";

/** The call's format that outputConfig asks for, or undefined. */
export function readOutputConfig(config, abilities) {
  if (!config) return undefined;
  if (!abilities.structured) throw notForModel("outputConfig");
  const definition = config.textFormat?.structure.jsonSchema;
  if (!definition) return undefined;
  const schema = parsed(definition.schema);
  if (abilities.name === "claude") checkSchema(schema);
  return { kind: "json_schema", name: definition.name ?? "answer", schema };
}

function parsed(text) {
  let schema;
  try {
    schema = JSON.parse(text);
  } catch {
    schema = undefined;
  }
  if (isObject(schema)) return schema;
  throw invalid("The value at outputConfig.textFormat.structure.jsonSchema.schema is not a JSON object. Provide a JSON schema as text and try again.");
}
