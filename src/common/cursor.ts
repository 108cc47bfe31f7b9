import { badRequest } from './errors/atoll-error.js';

/** Where the next page begins, behind this row. Opaque to clients, so that it may become something else. */
export const cursorOf = ({ ordinal }: { ordinal: number }): string =>
  Buffer.from(`after:${ordinal}`).toString('base64url');

/** What is said of a cursor that no answer gave. */
export const NO_CURSOR = 'cursor must be the next_cursor of an earlier answer';

/** The ordinal of the last row that a client has had. Throws BAD_REQUEST for what no answer gave. */
export function ordinalOf(cursor: string): number {
  const [, digits] = /^after:(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (digits === undefined) throw badRequest(NO_CURSOR, { field: 'cursor' });
  return Number(digits);
}
