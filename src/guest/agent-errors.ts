import { AtollError, type AtollErrorOptions } from '../common/errors/atoll-error.js';
import type { ErrorCode } from '../common/errors/catalogue.js';

/** The agent's kinds of error, as a client sees them. */
const CODE: Record<string, ErrorCode> = {
  not_found: 'NOT_FOUND',
  not_directory: 'BAD_REQUEST',
  is_directory: 'BAD_REQUEST',
  permission: 'FORBIDDEN',
  read_only: 'FORBIDDEN',
  no_space: 'INSUFFICIENT_STORAGE',
  name_too_long: 'BAD_REQUEST',
  loop: 'BAD_REQUEST',
  special: 'BAD_REQUEST',
  exists: 'CONFLICT',
  busy: 'CONFLICT',
  not_empty: 'CONFLICT',
  invalid: 'BAD_REQUEST',
  conflict: 'CONFLICT',
  precondition: 'PRECONDITION_FAILED',
  range: 'RANGE_NOT_SATISFIABLE',
  too_large: 'PAYLOAD_TOO_LARGE',
  no_resources: 'RATE_LIMITED',
};

/** An answer of the agent that says no. `kind` is the agent's own word for it. What it says is for the client only where the word is a known one. */
export class AgentRefusal extends AtollError {
  constructor(
    readonly kind: string,
    message: string,
    size?: number,
  ) {
    const known = Object.hasOwn(CODE, kind);
    super(
      known ? CODE[kind] : 'INTERNAL_ERROR',
      known ? message : FAILED,
      known ? aboutOf(kind, size) : causeOf(kind, message),
    );
  }

  /** From the body of an answer; the agent is not believed to send a good one. */
  static of(body: Buffer): AgentRefusal {
    try {
      const { kind, message, size } = JSON.parse(body.toString()) as Record<string, unknown>;
      if (typeof kind === 'string' && typeof message === 'string')
        return new AgentRefusal(kind, message.slice(0, 4096), Number.isSafeInteger(size) ? Number(size) : undefined);
    } catch {
      // it said something that is no answer of ours
    }
    return new AgentRefusal('internal', 'an answer that is not understood');
  }
}

const FAILED = 'the agent could not do this; the log has it under this request id';

const causeOf = (kind: string, message: string): AtollErrorOptions => ({
  cause: new Error(`${kind.slice(0, 64)}: ${message}`),
});

const aboutOf = (kind: string, size?: number): AtollErrorOptions => ({
  ofSandbox: `the agent refuses: ${kind}`,
  ...(kind === 'no_resources' ? { retryAfter: 1 } : {}),
  ...(kind === 'range' && size !== undefined ? { headers: { 'content-range': `bytes */${size}` } } : {}),
});

/** The connection to the agent broke under a call. */
export class SessionLost extends AtollError {
  constructor(cause?: unknown) {
    super('ENGINE_UNAVAILABLE', 'the connection to the sandbox broke', { retryAfter: 1, cause });
  }
}
