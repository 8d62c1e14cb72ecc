// Everything that can go wrong, in the form that Prisma's clients read: a code, a message and its facts.
//
// RequestError            a request that cannot be translated, or a database that cannot be reached
// asFailure(error)        a driver's error → RequestError, or null where the engine should name it itself
// answerOf(error)         the body to send: { "errors": [{ "error", "user_facing_error" }] }

export class RequestError extends Error {
  constructor(code, message, meta = {}) {
    super(message);
    this.code = code;
    this.meta = meta;
    this.isPanic = false;
  }
}

/** The engine died while the request was under way; whether it took effect is unknown. */
export class PanicError extends RequestError {
  constructor(detail) {
    super(undefined, `The query engine panicked (${detail}); it has been started anew. Send the request again.`);
    this.isPanic = true;
  }
}

/** Prisma's error body. `error` is the plain text that clients match against, too. */
export function answerOf(error) {
  return { errors: [{ error: error.plain ?? error.message, user_facing_error: userFacing(error) }] };
}

function userFacing(error) {
  if (error.isPanic) return { is_panic: true, message: error.message, backtrace: null };
  return { is_panic: false, message: error.message, meta: error.meta ?? {}, error_code: error.code };
}

const UNREACHABLE = new Set([
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', 'EACCES',
]);
const CLOSED = new Set(['ECONNRESET', 'EPIPE', '57P01', '57P02', '57P03', '08000', '08003', '08006']);
const CLOSED_TEXT = /^Connection terminated|not queryable|Client was closed|connection is closed/i;

/** Prisma's own error for a failure of the connection, null for an error of the statement.
 *
 * `target` is `{ host, port, user, database, poolTimeoutS, connectionLimit }` (see datasource.mjs); the
 * password is no part of it, so no message can show it.
 */
export function asFailure(error, target) {
  const where = `\`${target.host}:${target.port}\``;
  const code = error?.code ?? error?.errors?.[0]?.code;
  const text = String(error?.message ?? error);
  if (text === 'timeout exceeded when trying to connect') {
    const { poolTimeoutS: timeout, connectionLimit: limit } = target;
    return new RequestError(
      'P2024',
      'Timed out fetching a new connection from the connection pool. ' +
        `(Current connection pool timeout: ${timeout}, connection limit: ${limit})`,
      { connection_limit: limit, timeout },
    );
  }
  if (UNREACHABLE.has(code) || /connection timeout|timeout expired/i.test(text)) {
    return new RequestError(
      'P1001',
      `Can't reach database server at ${where}\n\nPlease make sure your database server is running at ${where}.`,
      { database_host: target.host, database_port: target.port },
    );
  }
  if (code === '28P01' || code === '28000' || /SASL|password must be a string/.test(text)) {
    return new RequestError(
      'P1000',
      `Authentication failed against database server at \`${target.host}\`, the provided database ` +
        `credentials for \`${target.user}\` are not valid.\n\nPlease make sure to provide valid database ` +
        `credentials for the database server at \`${target.host}\`.`,
      { database_user: target.user, database_host: target.host },
    );
  }
  if (code === '3D000') {
    return new RequestError(
      'P1003',
      `Database \`${target.database}\` does not exist on the database server at ${where}.`,
      { database_name: target.database, database_host: target.host, database_port: target.port },
    );
  }
  if (/SSL|TLS|certificate|CERT_/.test(`${text} ${code}`) && typeof error?.severity !== 'string') {
    return new RequestError('P1011', `Error opening a TLS connection: ${text}`, { message: text });
  }
  if (CLOSED.has(code) || CLOSED_TEXT.test(text)) return new RequestError('P1017', 'Server has closed the connection.');
  if (text === 'Query read timeout') {
    return new RequestError('P1008', `Operations timed out after \`${target.socketTimeoutS}s\``, {
      time: `${target.socketTimeoutS}s`,
    });
  }
  if (typeof error?.severity === 'string' && typeof code === 'string') return null;
  return new RequestError('P2010', `Raw query failed. Code: \`${code ?? 'N/A'}\`. Message: \`${text}\``, {
    code: code ?? 'N/A',
    message: text,
  });
}

/** PostgreSQL's error in the form the engine takes from its driver.
 *
 * PostgreSQL 18 reports a RESTRICT violation as 23001 with a text of its own; the engine knows 23503 only,
 * and finds the constraint by counting words, so the sentence is put in the form that it counts.
 */
export function asEngineError(error) {
  let { code, message } = error;
  if ((code === '23001' || code === '23503') && error.constraint) {
    code = '23503';
    message = `update or delete on table "-" violates foreign key constraint "${error.constraint}" on table "-"`;
  }
  return {
    kind: 'Postgres',
    code,
    severity: error.severity,
    message,
    detail: error.detail,
    column: error.column,
    hint: error.hint,
  };
}
