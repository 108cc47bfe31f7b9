import { Transform } from 'class-transformer';

const DECIMAL = /^-?\d+(\.\d+)?$/;

/** A query's text as the number that it is; anything else (nothing, `0x10`, `1e3`) as NaN, for the validator to refuse. */
export const ToNumber = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && DECIMAL.test(value) ? Number(value) : Number.NaN,
  );
