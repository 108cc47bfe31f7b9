import { Transform } from 'class-transformer';

/**
 * A member of a body whose own members are data with any name (`env`, `labels`), sealed while the body goes through Nest and class-transformer:
 * those delete, or trip over, what is called `constructor`, and are slow with thousands of members. JSON's parser has refused what could do harm.
 */
export class RawRecord {
  static readonly FIELDS: readonly string[] = ['env', 'labels'];
  readonly #value: object;

  private constructor(value: object) {
    this.#value = value;
  }

  static seal(value: unknown): unknown {
    return typeof value === 'object' && value !== null ? new RawRecord(value) : value;
  }

  static open(value: unknown): unknown {
    return value instanceof RawRecord ? value.#value : value;
  }
}

/** Takes the member as it was in the body, through `convert`. */
export const FromRaw = (convert: (value: unknown) => unknown = (value) => value) =>
  Transform(({ obj, key }) => convert(RawRecord.open((obj as Record<string, unknown>)[key])));
