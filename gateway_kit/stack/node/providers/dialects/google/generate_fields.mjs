// The fields of generateContent and streamGenerateContent, in Gemini and in Vertex AI.

import { anything, boolean, choice, integer, list, number, object, record, refused, text } from "../fields.mjs";
import { readSchema } from "./schema.mjs";

const accepted = { effect: "accepted" };
const schema = (options) => anything({ read: readSchema, ...options });
const struct = (options) => record(anything(), { ...accepted, ...options });
const bytes = (options) => text({ wire: "TYPE_BYTES", ...options });

const RESOLUTIONS = ["UNSPECIFIED", "LOW", "MEDIUM", "HIGH"].map((level) => `MEDIA_RESOLUTION_${level}`);
const HARMS = ["UNSPECIFIED", "DEROGATORY", "TOXICITY", "VIOLENCE", "SEXUAL", "MEDICAL", "DANGEROUS", "HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT", "CIVIC_INTEGRITY", "JAILBREAK", "IMAGE_HATE", "IMAGE_DANGEROUS_CONTENT", "IMAGE_HARASSMENT", "IMAGE_SEXUALLY_EXPLICIT"].map((name) => `HARM_CATEGORY_${name}`);
const THRESHOLDS = ["HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"];
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==";
const WEATHER = { name: "get_weather", description: "The weather in a city now", parameters: { type: "OBJECT", properties: { city: { type: "STRING" } }, required: ["city"] } };
const LUNCH = { type: "OBJECT", properties: { lunch: { type: "STRING" }, guests: { type: "INTEGER" } }, required: ["lunch", "guests"] };
const JSON_ANSWER = { responseMimeType: "application/json" };
const THINKING = { includeThoughts: true, thinkingBudget: 1_024 };
const question = (words) => [{ role: "user", parts: [{ text: words }] }];
const WEATHER_QUESTION = question("What is the weather in Paris?");

const noServerTool = (name) => refused(`the simulator has no ${name}`, { example: { value: {}, with: { tools: [{}] } } });
const serverPart = (name) => refused(`parts of ${name} come from tools that run at Google`);

const inlineData = object({
  mimeType: text(), data: bytes(), displayName: text(accepted),
}, { message: "Blob", note: "images, audio, video, PDF and text; they count as tokens by Google's rule" });
const fileData = object({
  mimeType: text(), fileUri: text(), displayName: text(accepted),
}, { message: "FileData", note: "https:// (and in Vertex AI gs://) is counted as one small image, one page or a minute, and not read; the Files API is not simulated" });

const part = object({
  text: text(),
  inlineData: { ...inlineData, example: { value: { mimeType: "image/png", data: PNG }, with: { contents: [{ role: "user", parts: [{}, { text: "What is this?" }] }] } } },
  fileData,
  functionCall: object({
    id: text(), name: text(), args: struct(),
    partialArgs: refused("arguments are never sent in pieces"), willContinue: refused("arguments are never sent in pieces", { unless: (value) => value === false }),
  }, { message: "FunctionCall" }),
  functionResponse: object({
    id: text(), name: text(), response: struct(), willContinue: boolean(accepted),
    scheduling: choice(["SCHEDULING_UNSPECIFIED", "SILENT", "WHEN_IDLE", "INTERRUPT"], { ...accepted, enum: "FunctionResponse.Scheduling" }),
    parts: list(object({ inlineData, fileData }, { message: "FunctionResponsePart", oneof: { data: ["inlineData", "fileData"] } })),
  }, { message: "FunctionResponse" }),
  thought: boolean(accepted), thoughtSignature: bytes({ note: "from Gemini 3 on, a call of a function without its signature is refused, as by Google" }),
  mediaResolution: object({ level: choice([...RESOLUTIONS, "MEDIA_RESOLUTION_ULTRA_HIGH"], { enum: "PartMediaResolution.Level" }), numTokens: integer(accepted) }, { message: "PartMediaResolution" }),
  videoMetadata: object({ startOffset: text(accepted), endOffset: text(accepted), fps: number({ ...accepted, min: 0, max: 24 }) }, { ...accepted, message: "VideoMetadata" }),
  partMetadata: struct(), mediaProcessing: anything(accepted), speechMetadata: anything(accepted), documentMetadata: anything(accepted),
  spreadsheetMetadata: anything(accepted), audioMetadata: anything(accepted),
  executableCode: serverPart("executableCode"), codeExecutionResult: serverPart("codeExecutionResult"), toolCall: serverPart("toolCall"), toolResponse: serverPart("toolResponse"),
  audioTranscription: refused("it belongs to the Live API"),
}, { message: "Part", oneof: { data: ["text", "inlineData", "fileData", "functionCall", "functionResponse"] } });

