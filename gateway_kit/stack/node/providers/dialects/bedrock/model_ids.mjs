// The many names of one model on Bedrock: its id, its inference profiles, and the ARNs of both.

import { MODELS } from "../../models.mjs";

const REGIONS = /^(us|us-gov|eu|apac|ap|jp|au|ca|global)\./;
const ARN = /^arn:aws(?:-[a-z-]+)?:bedrock:[a-z0-9-]*:[0-9]*:(?:foundation-model|inference-profile)\/(.+)$/;

/** The id without the prefix of an inference profile's region. */
export const withoutRegion = (id) => id.replace(REGIONS, "");

const BY_ID = new Map(MODELS.filter((row) => row.provider === "bedrock").map((row) => [withoutRegion(row.model), row.model]));

/** The simulated model that a request's model id or ARN names; an unknown id stays as it is. */
export function modelOf(id) {
  const bare = withoutRegion(ARN.exec(id)?.[1] ?? id);
  return BY_ID.get(bare) ?? ARN.exec(id)?.[1] ?? id;
}
