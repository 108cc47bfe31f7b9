import { badRequest } from '../common/errors/atoll-error.js';

/**
 * The grammar of https://pkg.go.dev/github.com/distribution/reference, written down again: what engines and registries
 * take, and what all of them refuse.
 */
const HOST_PART = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const DOMAIN = new RegExp(`^(?:${HOST_PART}(?:\\.${HOST_PART})*|\\[[A-Fa-f0-9:]+\\])(?::[0-9]+)?$`);
const PATH = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;
const IMAGE_ID = /^(?:sha256:)?[a-f0-9]{64}$/;
const SHORT_ID = /^(?:sha256:)?[a-f0-9]{1,63}$/;
const MAX_NAME = 255;
const MAX_TEXT = 1024;

export const DEFAULT_DOMAIN = 'docker.io';
const OFFICIAL = 'library/';

/** An image of a registry, with nothing left to defaults: the registry and the path are always there. */
export interface ImageReference {
  /** With its port, if it has one; `docker.io` where the text named none. */
  domain: string;
  /** `library/busybox` for `busybox`. */
  path: string;
  /** `latest` where neither a tag nor a digest was named. */
  tag?: string;
  /** `sha256:…`. Where it is there it decides, whatever the tag says. */
  digest?: string;
}

/** Throws a 400 that says what is wrong. An image's full id is no reference. */
export function parseReference(text: string): ImageReference {
  const no = (why: string) => badRequest(`${JSON.stringify(shortened(text))} is not an image reference: ${why}`);
  if (text.length > MAX_TEXT) throw no(`it is longer than ${MAX_TEXT} characters`);
  if (IMAGE_ID.test(text)) throw no('it is an image id');
  const [named, digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest)))
    throw no('behind "@" comes a digest: "sha256:" and 64 hex digits in small letters');
  const { domain, rest } = splitDomain(named);
  if (domain !== DEFAULT_DOMAIN && !DOMAIN.test(domain)) throw no('its registry is not a host name or address');
  const colon = rest.indexOf(':');
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (path.length > MAX_NAME) throw no(`its name is longer than ${MAX_NAME} characters`);
  if (path !== path.toLowerCase()) throw no('its name must be in small letters');
  if (!PATH.test(path)) throw no('its name is letters and digits, with ".", "_", "__" or dashes between, and "/"');
  if (tag !== undefined && !TAG.test(tag))
    throw no('a tag has at most 128 letters, digits, "_", "." and "-", and begins with none of the last two');
  return {
    domain,
    path: domain === DEFAULT_DOMAIN && !path.includes('/') ? OFFICIAL + path : path,
    tag: tag ?? (digest === undefined ? 'latest' : undefined),
    digest,
  };
}

/** An id, the beginning of one, or a reference: what names an image that is on the engine. */
export function isImageName(text: string): boolean {
  return IMAGE_ID.test(text) || isReference(text);
}

export function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

/** Throws a 400 that says what is wrong. */
export function checkImageName(text: string): void {
  if (!IMAGE_ID.test(text)) parseReference(text);
}

/** Whether it may be the beginning of an id: it may be the name of an image as well. */
export const isShortId = (text: string): boolean => SHORT_ID.test(text);
export const isImageId = (text: string): boolean => IMAGE_ID.test(text);

/** The whole of it: `docker.io/library/busybox:latest`. The same for all ways to write it. */
export function fullName({ domain, path, tag, digest }: ImageReference): string {
  return `${domain}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** As people write it, and engines list it: `busybox`, without tag and digest. */
export function familiarName({ domain, path }: Pick<ImageReference, 'domain' | 'path'>): string {
  if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}`;
  return path.startsWith(OFFICIAL) && !path.slice(OFFICIAL.length).includes('/') ? path.slice(OFFICIAL.length) : path;
}

/** What is before the first slash is a registry only if it looks like one: it has a dot or a port, or is `localhost`. */
function splitDomain(text: string): { domain: string; rest: string } {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  if (!/[.:[]/.test(first) && first !== 'localhost') return { domain: DEFAULT_DOMAIN, rest: text };
  // Docker's first registry goes by two names.
  const domain = first === 'index.docker.io' ? DEFAULT_DOMAIN : first;
  return { domain, rest: text.slice(slash + 1) };
}

const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
