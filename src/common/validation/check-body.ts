import { AtollError, badRequest } from '../errors/atoll-error.js';

/** Fields, entries and list members of a body together: the validators behind this take seconds for hundreds of thousands. */
const MAX_MEMBERS = 20_000;
/** Deeper than any request of ours. */
const MAX_DEPTH = 8;

/**
 * What holds for every JSON body, whatever the call: no `null` (`@IsOptional` would take it for "not given"), no half surrogate pairs (they can't
 * be handed on as they are), and a bounded shape. Throws BAD_REQUEST or PAYLOAD_TOO_LARGE.
 */
export function checkBody(body: unknown): void {
  const seen = { members: 0 };
  walk(body, '', MAX_DEPTH, seen);
}

function walk(value: unknown, path: string, depth: number, seen: { members: number }): void {
  if (value === null) throw badRequest(`${path} must not be null; leave it out`, { field: path });
  if (typeof value === 'string' && !value.isWellFormed())
    throw badRequest(`${path} must be well-formed Unicode`, { field: path });
  if (typeof value !== 'object') return;
  if (depth === 0) throw badRequest(`${path} is nested too deeply`, { field: path });
  for (const [name, member] of Object.entries(value)) {
    if (++seen.members > MAX_MEMBERS)
      throw new AtollError('PAYLOAD_TOO_LARGE', `the body has more than ${MAX_MEMBERS} members`);
    walk(member, path === '' ? name : `${path}.${name}`, depth - 1, seen);
  }
}
