// The fields of embedContent, batchEmbedContents and Vertex AI's predict.

import { boolean, choice, integer, list, object, record, refused, text } from "../fields.mjs";
import { CONTENTS, withoutExamples } from "./generate_fields.mjs";

const accepted = { effect: "accepted" };
const { content: CONTENT } = withoutExamples({ content: CONTENTS.item });
const TASKS = ["TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION", "CLUSTERING", "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY"];
const taskType = choice(TASKS, { ...accepted, enum: "TaskType", note: "the vectors are the same for every task", example: "RETRIEVAL_QUERY" });
const title = text({ ...accepted, example: "A title" });
const outputDimensionality = integer({ note: "fewer dimensions than the model's own", example: 128 });
const autoTruncate = boolean({ note: "false: a text that is too long is refused" });
const onlyMultimodal = { unless: (value) => value === false };
const documentOcr = refused("the simulator embeds text only", onlyMultimodal);
const audioTrackExtraction = refused("the simulator embeds text only", onlyMultimodal);

const config = object(withoutExamples({ taskType, title, outputDimensionality, autoTruncate, documentOcr, audioTrackExtraction }), { message: "EmbedContentConfig" });
const model = text({ ...accepted, example: "models/gemini-embedding-001" });

const gemini = { model, content: CONTENT, taskType, title, outputDimensionality, embedContentConfig: config };
const vertex = { content: CONTENT, title, taskType, outputDimensionality, autoTruncate, embedContentConfig: config, model: text(accepted) };
const listOf = (fields) => ({ requests: list(object(withoutExamples(fields), { message: "EmbedContentRequest" })) });

/** The declared fields, by operation and provider. */
export const FIELDS = {
  single: { gemini, vertex_ai: vertex },
  batch: { gemini: listOf(gemini), vertex_ai: listOf(vertex) },
  predict: {
    vertex_ai: {
      instances: list(object(withoutExamples({ content: text(), taskType, title, mimeType: text(accepted) }), { message: "Instance" })),
      parameters: object({ outputDimensionality: { ...outputDimensionality, example: { value: 128, with: { parameters: {} } } }, autoTruncate }, { message: "Parameters" }),
      labels: record(text(), { ...accepted, example: { team: "search" } }),
    },
  },
};
