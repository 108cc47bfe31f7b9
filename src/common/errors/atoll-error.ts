import { ERROR_STATUS, type ErrorCode } from './catalogue.js';

export interface AtollErrorOptions {
  /** Structured facts for the client; never a stack, a host path or an engine's raw text. */
  details?: unknown;
  /** Seconds after which a retry makes sense; sent as `Retry-After`. */
  retryAfter?: number;
  /** What else the answer's headers say. */
  headers?: Readonly<Record<string, string>>;
  /** What really happened; goes to the log, never to the client. */
  cause?: unknown;
  /**
   * Of what is a sandbox's own doing, however grave: the log's words for it in place of the sentence, which names what was asked for. The operator can't
   * mend it, so it is told at `debug` alone, whatever the status.
   */
  ofSandbox?: string;
}

/** An error that a client may see: a code of the catalogue and a sentence for a person. */
export class AtollError extends Error {
  readonly details?: unknown;
  readonly retryAfter?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ofSandbox?: string;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AtollErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.details = options.details;
    this.retryAfter = options.retryAfter;
    this.headers = options.headers;
    this.ofSandbox = options.ofSandbox;
  }

  get status(): number {
    return ERROR_STATUS[this.code];
  }
}

export const badRequest = (message: string, details?: unknown) => new AtollError('BAD_REQUEST', message, { details });
export const notFound = (message: string) => new AtollError('NOT_FOUND', message);
export const conflict = (message: string) => new AtollError('CONFLICT', message);
