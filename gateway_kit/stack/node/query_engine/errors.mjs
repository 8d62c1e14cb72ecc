// Errors in the form that Prisma's clients read: a code, a message and its details.
//
// RequestError            a request that cannot be translated, or a database that cannot be reached
// asRequestError(error)   a driver's error → RequestError, or null if the engine should convert it
// errorBody(error)        the body to send: { "errors": [{ "error", "user_facing_error" }] }

export class RequestError extends Error {
  constructor(code, message, meta = {}) {
    super(message);
    this.code = code;
    this.meta = meta;
    this.isPanic = false;
  }
}

/** The engine died during the request; whether the request took effect is unknown. */
export class PanicError extends RequestError {
  constructor(detail) {
    super(undefined, `The query engine panicked (${detail}); it has been restarted. Send the request again.`);
    this.isPanic = true;
  }
}

/** Prisma's error body. Clients also match against `error`, the plain text. */
export function errorBody(error) {
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

/** Prisma's own error for a failed connection; null for an error of the statement.
 *
 * `target` is `{ host, port, user, database, poolTimeoutS, connectionLimit }` (see datasource.mjs); it does
 * not contain the password, so no message can show it.
 */
export function asRequestError(error, target) {
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

/** PostgreSQL's error in the form that the engine expects from its driver.
 *
 * PostgreSQL 18 reports a RESTRICT violation as 23001 with its own text. The engine only knows 23503 and finds
 * the constraint by counting words, so the message is rewritten to the words that it counts.
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
