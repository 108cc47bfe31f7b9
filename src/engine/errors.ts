import { AtollError, type AtollErrorOptions } from '../common/errors/atoll-error.js';
import type { ErrorCode } from '../common/errors/catalogue.js';

/** What can go wrong at an engine, in our own words. */
export type EngineErrorKind =
  | 'unavailable' // it does not answer, or its connection broke
  | 'timeout' // it answers, but this call passed its deadline
  | 'aborted' // the caller gave up
  | 'no_such_container'
  | 'no_such_image'
  | 'conflict' // its state forbids it
  | 'invalid' // it refuses the request; the message is safe to show
  | 'unsupported' // it can't do what was asked; the message says what
  | 'registry_refuses' // it wants other credentials
  | 'registry_away' // it does not answer, or not as a registry does
  | 'registry_busy' // it wants fewer requests
  | 'no_space'
  | 'internal';

const CODE: Record<EngineErrorKind, ErrorCode> = {
  unavailable: 'ENGINE_UNAVAILABLE',
  timeout: 'TIMEOUT',
  aborted: 'TIMEOUT',
  no_such_container: 'NOT_FOUND',
  no_such_image: 'NOT_FOUND',
  conflict: 'CONFLICT',
  invalid: 'BAD_REQUEST',
  unsupported: 'BAD_REQUEST',
  registry_refuses: 'FORBIDDEN',
  registry_away: 'BAD_GATEWAY',
  registry_busy: 'RATE_LIMITED',
  no_space: 'INSUFFICIENT_STORAGE',
  internal: 'INTERNAL_ERROR',
};

const RETRY_AFTER_S: Partial<Record<EngineErrorKind, number>> = { unavailable: 2, registry_busy: 60 };

/** Every failure of the engine port. The engine's own text travels in `cause` alone. */
export class EngineError extends AtollError {
  constructor(
    readonly kind: EngineErrorKind,
    message: string,
    options: AtollErrorOptions = {},
  ) {
    super(CODE[kind], message, { retryAfter: RETRY_AFTER_S[kind], ...options });
  }
}

export function isEngineError(error: unknown, kind: EngineErrorKind): error is EngineError {
  return error instanceof EngineError && error.kind === kind;
}
