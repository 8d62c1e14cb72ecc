// Interactive transactions: start within max_wait, commit, roll back.

import { RequestError } from './errors.mjs';

const ID_LENGTH_MIN = 24; // the engine panics on a shorter identifier
const DEADLINES_KEPT = 1000; // a client never asks again for a transaction that it abandoned

/** Each transaction's deadline, in ms of this process's clock. */
const deadlines = new Map();

/** Starts a transaction; returns `{ id }`.
 *
 * `options`: `{ max_wait, timeout, isolation_level }`, times in ms. The engine enforces `timeout` but leaves
 * `max_wait` to its driver, so it is enforced here: a transaction that starts too late is rolled back.
 */
export async function startTransaction(engine, options) {
  const started = engine.startTransaction(options).then((text) => {
    const { id } = readOutcome(engine, text);
    keepDeadline(id, options.timeout);
    return { id };
  });
  const maxWaitMs = Number(options.max_wait);
  if (!(maxWaitMs >= 0)) return started;
  let timer = null;
  const expired = new Promise((resolve) => {
    timer = setTimeout(resolve, maxWaitMs, null);
  });
  const first = await Promise.race([started, expired]).finally(() => clearTimeout(timer));
  if (first !== null) return first;
  started.then(({ id }) => engine.rollback(id)).catch(() => {}); // if it failed, there is nothing to roll back
  throw transactionError('Unable to start a transaction in the given time.');
}

export async function endTransaction(engine, id, action) {
  checkId(id);
  await enforceDeadline(id);
  deadlines.delete(id);
  return readOutcome(engine, await engine[action](id));
}

function keepDeadline(id, timeoutMs) {
  if (!(timeoutMs >= 0)) return;
  deadlines.set(id, performance.now() + timeoutMs);
  if (deadlines.size > DEADLINES_KEPT) deadlines.delete(deadlines.keys().next().value);
}

/** Lets an expired timeout take effect before the next request in its transaction does.
 *
 * Node delivers what a socket received before it runs timers that are due, so the engine would still run, or
 * commit, a request that came up to a millisecond too late.
 */
export async function enforceDeadline(id) {
  if (!(performance.now() >= deadlines.get(id))) return;
  await new Promise((resolve) => setTimeout(resolve, 1)); // runs after the engine's own timer
}

/** Returns the identifier if it is missing or long enough; otherwise raises P2028, as for an unknown transaction. */
export function checkId(id) {
  if (id === undefined || id.length >= ID_LENGTH_MIN) return id;
  throw transactionError(
    "Transaction not found. Transaction ID is invalid, refers to an old closed transaction Prisma doesn't " +
      'have information about anymore, or was obtained before disconnecting.',
  );
}

function transactionError(text) {
  const error = new RequestError('P2028', `Transaction API error: ${text}`, { error: text });
  error.plain = text; // clients recognise an expired transaction by how this text begins
  return error;
}

/** The result of a transaction call; raises the error if the engine returned one. */
function readOutcome(engine, text) {
  const outcome = JSON.parse(text);
  if (outcome.error_code === undefined && !outcome.is_panic) return outcome;
  if (outcome.error_code === 'P2036') throw engine.takeError(outcome.meta.id);
  const error = new RequestError(outcome.error_code, outcome.message, outcome.meta);
  error.plain = outcome.meta?.error ?? outcome.message;
  throw error;
}
