const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Of an object of the agent's, besides those in it; more than any has. */
export const MAX_FIELDS = 32;

/**
 * JSON of the agent's, which is not believed: of so many bytes, `[{},{},…` makes forty times as many in memory, and stands still for it. So what
 * is outside of its strings is counted before. Throws where there is more than `values` have, names in objects included, or it is no JSON.
 */
export function boundedJson(bytes: Buffer, values = MAX_FIELDS): unknown {
  let structure = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at + 1);
    else if (isStructure(byte) && ++structure > 2 * values) throw new Error(`JSON of more than ${values} values`);
  }
  return JSON.parse(bytes.toString());
}

/** What stands before a value, or begins one that holds others: `{ [ , :` */
const isStructure = (byte: number): boolean => byte === 0x7b || byte === 0x5b || byte === 0x2c || byte === 0x3a;

/** Where its closing quote is; past the end where there is none. */
function endOfString(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
