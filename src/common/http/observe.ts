import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { httpDuration, httpInFlight, httpRequests } from '../metrics/metrics.js';
import { logRequest } from './log-request.js';

/** Counts each request, and logs it, when its answer is at its end or its client has gone. */
export function observeRequests(fastify: FastifyInstance): void {
  const answered = new WeakMap<FastifyReply, number>();
  fastify.addHook('onRequest', (request, reply, done) => {
    httpInFlight.inc();
    // Fastify's own hook for the end of an answer is not called when the client goes before it.
    reply.raw.once('close', () => {
      const milliseconds = reply.elapsedTime;
      httpInFlight.dec();
      count(request, reply, answered.get(reply) ?? milliseconds);
      logRequest(request, reply, milliseconds);
    });
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    answered.set(reply, reply.elapsedTime);
    done();
  });
}

function count(request: FastifyRequest, reply: FastifyReply, milliseconds: number): void {
  const { method } = request;
  const route = (!request.is404 && request.routeOptions.url) || 'unknown';
  const status = reply.raw.writableFinished ? String(reply.statusCode) : 'aborted';
  httpRequests.inc({ method, route, status });
  httpDuration.observe({ method, route }, milliseconds / 1000);
}