const instructionPart = object({
  ...Object.fromEntries(Object.keys(part.fields).map((name) => [name, refused("a system instruction is text")])),
  text: text(), thought: boolean(accepted), thoughtSignature: bytes(accepted),
}, { message: "Part" });
const contentOf = (parts, options) => object({ role: text(accepted), parts: list(parts) }, { message: "Content", ...options });

export const CONTENTS = list(contentOf(part), { note: "one entry may stand without its list, as at Google", example: question("What is the capital of France?") });

const functionDeclaration = object({
  name: text(), description: text(),
  parameters: schema({ note: "Google's Schema" }), parametersJsonSchema: anything({ note: "a JSON schema" }),
  response: schema(accepted), responseJsonSchema: anything(accepted),
  behavior: refused("asynchronous functions belong to the Live API", { unless: (value) => ["UNSPECIFIED", "BLOCKING"].includes(value) }),
}, { message: "FunctionDeclaration" });

const tool = object({
  functionDeclarations: list(functionDeclaration),
  googleSearch: noServerTool("search"), googleSearchRetrieval: noServerTool("search"), googleMaps: noServerTool("maps"),
  codeExecution: noServerTool("sandbox for code"), urlContext: noServerTool("access to the web"),
  computerUse: noServerTool("computer to use"), fileSearch: noServerTool("file search stores"), mcpServers: noServerTool("access to MCP servers"),
}, { message: "Tool" });
const VERTEX_TOOLS = {
  retrieval: noServerTool("retrieval"), enterpriseWebSearch: noServerTool("search"), parallelAiSearch: noServerTool("search"), exaAiSearch: noServerTool("search"),
};
const toolsWith = (more) => list({ ...tool, fields: { ...tool.fields, ...more } }, {
  note: "called when the prompt asks for what one does, or when toolConfig says so", example: { value: [{ functionDeclarations: [WEATHER] }], with: { contents: WEATHER_QUESTION } },
});

const toolConfig = object({
  functionCallingConfig: object({
    mode: choice(["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"], { enum: "FunctionCallingConfig.Mode" }),
    allowedFunctionNames: list(text()),
    streamFunctionCallArguments: refused("a call of a function is sent whole", { unless: (value) => value === false }),
  }, { message: "FunctionCallingConfig", example: { value: { mode: "NONE" }, with: { contents: WEATHER_QUESTION, tools: [{ functionDeclarations: [WEATHER] }] } } }),
  retrievalConfig: object({ latLng: struct(), languageCode: text(accepted) }, { ...accepted, message: "RetrievalConfig" }),
  includeServerSideToolInvocations: boolean({ ...accepted, example: { value: false, with: { toolConfig: {} } } }),
}, { message: "ToolConfig" });

const inConfig = (value, config = {}) => ({ value, with: { generationConfig: config } });

const GENERATION_CONFIG = {
  temperature: number({ ...accepted, min: 0, max: 2, example: inConfig(1.5) }),
  topP: number({ ...accepted, min: 0, max: 1, example: inConfig(0.9) }),
  topK: integer({ ...accepted, min: 1, example: inConfig(20) }),
  candidateCount: integer({ min: 1, max: 8, note: "that many answers, all of them counted", example: inConfig(2) }),
  maxOutputTokens: integer({ min: 1, example: inConfig(5) }),
  stopSequences: list(text(), { max: 5, example: inConfig(["a"]) }),
  seed: integer({ note: "the same seed gives the same answer", example: inConfig(7) }),
  presencePenalty: number({ ...accepted, min: -2, max: 2, example: inConfig(0.5) }),
  frequencyPenalty: number({ ...accepted, min: -2, max: 2, example: inConfig(0.5) }),
  responseMimeType: choice(["text/plain", "application/json", "text/x.enum", "application/xml", "application/yaml"], {
    note: "text/plain, application/json, text/x.enum; XML and YAML are refused", wire: "TYPE_STRING", read: readMimeType, example: inConfig("application/json"),
  }),
  responseSchema: schema({ note: "Google's Schema", example: inConfig(LUNCH, JSON_ANSWER) }),
  responseJsonSchema: anything({ note: "a JSON schema", read: readJsonSchema, example: inConfig({ type: "object", properties: { dish: { type: "string" } }, required: ["dish"] }, JSON_ANSWER) }),
  thinkingConfig: object({
    includeThoughts: boolean({ note: "thoughts are parts of the answer", example: inConfig(true, { thinkingConfig: { thinkingBudget: 1_024 } }) }),
    thinkingBudget: integer({ note: "as the model allows; -1 leaves it to the model", example: inConfig(1_024, { thinkingConfig: {} }) }),
    thinkingLevel: choice(["THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"], { enum: "ThinkingConfig.ThinkingLevel", note: "as the model allows; MINIMAL does not think", example: inConfig("LOW", { thinkingConfig: {} }) }),
  }, { message: "ThinkingConfig", note: "without it, a simulated model does not think", example: inConfig(THINKING) }),
  responseLogprobs: boolean({ note: "made-up probabilities where the provider has them (Vertex AI before Gemini 3); elsewhere refused", example: null }),
  logprobs: integer({ min: 0, max: 20 }),
  responseModalities: list(choice(["MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO", "VIDEO"], { enum: "GenerationConfig.Modality" }), { ...accepted, note: "TEXT alone", example: inConfig(["TEXT"]) }),
  mediaResolution: choice(RESOLUTIONS, { enum: "GenerationConfig.MediaResolution", note: "changes the tokens of media", example: { value: "MEDIA_RESOLUTION_LOW", with: { contents: [{ role: "user", parts: [{ text: "What is in this picture?" }, { inlineData: { mimeType: "image/png", data: PNG } }] }], generationConfig: {} } } }),
  speechConfig: refused("the simulated models do not speak", { example: inConfig({ languageCode: "en-US" }) }),
  imageConfig: refused("the simulated models make no images", { example: inConfig({ aspectRatio: "1:1" }) }),
  responseFormat: refused("use responseMimeType and responseJsonSchema", { example: inConfig({ text: { mimeType: "APPLICATION_JSON" } }) }),
  audioTranscriptionConfig: refused("it belongs to the Live API", { example: inConfig({}) }),
  translationConfig: refused("it belongs to the Live API", { example: inConfig({}) }),
  enableAffectiveDialog: refused("it belongs to the Live API", { unless: (value) => value === false, example: inConfig(true) }),
  enableEnhancedCivicAnswers: boolean({ ...accepted, example: inConfig(true) }),
};
const VERTEX_CONFIG = {
  audioTimestamp: boolean({ ...accepted, example: inConfig(true) }),
  routingConfig: refused("the simulator does not choose models", { example: inConfig({ autoMode: {} }) }),
  modelConfig: refused("the simulator does not choose models", { example: inConfig({ featureSelectionPreference: "BALANCED" }) }),
};

