import { AtollError, badRequest } from '../common/errors/atoll-error.js';
import type { OpenFile } from '../guest/file-streams.js';
import type { WriteWishes } from '../guest/file-writes.js';
import { httpDate } from './http-date.js';

/** Headers of a request, as Node has them. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A request for bytes, or for what is to be said about them. */
export interface AskedRead {
  method: string;
  headers: RequestHeaders;
}

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(', ') : value);
const isEtag = (text: string) => /^[0-9a-f-]+$/.test(text);

/** Opaque tags of a list such as `"a", W/"b"`; those that are weak only count where `weak` is fine. */
function tagsIn(list: string, weak: boolean): string[] {
  const tags = list.split(',').map((tag) => tag.trim());
  return tags.flatMap((tag) => {
    const bare = /^(W\/)?"([^"]*)"$/.exec(tag);
    return bare && (weak || !bare[1]) && isEtag(bare[2]) ? [bare[2]] : [];
  });
}

/** `If-Match` and `If-None-Match: *` of a write, as the agent takes them. */
export function writeConditions(headers: RequestHeaders): Pick<WriteWishes, 'create' | 'if_match'> {
  const [match, noneMatch] = [one(headers['if-match']), one(headers['if-none-match'])];
  if (headers['if-unmodified-since'] !== undefined)
    throw badRequest('a time is not exact enough for a write: use If-Match', { field: 'If-Unmodified-Since' });
  if (noneMatch !== undefined && noneMatch.trim() !== '*')
    throw badRequest('If-None-Match of a write can only be *, which creates', { field: 'If-None-Match' });
  return {
    create: noneMatch !== undefined,
    // "-" is no file's: what names no possible state must not match.
    if_match: match === undefined ? undefined : match.trim() === '*' ? '*' : tagsIn(match, false).join(',') || '-',
  };
}

/** For changes that cannot ask for a state before: a condition is not passed over. */
export function refuseConditions(headers: RequestHeaders): void {
  for (const field of ['If-Match', 'If-None-Match', 'If-Unmodified-Since'])
    if (headers[field.toLowerCase()] !== undefined)
      throw badRequest(`this call takes no ${field}: it is for reads and writes of a single file`, { field });
}

/** Whether a read asks about the file's state. */
export const isConditional = (headers: RequestHeaders): boolean =>
  ['if-match', 'if-unmodified-since', 'if-none-match', 'if-modified-since'].some((name) => headers[name] !== undefined);

/** `If-Match` and `If-Unmodified-Since` of a read: PRECONDITION_FAILED when the file is in another state. */
export function checkState({ etag, mtime }: OpenFile, headers: RequestHeaders): void {
  const [match, since] = [one(headers['if-match']), httpDate(one(headers['if-unmodified-since']) ?? '')];
  const fine =
    match === undefined
      ? Number.isNaN(since) || seconds(mtime) <= since
      : match.trim() === '*' || (etag !== undefined && tagsIn(match, false).includes(etag));
  if (!fine) throw new AtollError('PRECONDITION_FAILED', 'the file is not in the state that the request names');
}

/** Whether the client has this state of the file already: a 304. */
export function isKnown({ etag, mtime }: OpenFile, headers: RequestHeaders): boolean {
  const noneMatch = one(headers['if-none-match']);
  if (noneMatch !== undefined)
    return etag !== undefined && (noneMatch.trim() === '*' || tagsIn(noneMatch, true).includes(etag));
  const since = httpDate(one(headers['if-modified-since']) ?? '');
  return etag !== undefined && !Number.isNaN(since) && seconds(mtime) <= since;
}

/** HTTP's times are whole seconds. */
const seconds = (ms: number) => Math.floor(ms / 1000) * 1000;

/** The range that is asked for, by a GET alone (RFC 9110, 14.2). `If-Range` by date is not exact enough: then it is the whole file. */
export function rangeOf({ method, headers }: AskedRead): { range?: string; ifRange?: string } {
  if (method !== 'GET') return {};
  const [range, ifRange] = [one(headers.range), one(headers['if-range'])];
  if (range === undefined || range.length > 256) return {};
  return ifRange === undefined ? { range } : { range, ifRange: tagsIn(ifRange, false)[0] ?? '-' };
}
