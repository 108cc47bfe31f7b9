import { registerDecorator, type ValidationOptions } from 'class-validator';
import { FromRaw } from './raw-record.js';

const NAME = /^[^=\0]+$/;

/** `["KEY=VALUE"]` or `{"KEY":"VALUE"}`, as one record; anything else is left as it is, for the validator to refuse. */
export function toEnvRecord(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const pairs = value.map((line: unknown) =>
    typeof line === 'string' && line.includes('=') ? split(line) : undefined,
  );
  return pairs.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : value;
}

function split(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}

export const ToEnvRecord = () => FromRaw(toEnvRecord);

function isEnvRecord(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([name, text]) => NAME.test(name) && typeof text === 'string' && !text.includes('\0'),
  );
}

/** A record of variables: names without `=`, values of text, no NUL in either. */
export function IsEnv(options?: ValidationOptions): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isEnv',
      target: target.constructor,
      propertyName: property as string,
      options: {
        message: `${String(property)} must be variables: {"KEY":"VALUE"} with names that are not empty and hold no "=", and no NUL anywhere`,
        ...options,
      },
      validator: { validate: isEnvRecord },
    });
  };
}
