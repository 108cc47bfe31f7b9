import { type ArgumentsHost, Catch, type ExceptionFilter, Logger, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AtollError } from './atoll-error.js';
import type { ErrorResponse } from './error-response.dto.js';
import { toAtollError } from './to-atoll-error.js';

/** The body of an error answer. */
export function render(error: AtollError): ErrorResponse {
  const { code, message, details } = error;
  return details === undefined ? { code, message } : { code, message, details };
}

/** What a handler said of the answer that it did not come to give. */
const OF_ANOTHER_BODY =
  'content-length content-encoding content-disposition content-range accept-ranges etag last-modified'.split(' ');

/** The one place where an error becomes an answer: the framework's own, the guard's, the pipes' and ours. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Error');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    this.send(thrown, request, reply);
  }

  /** Also called by Fastify itself, for what fails before a route is found. */
  send(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = this.isUnknownRoute(thrown, request) ? this.unknownRoute(request) : toAtollError(thrown);
    this.tell(error, String(request.id));
    if (reply.sent || reply.raw.headersSent) return; // a stream that failed after its first byte: its own last line says so
    for (const name of OF_ANOTHER_BODY) void reply.removeHeader(name);
    if (error.retryAfter !== undefined) void reply.header('retry-after', String(error.retryAfter));
    if (error.headers) void reply.headers(error.headers);
    void reply.header('x-request-id', String(request.id));
    void reply.type('application/json; charset=utf-8').status(error.status).send(render(error));
  }

  private tell(error: AtollError, requestId: string): void {
    const { code, status, message, cause, ofSandbox } = error;
    if (ofSandbox !== undefined) this.logger.debug({ requestId, code }, ofSandbox);
    else if (status >= 500) this.logger.error({ requestId, code, err: cause ?? error }, message);
    else this.logger.debug({ requestId, code, err: cause ?? error }, message);
  }

  private isUnknownRoute(thrown: unknown, request: FastifyRequest): boolean {
    return thrown instanceof NotFoundException && thrown.message.startsWith(`Cannot ${request.method} `);
  }

  private unknownRoute(request: FastifyRequest): AtollError {
    return new AtollError('NOT_FOUND', `no route ${request.method} ${request.url.split('?')[0]}`);
  }
}
