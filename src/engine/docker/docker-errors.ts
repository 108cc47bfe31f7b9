import { tlsTrouble } from './tls-trouble.js';
import { EngineError, type EngineErrorKind } from '../errors.js';

/** What a call is about, so that its failure can be told in our own words. */
export interface Doing {
  /** Ends a sentence: `create the container`. */
  what: string;
  /** What is missing when the engine answers 404 and says no more. */
  missing?: EngineErrorKind;
}

/** What dockerode's errors and Node's carry. */
interface RawError {
  message?: string;
  statusCode?: number;
  code?: string;
  json?: { message?: string } | null;
}

/** Engine messages that name the client's own mistake, and how we say it. `$1`… are numbers from the match. */
const REFUSALS: [RegExp, string][] = [
  [/minimum memory limit allowed is (\d+) ?MB/i, 'The engine allows no memory limit below $1 MB.'],
  [/range of cpus is from ([\d.]+) to ([\d.]+)/i, "The engine's host allows $1 to $2 cpus."],
  [/invalid containerport|invalid port/i, 'A port is not valid.'],
];

/** The one thing that some engines can't do and others can. */
export const NO_DISK_LIMIT =
  "The engine's storage driver can not limit the disk of a container; overlay2 on xfs mounted with pquota, btrfs and zfs can.";

const UNAVAILABLE = /containerd.*(refused|unavailable|no such file)|transport is closing|code = unavailable/i;
/** An image that goes while it is used; 29 tells its store's words, with a 500. */
const NO_IMAGE = /no such image|content digest \S+ not found|parent snapshot \S+ does not exist/i;
const NOT_STATE = /is not paused|is already paused|is not running|is paused|already in progress|already in use/i;

/** Every failure of dockerode as an EngineError; what the engine said goes into `cause`. */
export function toEngineError(error: unknown, doing: Doing): EngineError {
  if (error instanceof EngineError) return error;
  const raw = (error ?? {}) as RawError;
  const kind = kindOf(raw, doing);
  return new EngineError(kind, sentence(kind, raw, doing), { cause: error });
}

/** What the engine itself said, lower level than the kind: for the few decisions that hang on it. */
export function engineText(error: unknown): string {
  const cause = error instanceof EngineError ? error.cause : error;
  const raw = (cause ?? {}) as RawError;
  // Where the answer would have been a stream, dockerode gives its own guess at the reason and the text in one.
  return raw.json?.message ?? raw.message?.replace(/^\(HTTP code \d+\) .*? - /, '') ?? '';
}

/** The connection broke, as it does when the engine closed an idle one just before it was used again. */
export function isBrokenConnection(error: unknown): boolean {
  const cause = (error instanceof EngineError ? error.cause : error) as RawError | undefined;
  return cause?.code === 'ECONNRESET' || cause?.code === 'EPIPE';
}

/** What was read changed meanwhile, and the engine asks to be asked again. */
export const isOvertaken = (error: unknown): boolean => /data changed during operation/i.test(engineText(error));

function kindOf(raw: RawError, doing: Doing): EngineErrorKind {
  // Without a status there was no answer: a socket that is not there, refused, reset, a name or certificate that is wrong.
  if (raw.statusCode === undefined) return 'unavailable';
  const text = engineText(raw);
  if (/no space left on device|disk quota exceeded/i.test(text)) return 'no_space';
  if (/--storage-opt|not enabled quotas/i.test(text)) return 'unsupported';
  if (NO_IMAGE.test(text)) return 'no_such_image';
  if (/no such container/i.test(text)) return 'no_such_container';
  // Some engines answer 500 where the state is the matter.
  if (raw.statusCode === 409 || NOT_STATE.test(text)) return 'conflict';
  if (raw.statusCode === 404) return doing.missing ?? 'internal';
  if (raw.statusCode === 400) return 'invalid';
  if (raw.statusCode === 503 || UNAVAILABLE.test(text)) return 'unavailable';
  return 'internal';
}

function sentence(kind: EngineErrorKind, raw: RawError, doing: Doing): string {
  switch (kind) {
    case 'unavailable':
      return unavailable(raw);
    case 'timeout':
      return `The container engine took too long to ${doing.what}.`;
    case 'aborted':
      return `Gave up waiting for the engine to ${doing.what}.`;
    case 'no_such_container':
      return 'There is no such container.';
    case 'no_such_image':
      return 'There is no such image on the engine.';
    case 'conflict':
      return `Its state does not allow to ${doing.what}.`;
    case 'invalid':
      return refusal(engineText(raw)) ?? `The engine refuses to ${doing.what}.`;
    case 'unsupported':
      return NO_DISK_LIMIT;
    case 'registry_refuses':
    case 'registry_away':
    case 'registry_busy':
      return `The registry failed to help the engine to ${doing.what}.`;
    case 'no_space':
      return "There is no space left on the engine's host.";
    case 'internal':
      return `The engine failed to ${doing.what}.`;
  }
}

function unavailable(raw: RawError): string {
  const trouble = tlsTrouble(raw);
  return trouble ? `The container engine can not be reached: ${trouble}.` : 'The container engine does not answer.';
}

function refusal(text: string): string | undefined {
  for (const [pattern, words] of REFUSALS) {
    const match = pattern.exec(text);
    if (match) return words.replace(/\$(\d)/g, (_, index: string) => match[Number(index)] ?? '');
  }
  return undefined;
}
