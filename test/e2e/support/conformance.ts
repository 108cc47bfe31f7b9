import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Answer } from './service.js';

type Json = Record<string, unknown>;
interface Operation {
  responses: Record<string, { content?: Record<string, unknown>; headers?: Record<string, unknown> }>;
}

/** Headers that mean something in the calls that have them, and not in all. */
const TELLING = 'accept-ranges content-disposition content-encoding content-range etag last-modified'.split(' ');

const document = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../openapi.json'), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};
const ajv = new Ajv({ strict: false, allErrors: true });
(formats as unknown as (ajv: Ajv) => void)(ajv);
ajv.addSchema(closed(document) as object, 'openapi');

/** The most literal one first: `/files/list` before `/files`-like patterns that would take it too. */
const ROUTES = Object.keys(document.paths)
  .map((path) => ({ path, pattern: patternOf(path), parameters: path.split('{').length }))
  .sort((a, b) => a.parameters - b.parameters);

/** Throws when the document does not say that this call may be answered so: status, type, and each field of the body. */
export function checkAnswer(method: string, url: string, answer: Answer): void {
  const [path] = url.split('?');
  if (!path.startsWith('/v1/') || answer.status < 200) return;
  const route = ROUTES.find(
    ({ pattern, path: known }) => pattern.test(path) && method.toLowerCase() in document.paths[known],
  );
  const where = `${method} ${path} answered ${answer.status}`;
  if (!route) return checkUndocumented(where, answer);
  const pointer = ['paths', route.path, method.toLowerCase(), 'responses'];
  const { responses } = document.paths[route.path][method.toLowerCase()];
  const type = (answer.headers.get('content-type') ?? '').split(';')[0];
  const status = [String(answer.status), '2XX'].find(
    (one) => one in responses && (type === '' || type in (responses[one].content ?? {})),
  );
  if (status === undefined) throw new Error(`${where} as "${type}", which openapi.json does not know`);
  const named = Object.keys(responses[status].headers ?? {}).map((name) => name.toLowerCase());
  const silent = TELLING.filter((name) => answer.headers.has(name) && !named.includes(name));
  if (silent.length > 0) throw new Error(`${where} with ${silent.join(', ')}, which openapi.json does not know`);
  const bodies =
    type === 'application/x-ndjson' ? (answer.body as unknown[]) : type === 'application/json' ? [answer.body] : [];
  for (const body of bodies) check(where, [...pointer, status, 'content', type, 'schema'], body);
}

/** A route that the document does not have can only go wrong, as all that goes wrong. */
function checkUndocumented(where: string, answer: Answer): void {
  if (answer.status < 400) throw new Error(`${where}, and openapi.json does not know this call`);
  check(where, ['components', 'schemas', 'ErrorResponse'], answer.body);
}

const known = new Map<string, ValidateFunction>();

function check(where: string, pointer: string[], body: unknown): void {
  const ref = `openapi#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
  const validate = known.get(ref) ?? ajv.compile({ $ref: ref });
  known.set(ref, validate);
  if (!validate(body))
    throw new Error(
      `${where} with a body that openapi.json does not describe: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body).slice(0, 2000)}`,
    );
}

function patternOf(path: string): RegExp {
  const rest = path.startsWith('/v1/images/') ? '.+' : '[^/]+'; // a reference has slashes
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, rest)}$`);
}

/** The same document, in which an object has the fields that it names and no others. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Json = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, closed(part)]));
  if (copy.type === 'object' && copy.properties && copy.additionalProperties === undefined)
    copy.additionalProperties = false;
  return copy;
}
