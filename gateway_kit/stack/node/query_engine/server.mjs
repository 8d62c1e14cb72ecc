// The HTTP server of the query engine: the routes that Prisma's clients call.

import { createHash, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import { errorBody, PanicError, RequestError } from './errors.mjs';
import { rewriteAnswer, rewriteBatch } from './answers.mjs';
import { checkId, endTransaction, enforceDeadline, startTransaction } from './transactions.mjs';

const TRANSACTION = /^\/transaction\/([^/]+)\/(commit|rollback)$/;

/** A server that does not listen yet. Every failed request gets status 200 and Prisma's `errors`, which the
 * Python client turns into its own exceptions; one without the `token`, if there is one, gets 401. */
export function makeServer({ engine, translate, metrics, report, token }) {
  const digest = (text) => createHash('sha256').update(text).digest();
  const expected = token ? digest(`Bearer ${token}`) : null;
  const allowed = ({ headers }) => !expected || timingSafeEqual(digest(headers.authorization ?? ''), expected);
  const answer = async (request) => {
    const { pathname, searchParams } = new URL(request.url, 'http://engine');
    const body = await readBody(request);
    if (request.method === 'GET' && pathname === '/status') return '{"status":"ok"}';
    if (request.method === 'GET' && pathname === '/metrics') return writeMetrics(metrics, searchParams, body);
    if (request.method === 'POST' && pathname === '/') {
      const id = checkId(request.headers['x-transaction-id']);
      await enforceDeadline(id);
      return metrics.query(() => runQuery(engine, translate, parse(body), id));
    }
    if (request.method === 'POST' && pathname === '/transaction/start') {
      return JSON.stringify(await startTransaction(engine, parse(body)));
    }
    const [, id, action] = (request.method === 'POST' && TRANSACTION.exec(pathname)) || [];
    if (id) return JSON.stringify(await endTransaction(engine, id, action));
    return null;
  };
  const server = http.createServer(async (request, response) => {
    if (!allowed(request)) {
      response.writeHead(401, { connection: 'close' }).end();
      return;
    }
    let text = null;
    try {
      text = await answer(request);
    } catch (error) {
      text = JSON.stringify(errorBody(asReported(error, report)));
    }
    if (text === null) {
      response.writeHead(404).end();
      return;
    }
    const type = text.startsWith('{') ? 'application/json' : 'text/plain; version=0.0.4';
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
  });
  // No timeouts: closing an idle connection after Node's default 5 s would race with the client's next
  // request, and long statements and transactions are allowed.
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  server.timeout = 0;
  return server;
}

/** A RequestError as it is; any other error is a bug, which is reported and answered as a panic. */
function asReported(error, report) {
  if (error instanceof RequestError) return error;
  report(`unexpected ${error?.stack ?? error}`);
  return Object.assign(new PanicError('internal error'), { message: `Internal error: ${error?.message ?? error}` });
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(body) {
  try {
    const value = JSON.parse(body);
    if (value !== null && typeof value === 'object') return value;
  } catch {
    // raised below, as for JSON that is not an object
  }
  throw new RequestError('P2009', 'The body of the request is not a JSON object.');
}

async function runQuery(engine, translate, { query, batch, transaction }, id) {
  if (batch === undefined) {
    const translated = translate(String(query));
    return withDriverErrors(engine, rewriteAnswer(await engine.query(translated.text, id), translated));
  }
  if (!Array.isArray(batch)) throw new RequestError('P2009', 'The batch of the request is not a list.');
  const queries = batch.map((item) => translate(String(item?.query)));
  const whole = transaction ? ',"transaction":{}' : '';
  const text = `{"batch":[${queries.map((item) => item.text).join(',')}]${whole}}`;
  return withDriverErrors(engine, rewriteBatch(await engine.query(text, id), queries));
}

/** Replaces the engine's P2036 (a driver's error, by its id) with the error itself. */
function withDriverErrors(engine, text) {
  if (!text.includes('"error_code":"P2036"')) return text;
  const answer = JSON.parse(text); // has no results, so no number that parsing could round
  for (const part of [answer, ...(answer.batchResult ?? [])]) {
    part.errors = part.errors?.flatMap((error) => {
      const facing = error.user_facing_error;
      const driverError = facing?.error_code === 'P2036' ? engine.takeError(facing.meta.id) : undefined;
      return driverError ? errorBody(driverError).errors : [error];
    });
  }
  return JSON.stringify(answer);
}

function writeMetrics(metrics, parameters, body) {
  const labels = body ? parse(body) : {};
  return parameters.get('format') === 'json' ? JSON.stringify(metrics.asJson(labels)) : metrics.asPrometheus(labels);
}
