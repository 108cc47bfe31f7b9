import { isIP } from 'node:net';
import { z } from 'zod';

/*
 * What a variable's text may be. A message completes the sentence "NAME …" and never repeats the text: it may be a
 * secret that somebody put under the wrong name.
 */

/** Absent is fine and stays undefined. */
export const optional = <T>(schema: z.ZodType<T, string>) => schema.optional();

/** Digits only: no sign, no exponent, no unit, no spaces. */
export function whole(min: number, max: number) {
  return text(/^\d{1,15}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);
}

/** Digits with at most one point. */
export function decimal(min: number, max: number) {
  return text(/^\d{1,9}(\.\d{1,9})?$/, `must be a number from ${min} to ${max}, such as 1 or 0.5`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a number from ${min} to ${max}, such as 1 or 0.5`);
}

export function oneOf<const T extends readonly string[]>(words: T) {
  return z.enum(words, {
    error: (issue) => (issue.input === undefined ? REQUIRED : `must be one of ${words.join(', ')}`),
  });
}

/** An address or a host name to listen on. */
export const host = () =>
  z
    .string(REQUIRED)
    .refine(
      (value) => isIP(value) !== 0 || HOST_NAME.test(value),
      'must be an IP address (IPv6 without brackets) or a host name',
    );

/** A domain that sandbox names are put in front of. */
export const domain = () => text(HOST_NAME, 'must be a domain name, such as localhost or sandboxes.example.org');

/** Words with blanks or commas between, at least one. */
export const list = (pattern: RegExp, message: string) =>
  z
    .string(REQUIRED)
    .transform((value) => value.split(/[\s,]+/).filter((word) => word !== ''))
    .refine((words) => words.length > 0 && words.every((word) => pattern.test(word)), message);

/** A path; the caller makes it absolute. No shell is there to expand a tilde, and a folder named `~` surprises. */
export const path = () => text(/^(?!~)/, 'must be a path that does not begin with ~: nothing expands it here');

/** As the docker CLI reads it, less the schemes that need a program of the CLI's own. */
export const dockerHost = () =>
  text(
    /^(unix:\/\/\/.+|(tcp|https?):\/\/[^/\s]+\/?)$/,
    'must begin with unix:///, tcp://, http:// or https:// and name a socket or a host',
  );

/** The docker CLI asks only whether it is set: even `0` turns it on there. */
export const presence = () => z.string(REQUIRED).transform((value) => value !== '');

export const postgresUrl = () =>
  z
    .string(REQUIRED)
    .refine(
      (value) => /^postgres(ql)?:\/\//.test(value) && URL.canParse(value),
      'must be a PostgreSQL URL: postgres://user:password@host:5432/database',
    );

/** Of a server that is spoken to by HTTP. Without a path it gets `path`. */
export const httpUrl = (path: string) =>
  z
    .string(REQUIRED)
    .refine(
      (value) => /^https?:\/\/[^@\s]+$/.test(value) && URL.canParse(value),
      'must be an http:// or https:// URL without a user, such as http://collector:4318',
    )
    .transform((value) => {
      const url = new URL(value);
      if (url.pathname === '/') url.pathname = path;
      return url.href;
    });

/** Headers of a request, as OpenTelemetry writes them: `name=value,name=value`, each value percent-encoded. */
export const headers = () =>
  z
    .string(REQUIRED)
    .regex(
      /^\s*[\w.-]+=([\x21-\x24\x26-\x2b\x2d-\x7e]|%[2-7][0-9a-f])*(\s*,\s*[\w.-]+=([\x21-\x24\x26-\x2b\x2d-\x7e]|%[2-7][0-9a-f])*)*\s*$/i,
      { error: 'must be name=value with commas between, each value percent-encoded', abort: true },
    )
    .transform((value) => Object.fromEntries(value.split(',').map(header)));

function header(text: string): [string, string] {
  const [name, value] = text.trim().split(/=(.*)/s);
  return [name.toLowerCase(), decodeURIComponent(value)];
}

/** Visible ASCII, because it travels in an HTTP header. */
export const secret = (min: number, max: number) =>
  text(/^[\x21-\x7e]*$/, 'must hold only visible ASCII characters, and no spaces').refine(
    (value) => value.length >= min && value.length <= max,
    `must have from ${min} to ${max} characters`,
  );

const REQUIRED = 'is required';
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

function text(pattern: RegExp, message: string) {
  return z.string(REQUIRED).regex(pattern, { error: message, abort: true });
}
