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
  no_space: 'INSUFFICIENT_STORAGE',
  internal: 'INTERNAL_ERROR',
};

/** Every failure of the engine port. The engine's own text travels in `cause` alone. */
export class EngineError extends AtollError {
  constructor(
    readonly kind: EngineErrorKind,
    message: string,
    options: AtollErrorOptions = {},
  ) {
    super(CODE[kind], message, kind === 'unavailable' ? { retryAfter: 2, ...options } : options);
  }
}

export function isEngineError(error: unknown, kind: EngineErrorKind): error is EngineError {
  return error instanceof EngineError && error.kind === kind;
}
