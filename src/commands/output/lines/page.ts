import { isUtf8 } from 'node:buffer';

const LEAST = 256;
/** Digits that a number has at most, and more. */
const MAX_DIGITS = 20;
/** A byte as `\u00XX` is the longest that one becomes. */
const MAX_ESCAPE = 6;

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const ZERO = 0x30;

/** How JSON writes what is below a space. */
const CONTROLS = Array.from({ length: SPACE }, (_, code) => JSON.stringify(String.fromCharCode(code)).slice(1, -1));

/**
 * What is on its way to a client, written as bytes from the beginning: a gigabyte of lines as texts and numbers would be several of garbage, of
 * which the collector takes some for keepers.
 */
export class Page {
  private room = Buffer.alloc(0);
  private size = LEAST;
  private at = 0;

  get length(): number {
    return this.at;
  }

  /** All that was written since the last time. It is the caller's. */
  take(): Buffer {
    const page = this.room.subarray(0, this.at);
    this.size = Math.max(LEAST, this.at);
    this.room = Buffer.alloc(0);
    this.at = 0;
    return page;
  }

  text(text: string): void {
    this.reserve(text.length * 3);
    this.at += this.room.write(text, this.at);
  }

  /** ASCII only. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let nth = 0; nth < text.length; nth++) this.room[this.at++] = text.charCodeAt(nth);
  }

  /** An integer from 0 to Number.MAX_SAFE_INTEGER. */
  integer(number: number): void {
    this.reserve(MAX_DIGITS);
    let end = this.at + 1;
    for (let rest = number; rest >= 10; rest /= 10) end++;
    let rest = number;
    for (let place = end; place > this.at;) {
      const tens = Math.floor(rest / 10);
      this.room[--place] = ZERO + (rest - tens * 10);
      rest = tens;
    }
    this.at = end;
  }

  base64(data: Buffer): void {
    const text = data.toString('base64');
    this.reserve(text.length);
    this.at += this.room.write(text, this.at, 'latin1');
  }

  /** The inside of a JSON string: UTF-8, and U+FFFD for what is not. */
  json(data: Buffer): void {
    const bytes = isUtf8(data) ? data : Buffer.from(data.toString());
    this.reserve(bytes.length + MAX_ESCAPE);
    for (let nth = 0; nth < bytes.length; nth++) {
      const byte = bytes[nth];
      if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) {
        this.room[this.at++] = byte;
        continue;
      }
      this.reserve(bytes.length - nth + MAX_ESCAPE);
      this.escape(byte);
    }
  }

  private escape(byte: number): void {
    if (byte < SPACE && byte !== NEWLINE) return this.ascii(CONTROLS[byte]);
    this.room[this.at++] = BACKSLASH;
    this.room[this.at++] = byte === NEWLINE ? 0x6e : byte;
  }

  /** Room for so many bytes more. */
  private reserve(bytes: number): void {
    const wanted = this.at + bytes;
    if (wanted <= this.room.length) return;
    const room = Buffer.allocUnsafe(Math.max(wanted, this.size, this.room.length * 2));
    this.room.copy(room, 0, 0, this.at);
    this.room = room;
  }
}
