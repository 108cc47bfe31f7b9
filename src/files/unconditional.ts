import { type CanActivate, type ExecutionContext, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { refuseConditions } from './conditions.js';

const guard: CanActivate = {
  canActivate(context: ExecutionContext): boolean {
    refuseConditions(context.switchToHttp().getRequest<FastifyRequest>().headers);
    return true;
  },
};

/** A call that changes something and cannot ask for a state before: a condition is a 400, and never passed over. */
export const Unconditional = () => UseGuards(guard);
