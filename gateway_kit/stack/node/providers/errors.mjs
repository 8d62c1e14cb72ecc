// What goes wrong with a request. A dialect's errors.mjs has each provider's wording.

/** Invalid input to the control API; the message becomes the body of the 400. */
export class InputError extends Error {}

/**
 * A request that a provider rejects. `kind` selects the wording, `info` fills it in.
 *
 * Kinds: missing_key, wrong_key, bad_request, too_large, unknown_model, unknown_path, context, rate_limit,
 * server_error, not_found, unavailable. A bad_request has info.message, and may have info.param and info.code;
 * info.json says that the body itself is at fault: "unreadable" or "no_object".
 */
export class ProviderError extends Error {
  constructor(kind, info = {}) {
    super(kind);
    this.kind = kind;
    this.info = info;
  }
}
