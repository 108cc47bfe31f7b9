import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { badRequest } from '../errors/atoll-error.js';

type Done = (error: Error | null, body?: unknown) => void;

/**
 * Fastify's own JSON parser (no `__proto__`, no `constructor.prototype`), but an empty body is none: many clients say JSON on calls that
 * take no body, and a call that wants one says so itself.
 */
export function parseJson(fastify: FastifyInstance) {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  return (request: FastifyRequest, body: Buffer | string, done: Done): void => {
    if (body.length === 0) done(null, undefined);
    else if (typeof body !== 'string' && !isUtf8(body)) done(badRequest('the body is not UTF-8'));
    else void parse(request, body.toString(), done);
  };
}
