/**
 * Bytes at the end of the data that are the beginning of a character whose rest may still come: 0 to 3. The rule is the
 * decoder's own (https://encoding.spec.whatwg.org/#utf-8-decoder): what can't become a character is not waited for.
 */
export function unfinishedCharacter(data: Buffer): number {
  for (let back = 1; back <= Math.min(3, data.length); back++) {
    const byte = data[data.length - back];
    if ((byte & 0xc0) === 0x80) continue; // the middle of a character: its first byte is before it
    if (byte < 0xc2 || byte > 0xf4) return 0;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    if (back >= length) return 0;
    return back === 1 || canFollow(byte, data[data.length - back + 1]) ? back : 0;
  }
  return 0;
}

/** Some first bytes allow fewer second ones: no overlong forms, no surrogates, nothing past U+10FFFF. */
function canFollow(first: number, second: number): boolean {
  if (first === 0xe0) return second >= 0xa0;
  if (first === 0xed) return second <= 0x9f;
  if (first === 0xf0) return second >= 0x90;
  if (first === 0xf4) return second <= 0x8f;
  return true;
}
