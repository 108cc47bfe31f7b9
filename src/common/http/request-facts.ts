import type { FastifyRequest } from 'fastify';
import { AsyncLocalStorage } from 'node:async_hooks';

/** What each line of the log says that is written for a request, and by what that request began. */
export interface RequestFacts {
  requestId: string;
  owner?: string;
  /** Where there are traces. */
  traceId?: string;
  /** Of the sandbox that it is about. */
  sandboxId?: string;
}

const current = new AsyncLocalStorage<RequestFacts>();
const known = new WeakMap<FastifyRequest, RequestFacts>();

/** Of this request, whoever asks and wherever. */
export function factsOf(request: FastifyRequest): RequestFacts {
  let facts = known.get(request);
  if (!facts) known.set(request, (facts = { requestId: request.id }));
  return facts;
}

/** Of the request that is being answered here; undefined in what happens by itself. */
export const currentFacts = (): RequestFacts | undefined => current.getStore();

/** A hook behind the reading of the body, which comes by events of the connection and would lose them again. */
export function enterRequest(request: FastifyRequest, _reply: unknown, done: () => void): void {
  current.run(factsOf(request), done);
}

/** The request that is being answered here is about this sandbox. */
export function noteSandbox(sandboxId: string): void {
  const facts = current.getStore();
  if (facts) facts.sandboxId = sandboxId;
}
