// Reads a Prisma schema's models and data source: only what translating a request needs.
//
// The engine validates the schema, so this reader only has to understand valid ones. It works on tokens, so
// that comments and strings cannot mislead it. Prisma's DMMF has the same content, but takes ten times as long
// to produce for a schema of a hundred models.

const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|[A-Za-z][\w-]*|[0-9.+-]+|\n|[^\s\w]/g;

/** Reads schema text into `{ models, datasource }`.
 *
 * `models`: Map of model name → Map of field name → `{ type, isList, isRequired, isJson, relation }`, where
 * `relation` is the Map of the related model's fields, or null for scalars and enums.
 * `datasource`: `{ name, provider, url, urlVariable }`, of which one of the last two is null; null if missing.
 */
export function readSchema(text) {
  const tokens = (text.match(TOKEN) ?? []).filter((token) => !token.startsWith('//') && !token.startsWith('/*'));
  const models = new Map();
  let datasource = null;
  let at = 0;
  while (at < tokens.length) {
    const [keyword, name, brace] = [tokens[at], tokens[at + 1], tokens[at + 2]];
    if (brace !== '{' || !/^[a-z]+$/.test(keyword)) {
      at += 1;
      continue;
    }
    const end = endOfBlock(tokens, at + 3);
    const lines = splitLines(tokens.slice(at + 3, end));
    if (keyword === 'model' || keyword === 'view') models.set(name, readFields(lines));
    if (keyword === 'datasource') datasource = readDatasource(name, lines);
    at = end + 1;
  }
  for (const fields of models.values()) {
    for (const field of fields.values()) field.relation = models.get(field.type) ?? null;
  }
  return { models, datasource };
}

function endOfBlock(tokens, start) {
  let depth = 1;
  for (let at = start; at < tokens.length; at += 1) {
    if (tokens[at] === '{') depth += 1;
    if (tokens[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  throw new Error('The Prisma schema ends inside a block.');
}

function splitLines(tokens) {
  const lines = [[]];
  for (const token of tokens) {
    if (token === '\n') lines.push([]);
    else lines.at(-1).push(token);
  }
  return lines.filter((line) => line.length > 0);
}

function readFields(lines) {
  const fields = new Map();
  for (const [name, type, next] of lines) {
    if (!/^[A-Za-z]/.test(name) || !/^[A-Za-z]/.test(type ?? '')) continue; // @@index and the like
    fields.set(name, {
      name,
      type,
      isList: next === '[',
      isRequired: next !== '?' && next !== '[',
      isJson: type === 'Json',
      relation: null,
    });
  }
  return fields;
}

function readDatasource(name, lines) {
  const source = { name, provider: null, url: null, urlVariable: null };
  for (const [key, equals, first, , second] of lines) {
    if (equals !== '=') continue;
    if (key === 'provider') source.provider = JSON.parse(first);
    if (key === 'url' && first === 'env') source.urlVariable = JSON.parse(second);
    if (key === 'url' && first !== 'env') source.url = JSON.parse(first);
  }
  return source;
}
