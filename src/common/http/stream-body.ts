import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { AtollError } from '../errors/atoll-error.js';
import { answerClientError } from './client-error.js';

/** What a route says in its `RouteConfig` when it takes bodies that are not JSON: their content types. */
export interface StreamRoute {
  streams?: readonly string[];
}

/** Whether the body of this request is handed to its route as it comes. */
export function isStreamed({ headers, routeOptions }: Pick<FastifyRequest, 'headers' | 'routeOptions'>): boolean {
  const type = mediaType(headers['content-type']);
  return ((routeOptions.config as StreamRoute).streams ?? []).includes(type);
}

/** Whether its body may come compressed: only archives, whose reader sees for itself. */
export const takesGzip = (request: FastifyRequest): boolean =>
  isStreamed(request) && mediaType(request.headers['content-type']) === 'application/x-tar';

/** Without its parameters, in small letters; "" where there is none. */
export const mediaType = (header: string | undefined): string => (header ?? '').split(';', 1)[0].trim().toLowerCase();

/** Bodies of these types reach the routes that want them as the stream that they are: unread, of any length. */
export function takeStreams(app: NestFastifyApplication, types: readonly string[]): void {
  const take = (request: FastifyRequest, payload: Readable, done: (error: Error | null, body?: unknown) => void) => {
    if (isStreamed(request)) done(null, payload);
    else done(new AtollError('UNSUPPORTED_MEDIA_TYPE', 'this call does not take a body of that content type'));
  };
  app
    .getHttpAdapter()
    .getInstance()
    .addContentTypeParser([...types], take);
}

/**
 * A body that is not a stream must arrive within this time; else it is a 408, as Node's own parser would say it. A request without a body has arrived
 * with its head, however long its answer takes: nobody reads it, so Node tells of its end only when that is over.
 */
export function boundArrival(request: FastifyRequest, answer: ServerResponse, milliseconds: number): void {
  const { raw } = request;
  const { headers } = raw;
  if (isStreamed(request) || (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined))
    return;
  // The error is made when it is needed: each one made takes a picture of the stack, on every call.
  const late = () => Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  const timer = setTimeout(() => {
    if (raw.complete) return;
    if (answer.headersSent) endWith(answer, raw.socket);
    else answerClientError(late(), raw.socket);
  }, milliseconds);
  const clear = () => clearTimeout(timer);
  raw.once('end', clear).once('close', clear);
}

/** The answer was given without the body that is still missing: it is left whole, and the connection goes with it. */
function endWith(answer: ServerResponse, connection: Socket): void {
  if (answer.writableFinished) connection.destroy();
  else answer.once('finish', () => connection.destroy());
}
