// Interactive transactions: start within max_wait, commit, roll back.

import { RequestError } from './failures.mjs';

const ID_LENGTH_MIN = 24; // the engine panics on a shorter identifier
const DEADLINES_KEPT = 1000; // a transaction that expires unused is never asked for again

/** When each transaction's time is over, by this process's clock in ms. */
const deadlines = new Map();

/** Starts a transaction; returns `{ id }`.
 *
 * `options`: `{ max_wait, timeout, isolation_level }` in ms. The engine enforces `timeout` itself; `max_wait`
 * it leaves to its driver, so it is enforced here, and a transaction that comes too late is rolled back.
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
  started.then(({ id }) => engine.rollback(id)).catch(() => {}); // it failed by itself: nothing to roll back
  throw transactionError('Unable to start a transaction in the given time.');
}

export async function endTransaction(engine, id, action) {
  checkId(id);
  await noticeDeadline(id);
  deadlines.delete(id);
  return readOutcome(engine, await engine[action](id));
}

function keepDeadline(id, timeoutMs) {
  if (!(timeoutMs >= 0)) return;
  deadlines.set(id, performance.now() + timeoutMs);
  if (deadlines.size > DEADLINES_KEPT) deadlines.delete(deadlines.keys().next().value);
}

/** Lets a timeout that is over take effect before a request in its transaction does.
 *
 * Node hands over what a socket received before it runs the timers that became due meanwhile, so the engine
 * would still carry out, or commit, what came up to a millisecond too late.
 */
export async function noticeDeadline(id) {
  if (!(performance.now() >= deadlines.get(id))) return;
  await new Promise((resolve) => setTimeout(resolve, 1)); // behind the engine's own timer
}

/** The identifier itself where it can be one. Raises P2028 as for an unknown transaction. */
export function checkId(id) {
  if (id === undefined || id.length >= ID_LENGTH_MIN) return id;
  throw transactionError(
    "Transaction not found. Transaction ID is invalid, refers to an old closed transaction Prisma doesn't " +
      'have information about anymore, or was obtained before disconnecting.',
  );
}

function transactionError(text) {
  const error = new RequestError('P2028', `Transaction API error: ${text}`, { error: text });
  error.plain = text; // clients tell an expired transaction by the beginning of this text
  return error;
}

/** The engine answers these calls with a result, or with the error itself. */
function readOutcome(engine, text) {
  const outcome = JSON.parse(text);
  if (outcome.error_code === undefined && !outcome.is_panic) return outcome;
  if (outcome.error_code === 'P2036') throw engine.takeFailure(outcome.meta.id);
  const error = new RequestError(outcome.error_code, outcome.message, outcome.meta);
  error.plain = outcome.meta?.error ?? outcome.message;
  throw error;
}