const SAFETY_EXAMPLE = [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_ONLY_HIGH" }];
const safetySetting = object({
  category: choice(HARMS, { enum: "HarmCategory" }), threshold: choice(THRESHOLDS, { enum: "SafetySetting.HarmBlockThreshold" }),
}, { message: "SafetySetting" });
const VERTEX_SETTING = {
  method: choice(["HARM_BLOCK_METHOD_UNSPECIFIED", "SEVERITY", "PROBABILITY"], { ...accepted, enum: "SafetySetting.HarmBlockMethod" }),
  maxInfluentialTerms: integer(accepted),
};
const safetyWith = (more) => list({ ...safetySetting, fields: { ...safetySetting.fields, ...more } }, { note: "nothing is blocked; the answer has a rating for each category", example: SAFETY_EXAMPLE });

const top = (config, tools, setting) => ({
  contents: CONTENTS,
  systemInstruction: contentOf(instructionPart, { note: "text", example: { parts: [{ text: "Answer in one word." }] } }),
  tools: toolsWith(tools), toolConfig,
  generationConfig: object({ ...GENERATION_CONFIG, ...config }, { message: "GenerationConfig" }),
  safetySettings: safetyWith(setting),
  labels: record(text(), { ...accepted, max: 64, example: { team: "search" } }),
  cachedContent: refused("contents are not cached here", { example: "cachedContents/abc" }),
  continuationToken: refused("an answer is never continued"),
  model: text({ ...accepted, note: "the path's model counts" }),
});

/** The declared fields, by provider. */
export const FIELDS = {
  gemini: { ...top({}, {}, {}), store: boolean({ ...accepted, example: true }), serviceTier: text({ ...accepted, example: "standard" }) },
  vertex_ai: {
    ...top(VERTEX_CONFIG, VERTEX_TOOLS, VERTEX_SETTING),
    modelArmorConfig: refused("nothing is filtered here", { example: { promptTemplateName: "projects/p/locations/l/templates/t" } }),
    outputConfig: refused("the answer is never written to a bucket", { example: {} }),
  },
};

function readMimeType(value, path, reading) {
  if (typeof value !== "string") reading.invalid(path, "TYPE_STRING", value);
  else if (value === "application/xml" || value === "application/yaml") {
    reading.fault(path, `responseMimeType ${value} is not simulated; application/json is.`);
  } else if (!["", "text/plain", "application/json", "text/x.enum"].includes(value)) {
    reading.fault(path, "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.");
  }
  return value;
}

function readJsonSchema(value, path, reading) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) reading.fault(path, "a JSON schema must be an object.");
  return value;
}

/** The same fields without examples, for where they stand inside of others. */
export const withoutExamples = (fields) => Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, withoutExample(field)]));

function withoutExample({ example: _example, ...field }) {
  if (field.fields) field.fields = withoutExamples(field.fields);
  if (field.item) field.item = withoutExample(field.item);
  return field;
}
