import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

const logger = new Logger('Http');

/** One line a request, when it has been answered: no query, no header and no body, since any of them may hold a secret. Health is asked too often. */
export function logRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const path = request.url.split('?', 1)[0];
  if (!path.startsWith('/v1/health')) {
    const milliseconds = Math.round(reply.elapsedTime * 10) / 10;
    logger.log(
      { requestId: request.id, method: request.method, path, status: reply.statusCode, milliseconds },
      'request',
    );
  }
  done();
}
