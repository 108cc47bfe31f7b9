import { constants } from 'node:os';

/** Signal numbers of Linux by name, without "SIG". */
const NUMBERS = new Map(Object.entries(constants.signals).map(([name, number]) => [name.slice(3), number]));

/** `15`, `"15"`, `"TERM"` or `"SIGTERM"` as its number; anything else is left as it is, for the validator to refuse. */
export function toSignal(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^\d{1,2}$/.test(value)) return Number(value);
  return NUMBERS.get(value.toUpperCase().replace(/^SIG/, '')) ?? value;
}
