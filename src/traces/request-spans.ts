import { type Span, SpanStatusCode } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { factsOf } from '../common/http/request-facts.js';
import type { Attributes, OtlpTracing } from './otlp-tracing.js';

/** Those that OpenTelemetry's conventions know; others would be names without a bound. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT']);

/** A span for each request but those for health, which come too often, from its arrival to the end of its answer. */
export function traceRequests(fastify: FastifyInstance, tracing: OtlpTracing): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.url.startsWith('/v1/health')) {
      const facts = factsOf(request);
      const span = tracing.beginRequest(facts, request.headers, nameOf(request), attributesOf(request));
      reply.raw.once('close', () => {
        if (facts.sandboxId) span.setAttribute('atoll.sandbox.id', facts.sandboxId);
        conclude(span, reply);
        tracing.endRequest(facts, span);
      });
    }
    done();
  });
}

const routeOf = (request: FastifyRequest) => (request.is404 ? undefined : request.routeOptions.url);

function nameOf(request: FastifyRequest): string {
  const method = METHODS.has(request.method) ? request.method : 'HTTP';
  const route = routeOf(request);
  return route === undefined ? method : `${method} ${route}`;
}

/** No query, no header and no body: any of them may hold a secret. */
function attributesOf(request: FastifyRequest): Attributes {
  const { method, url, protocol, hostname, raw } = request;
  const route = routeOf(request);
  return {
    'http.request.method': METHODS.has(method) ? method : '_OTHER',
    'url.path': url.split('?', 1)[0],
    'url.scheme': protocol,
    'server.address': hostname,
    'network.protocol.version': raw.httpVersion,
    'client.address': raw.socket.remoteAddress ?? '',
    'atoll.request.id': request.id,
    ...(route === undefined ? {} : { 'http.route': route }),
  };
}

function conclude(span: Span, reply: FastifyReply): void {
  span.setAttribute('http.response.status_code', reply.statusCode);
  if (!reply.raw.writableFinished) span.setAttribute('error.type', 'client_gone');
  if (reply.statusCode < 500) return; // what a client did wrong is no error of ours
  span.setAttribute('error.type', String(reply.statusCode)).setStatus({ code: SpanStatusCode.ERROR });
}
