import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import { AtollError } from '../common/errors/atoll-error.js';
import type { ErrorCode } from '../common/errors/catalogue.js';
import { SessionLost } from './session.js';

export type ResponseHeaders = IncomingHttpHeaders & IncomingHttpStatusHeader;

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
  no_resources: 'RATE_LIMITED',
};

/** An answer of the agent that says no. `kind` is the agent's own word for it. */
export class AgentRefusal extends AtollError {
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(CODE[kind] ?? 'INTERNAL_ERROR', message);
  }
}

/** Waits for the answer's headers. Throws AgentRefusal for a 4xx/5xx, SessionLost when the stream breaks first. */
export async function responseOf(stream: ClientHttp2Stream): Promise<ResponseHeaders> {
  const headers = await new Promise<ResponseHeaders>((resolve, reject) => {
    stream.once('response', resolve);
    stream.once('error', (error) => reject(asLost(error)));
    stream.once('close', () => reject(new SessionLost()));
  });
  if ((headers[':status'] ?? 500) < 400) return headers;
  throw refusal(await readAll(stream, 64 * 1024));
}

/** Reads a body that must be small; more than `limit` bytes is an error. */
export async function readAll(stream: ClientHttp2Stream, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new AtollError('PAYLOAD_TOO_LARGE', `more than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw asLost(error);
  }
  return Buffer.concat(chunks);
}

/** A broken stream is a lost session; the caller's own abort and our own errors stay what they are. */
export function asLost(error: unknown): unknown {
  if (error instanceof AtollError) return error;
  if (error instanceof Error && error.name === 'AbortError') return error;
  return new SessionLost(error);
}

function refusal(body: Buffer): AgentRefusal {
  try {
    const { kind, message } = JSON.parse(body.toString()) as Record<string, unknown>;
    if (typeof kind === 'string' && typeof message === 'string') return new AgentRefusal(kind, message.slice(0, 4096));
  } catch {
    // falls through: it said something that is no answer of ours
  }
  return new AgentRefusal('internal', 'the agent gave an answer that is not understood');
}
