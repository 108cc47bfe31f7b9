import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford's base32: nothing that reads like something else

/** `prefix_` and 100 random bits as 20 characters: opaque, and valid in a container name, a path and a URL. */
export function newId(prefix: 'sb' | 'cmd'): string {
  const digits = Array.from(randomBytes(20), (byte) => ALPHABET[byte & 31]);
  return `${prefix}_${digits.join('')}`;
}

/** 64 hex digits: a sandbox's shared secret, a nonce. */
export const newSecret = (): string => randomBytes(32).toString('hex');
