/** A schema that is not valid, or that no value fits; the message is a sentence for whoever wrote the schema. */
export class SchemaError extends Error {}
