import { badRequest } from '../errors/atoll-error.js';

/** What has no effect unless something else is asked for as well is refused: BAD_REQUEST for the first of the fields that is there. */
export function refuseWithout(needed: string, fields: Record<string, unknown>): void {
  for (const [field, value] of Object.entries(fields))
    if (value !== undefined) throw badRequest(`${field} has an effect only with ${needed}`, { field });
}
