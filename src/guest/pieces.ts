/** Past it a piece stays as it came. */
const SMALL = 4096;
const BLOCK = 16 * 1024;

/**
 * Bytes that wait, in order. Small pieces are put together as they pile up: each one by itself costs some hundred bytes more than it is long, and
 * keeps the whole buffer alive that it came in, so that a sender of single bytes could take the memory that a bound of bytes was to save.
 */
export class Pieces {
  bytes = 0;
  private readonly whole: Buffer[] = [];
  /** Behind them: what was put together, as far as it is filled. */
  private block?: Buffer;
  private filled = 0;

  add(chunk: Buffer): void {
    const first = this.bytes === 0;
    this.bytes += chunk.length;
    if (first || chunk.length >= SMALL) {
      this.close();
      this.whole.push(chunk);
      return;
    }
    if (this.block && this.filled + chunk.length > BLOCK) this.close();
    this.block ??= Buffer.allocUnsafeSlow(BLOCK);
    this.filled += chunk.copy(this.block, this.filled);
  }

  /** The first of what is here, in pieces of any length. */
  take(): Buffer | undefined {
    if (this.whole.length === 0) this.close();
    const chunk = this.whole.shift();
    if (chunk) this.bytes -= chunk.length;
    return chunk;
  }

  /** All that is here, as one. */
  takeAll(): Buffer {
    this.close();
    const all = this.whole.splice(0);
    this.bytes = 0;
    return all.length === 1 ? all[0] : Buffer.concat(all);
  }

  private close(): void {
    if (!this.block) return;
    const filled = this.block.subarray(0, this.filled);
    this.whole.push(this.filled < SMALL ? Buffer.from(filled) : filled); // or little would keep much
    this.block = undefined;
    this.filled = 0;
  }
}
