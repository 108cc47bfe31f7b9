import type { FastifyRequest } from 'fastify';
import { notFound } from '../errors/atoll-error.js';

/** What a route says in its `RouteConfig` when HEAD works on it. Fastify would answer it for every GET. */
export interface HeadRoute {
  head?: boolean;
}

/** A known path with a method that it does not have is as unknown as any other. Undefined where there is nothing to refuse. */
export function refusedHead({ method, url, routeOptions }: FastifyRequest): Error | undefined {
  if (method !== 'HEAD' || !url.startsWith('/v1/') || (routeOptions.config as HeadRoute).head) return undefined;
  return notFound(`no route HEAD ${url.split('?')[0]}`);
}
