import { badRequest } from './errors/atoll-error.js';

export type Encoding = 'utf8' | 'base64';

/** In groups of four, which the length tells: to count them here would overflow the engine's stack from 5 MB on. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** A text of a request as the bytes that it stands for. Throws BAD_REQUEST that names the field. */
export function bytesOf(text: string, encoding: Encoding = 'utf8', field: string): Buffer {
  if (encoding === 'base64' && (text.length % 4 !== 0 || !BASE64.test(text)))
    throw badRequest(`${field} must be base64`, { field });
  return Buffer.from(text, encoding);
}
