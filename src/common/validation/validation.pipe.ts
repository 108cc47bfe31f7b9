import {
  type ArgumentMetadata,
  Injectable,
  ValidationPipe as NestValidationPipe,
  type ValidationError,
} from '@nestjs/common';
import { AtollError, badRequest } from '../errors/atoll-error.js';
import { RawRecord } from './raw-record.js';
import { checkBody } from './check-body.js';

/** Global: unknown fields are refused, and the first sentence names the field. */
@Injectable()
export class ValidationPipe extends NestValidationPipe {
  constructor() {
    super({ whitelist: true, forbidNonWhitelisted: true, transform: true, exceptionFactory: toBadRequest });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (metadata.type === 'body' && value !== undefined && !isObject)
      throw badRequest('the body must be a JSON object');
    if (metadata.type === 'body') checkBody(value);
    const checked = metadata.type === 'body' && isObject ? sealed(value) : value;
    refuseInherited(checked, '');
    return super.transform(checked, metadata) as Promise<unknown>;
  }
}

function sealed(body: object): object {
  const records = RawRecord.FIELDS.filter((name) => Object.hasOwn(body, name));
  return {
    ...body,
    ...Object.fromEntries(records.map((name) => [name, RawRecord.seal((body as Record<string, unknown>)[name])])),
  };
}

/**
 * `constructor`, `__proto__`, `toString`: no field of ours. Nest, class-transformer and class-validator pass over what every object has by
 * inheritance, so that they would not be refused as any other unknown field.
 */
function refuseInherited(value: unknown, prefix: string): void {
  if (typeof value !== 'object' || value === null || value instanceof RawRecord || Buffer.isBuffer(value)) return;
  for (const [name, member] of Object.entries(value)) {
    const field = fieldOf(name, prefix);
    if (name in Object.prototype) throw unknownField(field);
    refuseInherited(member, field);
  }
}

const unknown = (field: string) => `unknown field "${field}"`;
const unknownField = (field: string) => badRequest(unknown(field), [{ field, message: unknown(field) }]);

function toBadRequest(errors: ValidationError[]): AtollError {
  const problems = errors.flatMap((error) => flatten(error, ''));
  return badRequest(problems[0]?.message ?? 'the request is not valid', problems);
}

/** One entry a field: `resources.memory`, `ports[1]`. */
function flatten(error: ValidationError, prefix: string): { field: string; message: string }[] {
  const field = fieldOf(error.property, prefix);
  const own = Object.entries(error.constraints ?? {})
    .sort(mostTelling)
    .map(([rule, message]) => ({
      field,
      message: rule === 'whitelistValidation' ? unknown(field) : prefix ? `${prefix}: ${message}` : message,
    }));
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, field))];
}

function fieldOf(name: string, prefix: string): string {
  if (/^\d+$/.test(name)) return `${prefix}[${name}]`;
  return prefix ? `${prefix}.${name}` : name;
}

const FINER = ['matches', 'min', 'max'];

/** Where a field breaks several rules, that it has the wrong type says more than that its text does not match, or that it is out of bounds. */
const mostTelling = ([a]: [string, string], [b]: [string, string]) =>
  Number(FINER.includes(a)) - Number(FINER.includes(b));

const pipe = new ValidationPipe();

/** A JSON body of a call that takes other bodies too, checked as Nest checks one that is declared. */
export const validated = async <T extends object>(type: new () => T, body: unknown): Promise<T> =>
  (await pipe.transform(body ?? {}, { type: 'body', metatype: type })) as T;
