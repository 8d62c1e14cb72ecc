// The listings of Bedrock's control plane: foundation models and inference profiles.

import { MODELS } from "../../models.mjs";
import { ProviderError } from "../../errors.mjs";
import { modelOf, withoutRegion } from "./model_ids.mjs";

const REGION = "us-east-1";
const ACCOUNT = "123456789012";
const PROVIDERS = { amazon: "Amazon", anthropic: "Anthropic", meta: "Meta", mistral: "Mistral AI", cohere: "Cohere" };
const ROWS = MODELS.filter((row) => row.provider === "bedrock");

const arnOf = (id) => `arn:aws:bedrock:${REGION}::foundation-model/${id}`;
const isProfile = (row) => withoutRegion(row.model) !== row.model;

function detailsOf(row) {
  const modelId = withoutRegion(row.model);
  const [vendor, name] = modelId.split(/\.(.*)/s);
  const chat = row.kind === "chat";
  return {
    modelArn: arnOf(modelId), modelId, modelName: name, providerName: PROVIDERS[vendor] ?? vendor,
    inputModalities: row.sight ? ["TEXT", "IMAGE"] : ["TEXT"], outputModalities: [chat ? "TEXT" : "EMBEDDING"],
    responseStreamingSupported: chat, customizationsSupported: [], inferenceTypesSupported: ["ON_DEMAND"],
    modelLifecycle: { status: "ACTIVE" },
  };
}

export function listModels(_simulator, exchange, _route, _body, query) {
  const wanted = (name, has) => !query.get(name) || has.includes(query.get(name));
  const modelSummaries = ROWS.map(detailsOf).filter((model) => wanted("byOutputModality", model.outputModalities)
    && wanted("byInferenceType", model.inferenceTypesSupported) && wanted("byCustomizationType", model.customizationsSupported)
    && (!query.get("byProvider") || query.get("byProvider").toLowerCase() === model.providerName.toLowerCase()));
  exchange.json(200, { modelSummaries });
}

export function getModel(_simulator, exchange, route) {
  exchange.json(200, { modelDetails: detailsOf(rowOf(route.model)) });
}

const summaryOf = (row) => ({
  inferenceProfileName: row.model, inferenceProfileId: row.model, status: "ACTIVE", type: "SYSTEM_DEFINED",
  inferenceProfileArn: `arn:aws:bedrock:${REGION}:${ACCOUNT}:inference-profile/${row.model}`,
  models: [{ modelArn: arnOf(withoutRegion(row.model)) }],
});

export function listProfiles(_simulator, exchange, _route, _body, query) {
  const profiles = query.get("type") === "APPLICATION" ? [] : ROWS.filter(isProfile).map(summaryOf);
  exchange.json(200, { inferenceProfileSummaries: profiles });
}

export function getProfile(_simulator, exchange, route) {
  const row = rowOf(route.model);
  if (!isProfile(row)) throw new ProviderError("not_found", { message: "The requested inference profile was not found." });
  exchange.json(200, summaryOf(row));
}

function rowOf(id) {
  const row = ROWS.find(({ model }) => model === modelOf(id));
  if (!row) throw new ProviderError("not_found", { message: "The requested model was not found." });
  return row;
}
