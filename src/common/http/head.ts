import type { FastifyRequest } from 'fastify';
import { badRequest, notFound } from '../errors/atoll-error.js';
import { isWellEscaped } from './well-escaped.js';

/** What a route says in its `RouteConfig` when HEAD works on it. Fastify would answer it for every GET. */
export interface HeadRoute {
  head?: boolean;
}

/** What is wrong with a request's head, whatever its route. Undefined where there is nothing to refuse. */
export function refusedHead(request: FastifyRequest): Error | undefined {
  const { url, headers } = request;
  if (!isWellEscaped(url)) return badRequest('the path and the query must be percent-encoded UTF-8');
  // Node would answer these two by itself, without a body.
  if (headers.host === undefined && request.raw.httpVersion === '1.1') return badRequest('the Host header is missing');
  if (headers.expect !== undefined && !/^100-continue$/i.test(headers.expect))
    return badRequest('of Expect, only 100-continue is understood');
  return refusedMethod(request);
}

/** A known path with a method that it does not have is as unknown as any other. */
function refusedMethod({ method, url, routeOptions }: FastifyRequest): Error | undefined {
  if (method !== 'HEAD' || !url.startsWith('/v1/') || (routeOptions.config as HeadRoute).head) return undefined;
  return notFound(`no route HEAD ${url.split('?')[0]}`);
}
