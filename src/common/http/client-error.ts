import type { Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import { AtollError } from '../errors/atoll-error.js';
import { render } from '../errors/error.filter.js';

const BY_CODE: Record<string, () => AtollError> = {
  HPE_HEADER_OVERFLOW: () => new AtollError('BAD_REQUEST', 'the request headers are too large'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () =>
    new AtollError('PAYLOAD_TOO_LARGE', 'the chunk extensions of the body are too large'),
  ERR_HTTP_REQUEST_TIMEOUT: () => new AtollError('TIMEOUT', 'the request did not arrive in time'),
};

/** Node's own, on the sockets of its HTTP server: the answer that is under way there. */
type Answering = Socket & { _httpMessage?: ServerResponse | null };

/**
 * What Node's HTTP parser refuses never becomes a request: answer on the bare socket, in the same shape as everything else. Behind an answer
 * that has begun these words would be read as a part of it.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Answering): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage?.headersSent) {
    socket.destroy();
    return;
  }
  const refusal =
    BY_CODE[error.code ?? '']?.() ?? new AtollError('BAD_REQUEST', 'this is not a well-formed HTTP request');
  const body = JSON.stringify(render(refusal));
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n` +
      'Content-Type: application/json; charset=utf-8\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Request-Id: ${randomUUID()}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}
