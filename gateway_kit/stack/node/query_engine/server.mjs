// The HTTP side of a Prisma query engine: the routes that its clients call.

import http from 'node:http';
import { answerOf, PanicError, RequestError } from './failures.mjs';
import { rewriteAnswer, rewriteBatch } from './answers.mjs';
import { checkId, endTransaction, noticeDeadline, startTransaction } from './transactions.mjs';

const TRANSACTION = /^\/transaction\/([^/]+)\/(commit|rollback)$/;

/** A server, not yet listening. Every failure of a request is a 200 with Prisma's `errors`, which is what
 * the Python client turns into its own exceptions. */
export function makeServer({ engine, translate, metrics, report }) {
  const answer = async (request) => {
    const { pathname, searchParams } = new URL(request.url, 'http://engine');
    const body = await readBody(request);
    if (request.method === 'GET' && pathname === '/status') return '{"status":"ok"}';
    if (request.method === 'GET' && pathname === '/metrics') return writeMetrics(metrics, searchParams, body);
    if (request.method === 'POST' && pathname === '/') {
      const id = checkId(request.headers['x-transaction-id']);
      await noticeDeadline(id);
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
    let text = null;
    try {
      text = await answer(request);
    } catch (error) {
      text = JSON.stringify(answerOf(known(error, report)));
    }
    if (text === null) {
      response.writeHead(404).end();
      return;
    }
    const type = text.startsWith('{') ? 'application/json' : 'text/plain; version=0.0.4';
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
  });
  // Clients keep connections open for as long as they like; closing one after Node's 5 s races their next
  // request, and a long statement or transaction is no reason to cut one either.
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  server.timeout = 0;
  return server;
}

/** An error of this program itself still gets an answer, and is reported. */
function known(error, report) {
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
    // said below, as for JSON that is no object
  }
  throw new RequestError('P2009', 'The body of the request is not a JSON object.');
}

async function runQuery(engine, translate, { query, batch, transaction }, id) {
  if (batch === undefined) {
    const translated = translate(String(query));
    return named(engine, rewriteAnswer(await engine.query(translated.text, id), translated));
  }
  if (!Array.isArray(batch)) throw new RequestError('P2009', 'The batch of the request is not a list.');
  const queries = batch.map((item) => translate(String(item?.query)));
  const whole = transaction ? ',"transaction":{}' : '';
  const text = `{"batch":[${queries.map((item) => item.text).join(',')}]${whole}}`;
  return named(engine, rewriteBatch(await engine.query(text, id), queries));
}

/** Replaces the engine's P2036 (an error of its driver, by number) with the error itself. */
function named(engine, text) {
  if (!text.includes('"error_code":"P2036"')) return text;
  const answer = JSON.parse(text); // without results there is no number in it that parsing could round
  for (const part of [answer, ...(answer.batchResult ?? [])]) {
    part.errors = part.errors?.flatMap((error) => {
      const facing = error.user_facing_error;
      const failure = facing?.error_code === 'P2036' ? engine.takeFailure(facing.meta.id) : undefined;
      return failure ? answerOf(failure).errors : [error];
    });
  }
  return JSON.stringify(answer);
}

function writeMetrics(metrics, parameters, body) {
  const labels = body ? parse(body) : {};
  return parameters.get('format') === 'json' ? JSON.stringify(metrics.asJson(labels)) : metrics.asPrometheus(labels);
}
