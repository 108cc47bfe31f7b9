import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { hash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Config } from '../../config/config.js';
import { AtollError } from '../errors/atoll-error.js';
import { PUBLIC } from './public.decorator.js';

const digest = (text: string) => hash('sha256', text, 'buffer');

/** Global: every route wants `Authorization: Bearer <key>`, but those marked `@Public()`. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  private readonly expected: Buffer;
  /** Let in before their body was read: one comparison a request. */
  private readonly letIn = new WeakSet<FastifyRequest>();

  constructor(
    config: Config,
    private readonly reflector: Reflector,
  ) {
    this.expected = digest(config.apiKey);
  }

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, [context.getHandler(), context.getClass()])) return true;
    this.check(context.switchToHttp().getRequest<FastifyRequest>());
    return true;
  }

  /** Throws UNAUTHORIZED. Called before a body is read, too: nobody without a key makes the service read one. */
  check(request: FastifyRequest): void {
    if (this.letIn.has(request)) return;
    const { authorization } = request.headers;
    const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    // Digests have one length, so the comparison tells nothing of the key, not even its length.
    if (given !== undefined && timingSafeEqual(digest(given), this.expected)) {
      this.letIn.add(request);
      return;
    }
    throw new AtollError(
      'UNAUTHORIZED',
      given === undefined ? 'send Authorization: Bearer <api key>' : 'this api key is not valid',
    );
  }
}
