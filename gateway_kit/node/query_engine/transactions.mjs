// Interactive transactions: start within max_wait, commit, roll back.

import { RequestError } from './failures.mjs';

const ID_LENGTH_MIN = 24; // the engine panics on a shorter identifier

/** Starts a transaction; returns `{ id }`.
 *
 * `options`: `{ max_wait, timeout, isolation_level }` in ms. The engine enforces `timeout` itself; `max_wait`
 * it leaves to its driver, so it is enforced here, and a transaction that comes too late is rolled back.
 */
export async function startTransaction(engine, options) {
  const started = engine.startTransaction(options).then((text) => ({ ...readOutcome(engine, text) }));
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
  return readOutcome(engine, await engine[action](checkId(id)));
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
