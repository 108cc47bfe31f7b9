import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a caller may choose as its request id: short, visible, harmless in a log and in a header. */
const SANE = /^[\w.:/+=@-]{1,128}$/;

/** The caller's `X-Request-Id` if it is sane, else a new UUID. */
export function requestId(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
}
