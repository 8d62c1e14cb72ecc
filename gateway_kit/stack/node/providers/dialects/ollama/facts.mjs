// What Ollama tells of its models: names with tags, what each can do, and what its file is.

import { createHash } from "node:crypto";

import { hashText } from "../../random.mjs";

const NO_TOOLS = /^(llama2|llama3(:|$)|gemma|codellama|codegemma|orca-mini|vicuna|llava|deepseek-coder-v2-.*base)/;
const THINKS = /^(deepseek-(r1|v3)|qwen3(?!-coder)|gpt-oss|magistral)/;
const FILLS_IN = /^(codellama|codegemma|qwen2\.5-coder|starcoder|deepseek-coder)/;

// Parameters and bytes as in Ollama's library.
const FILES = {
  phi3: ["phi3", "3.8B", "Q4_0", 2_176_178_913], "llama3.2": ["llama", "3.2B", "Q4_K_M", 2_019_393_189], "llama3.1": ["llama", "8.0B", "Q4_K_M", 4_920_753_328],
  gemma3: ["gemma3", "4.3B", "Q4_K_M", 3_338_801_804], qwen3: ["qwen3", "8.2B", "Q4_K_M", 5_225_388_164], "deepseek-r1": ["qwen3", "8.2B", "Q4_K_M", 5_225_376_047],
  "gpt-oss": ["gptoss", "20.9B", "MXFP4", 13_793_441_244], llava: ["llama", "7B", "Q4_0", 4_733_363_377], codellama: ["llama", "7B", "Q4_0", 3_825_910_662],
  "nomic-embed-text": ["nomic-bert", "137M", "F16", 274_302_450],
};

const REGISTRY = /^(registry\.ollama\.ai\/)?(library\/)?/;

/** The name of a row for the model that a request names, by any of its names and tags; the plain name if there is none. */
export function nameOf(simulator, asked, kind) {
  const plain = asked.replace(REGISTRY, "");
  const known = (name) => simulator.profiles.find("ollama", name, kind) !== undefined;
  const bare = plain.split(":")[0];
  if (known(plain) || !known(bare)) return plain;
  return bare;
}

/** The name with its tag, as Ollama lists it. */
export const tagged = (name) => (name.includes(":") ? name : `${name}:latest`);

/** The name by which Ollama's errors on abilities call a model. */
export const registryName = (name) => `registry.ollama.ai/library/${tagged(name)}`;

export const thinks = (name) => THINKS.test(name);

export function capabilitiesOf(row) {
  if (row.kind === "embedding") return ["embedding"];
  const { model } = row;
  return [
    "completion", ...(row.sight ? ["vision"] : []), ...(NO_TOOLS.test(model) ? [] : ["tools"]), ...(FILLS_IN.test(model) ? ["insert"] : []),
    ...(thinks(model) ? ["thinking"] : []),
  ];
}

export const digestOf = (name) => createHash("sha256").update(tagged(name)).digest("hex");

/** `{ size, details }` of a model's file. */
export function fileOf(row) {
  const bare = row.model.split(":")[0];
  const [family, parameters, quantization, size] = FILES[bare] ?? [bare, "7B", "Q4_0", 3_800_000_000 + (hashText(bare) % 1_000_000_000)];
  return { size, details: { parent_model: "", format: "gguf", family, families: [family], parameter_size: parameters, quantization_level: quantization } };
}
