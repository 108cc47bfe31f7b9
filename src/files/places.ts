import { badRequest } from '../common/errors/atoll-error.js';
import { absolute } from '../common/paths.js';
import type { FileTarget } from '../guest/agent-files.js';
import type { Sandbox } from '../store/sandbox.types.js';
import type { Place } from './dto/files.dto.js';
import type { PlaceQuery } from './dto/place.query.dto.js';

/** Where in a sandbox, and as whom; from the query that all calls on files share. 400 where it names no path, or two. */
export function targetOf({ guest }: Sandbox, query: PlaceQuery): FileTarget {
  return { path: bytesOf(guest.workingDir, 'path', query.path, query.path_base64), user: query.user ?? guest.user };
}

/** The path that a body names in `to` or `to_base64`. */
export function destinationOf({ guest }: Sandbox, body: { to?: string; to_base64?: string }): Buffer {
  return bytesOf(guest.workingDir, 'to', body.to, body.to_base64);
}

/** The bytes of the path that was asked for, as it was asked for. */
export const askedBytes = ({ path, path_base64 }: PlaceQuery): Buffer =>
  path_base64 === undefined ? Buffer.from(path!) : Buffer.from(path_base64, 'base64');

/** What an answer says of the path that was asked for. */
export function shown({ path, path_base64 }: PlaceQuery): Place {
  return path_base64 === undefined
    ? { path: path! }
    : { path: Buffer.from(path_base64, 'base64').toString(), path_base64 };
}

function bytesOf(workingDir: string, name: string, text?: string, base64?: string): Buffer {
  if ((text === undefined) === (base64 === undefined))
    throw badRequest(`${name} is missing: give ${name}, or ${name}_base64, and not both`, { field: name });
  if (text !== undefined) return Buffer.from(absolute(workingDir, text));
  const bytes = Buffer.from(base64!, 'base64');
  if (bytes.length === 0 || bytes.includes(0))
    throw badRequest(`${name}_base64 must not be empty or hold a NUL`, { field: `${name}_base64` });
  return bytes[0] === 0x2f ? bytes : Buffer.concat([Buffer.from(absolute(workingDir, '')), bytes]);
}

/** The same of where something went. */
export function shownTo({ to, to_base64 }: { to?: string; to_base64?: string }): { to: string; to_base64?: string } {
  const { path, path_base64 } = shown({ path: to, path_base64: to_base64 });
  return { to: path, to_base64: path_base64 };
}
