import { AtollError, type AtollErrorOptions } from '../common/errors/atoll-error.js';
import type { ErrorCode } from '../common/errors/catalogue.js';

/** What can go wrong at the database, in our own words. Anything else is a bug and stays what it was. */
export type StoreErrorKind =
  | 'unavailable' // it does not answer, refuses us or broke off; nobody knows whether the last write happened
  | 'busy' // another process held its lock for too long
  | 'full' // no space left where it writes
  | 'no_parent'; // the row that the new one belongs to is gone

const CODE: Record<StoreErrorKind, ErrorCode> = {
  // The catalogue has one 503.
  unavailable: 'ENGINE_UNAVAILABLE',
  busy: 'ENGINE_UNAVAILABLE',
  full: 'INSUFFICIENT_STORAGE',
  no_parent: 'NOT_FOUND',
};

const MESSAGE: Record<StoreErrorKind, string> = {
  unavailable: "The service's database does not answer.",
  busy: "The service's database is busy.",
  full: "No space is left for the service's database.",
  no_parent: 'What this belongs to is gone.',
};

/** A failure of the store. The database's own text travels in `cause` alone. */
export class StoreError extends AtollError {
  constructor(
    readonly kind: StoreErrorKind,
    options: AtollErrorOptions & { message?: string } = {},
  ) {
    const { message, ...rest } = options;
    super(
      CODE[kind],
      message ?? MESSAGE[kind],
      CODE[kind] === 'ENGINE_UNAVAILABLE' ? { retryAfter: 2, ...rest } : rest,
    );
  }
}

export function isStoreError(error: unknown, kind: StoreErrorKind): error is StoreError {
  return error instanceof StoreError && error.kind === kind;
}
