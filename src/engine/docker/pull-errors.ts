import { EngineError, type EngineErrorKind } from '../errors.js';
import { familiarName, fullName, type ImageReference } from '../image-reference.js';

/** More of what a registry said is of no use to anybody. */
const MAX_SAID = 500;

/** What came is no image that can be unpacked: the engine says so in words of its own host. */
const BROKEN = /failed to (register|extract|unpack|apply)|error processing tar|unexpected media type/i;

/**
 * Engines tell what a registry answered in words alone, and each generation in others: those up to 28 speak to it themselves, 29 has containerd do it.
 * The first that matches decides.
 */
const WORDS: [EngineErrorKind, RegExp][] = [
  ['no_space', /no space left on device|disk quota exceeded/i],
  ['unavailable', /dial unix|containerd\.sock|transport is closing/i],
  ['internal', /input\/output error|read-only file system|cannot allocate memory|too many open files/i],
  ['registry_away', BROKEN],
  [
    'unsupported',
    /no matching manifest|no match for platform|does not (match|provide) the specified platform|platform specifier|unknown operating system or architecture|operating system .*(not supported|cannot be used)|invalid platform/i,
  ],
  ['registry_busy', /toomanyrequests|too many requests|rate limit|HTTP 429/i],
  // The engine's own part.
  [
    'internal',
    /failed to (prepare|lease)|\b(open|creat|mkdir|rename|remove|unlinkat|chmod|l?chown|l?stat|sync) \/\S+: /i,
  ],
  [
    'registry_refuses',
    /no basic auth credentials|unauthori[sz]ed|unauthenticated|authentication required|authorization failed|incorrect username or password|access denied|is denied|denied:|insufficient_scope|docker login|\b(401|403)\b|forbidden|failed to (authorize|fetch \w+ token).*\b(400|401|403)\b/i,
  ],
  [
    'registry_away',
    /dial tcp|no such host|connection (refused|reset)|network is unreachable|no route to host|i\/o timeout|timeout|deadline exceeded|\bEOF\b|tls|x509|certificate|http response to https client|unexpected (http )?status|\b5\d\d\b|broken pipe|proxyconnect/i,
  ],
  ['no_such_image', /manifest unknown|name unknown|not found|not known to registry|does not exist|blob unknown/i],
  ['invalid', /invalid reference format/i],
];

/** Where the words say nothing. */
const BY_STATUS: Record<number, EngineErrorKind> = {
  400: 'invalid',
  401: 'registry_refuses',
  403: 'registry_refuses',
  404: 'no_such_image',
};

/** Why an engine could not pull an image, by what it said and the status that it said it with (200: in the middle). */
export function pullError(said: string, status: number, reference: ImageReference): EngineError {
  // A reference may hold any of the words: `team/denied:404`.
  const words = withoutReference(said, reference);
  const known = WORDS.find(([, pattern]) => pattern.test(words))?.[0];
  const kind = known ?? BY_STATUS[status] ?? 'registry_away';
  const cause = new Error(said);
  if (kind === 'registry_away' && BROKEN.test(words)) return new EngineError(kind, broken(reference), { cause });
  return new EngineError(kind, sentence(kind, reference), { cause, details: details(kind, said) });
}

const broken = (reference: ImageReference) =>
  `The engine can not unpack ${fullName(reference)} as the registry ${reference.domain} has it.`;

function sentence(kind: EngineErrorKind, reference: ImageReference): string {
  const name = fullName(reference);
  switch (kind) {
    case 'unavailable':
      return 'The container engine does not answer.';
    case 'no_space':
      return "There is no space left on the engine's host.";
    case 'unsupported':
      return `There is no image ${name} for this platform.`;
    case 'registry_busy':
      return `The registry ${reference.domain} wants fewer requests.`;
    case 'registry_refuses':
      return `The registry ${reference.domain} does not give ${name} with these credentials, or without any; it may say so of what it does not have, too.`;
    case 'no_such_image':
      return `The registry ${reference.domain} has no image ${name}.`;
    case 'registry_away':
      return `The registry ${reference.domain} does not answer, or not as a registry does.`;
    case 'invalid':
      return `The engine refuses the reference ${name}.`;
    default:
      return 'The engine failed to pull the image.';
  }
}

/** What the registry said; nothing of what the engine says of its own host. */
function details(kind: EngineErrorKind, said: string): { registry: string } | undefined {
  if (kind === 'no_space' || kind === 'internal' || kind === 'unavailable') return undefined;
  const text = said
    // What is no registry's answer may be any page of any server that the engine can reach.
    .replace(/response body: .*/s, 'response body')
    .replace(/\?[^\s"]*/g, '');
  return { registry: text.length > MAX_SAID ? `${text.slice(0, MAX_SAID)}…` : text };
}

function withoutReference(said: string, reference: ImageReference): string {
  const { domain, path, tag, digest } = reference;
  const parts = [fullName(reference), `${domain}/${path}`, familiarName(reference), path, domain];
  const text = [...parts, digest].reduce<string>((rest, part) => (part ? rest.replaceAll(part, '') : rest), said);
  return (tag ? text.replaceAll(`:${tag}`, '') : text).replace(/"https?:[^"]*"/g, '');
}
