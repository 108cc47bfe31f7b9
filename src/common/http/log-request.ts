import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { factsOf } from './request-facts.js';

const logger = new Logger('Http');

/** One line a request: no query, no header and no body, since any of them may hold a secret. Health is asked too often. */
export function logRequest(request: FastifyRequest, reply: FastifyReply, elapsedMs: number): void {
  const path = request.url.split('?', 1)[0];
  if (path.startsWith('/v1/health')) return;
  const line = {
    ...factsOf(request),
    method: request.method,
    path,
    status: reply.statusCode,
    milliseconds: Math.round(elapsedMs * 10) / 10,
    aborted: reply.raw.writableFinished ? undefined : true,
  };
  logger.log(line, 'request');
}
