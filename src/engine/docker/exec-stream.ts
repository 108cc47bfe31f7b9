import { Duplex } from 'node:stream';
import { EngineError } from '../errors.js';

const HEADER_BYTES = 8;
const STDOUT = 1;
const STDERR = 2;
/** Of what the program says on stderr this much is kept, for the log. */
const MAX_STDERR = 4096;

/**
 * A program's stdin and stdout over the connection of an engine exec without a TTY. What comes in is framed: one byte of
 * stream (1 stdout, 2 stderr), three of zeros, four of length (big endian), and that many of data; frames may be split
 * anywhere. A reader that does not read stops the connection, and so, by the kernel, the program; likewise the other way.
 */
export class ExecStream extends Duplex {
  private readonly header = Buffer.alloc(HEADER_BYTES);
  private headerLength = 0;
  private stream = 0;
  private left = 0;
  private stdoutSeen = false;
  private ended = false;
  private readonly stderr: Buffer[] = [];
  private stderrBytes = 0;

  /** Takes over the connection; it is closed when this is destroyed. */
  constructor(private readonly socket: Duplex) {
    // When the program has ended there is nobody to write to, either.
    super({ allowHalfOpen: false });
    socket.on('data', (chunk: Buffer) => {
      if (!this.unframe(chunk)) socket.pause();
    });
    socket.on('end', () => this.onEnd());
    socket.on('error', (error) => this.destroy(broken(error)));
    socket.on('close', () => {
      if (!this.ended) this.destroy(broken());
    });
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (this.socket.writable) this.socket.write(chunk, callback);
    else callback(broken());
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    if (!this.socket.writable) return callback(broken());
    this.socket.cork();
    chunks.forEach(({ chunk }, index) => this.socket.write(chunk, index === chunks.length - 1 ? callback : undefined));
    this.socket.uncork();
  }

  /** The end of the program's input. */
  override _final(callback: (error?: Error | null) => void): void {
    if (this.socket.writable) this.socket.end(() => callback());
    else callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.socket.destroy();
    callback(error);
  }

  /** Parses what came; false when the reader has enough for now. */
  private unframe(chunk: Buffer): boolean {
    let wanted = true;
    let at = 0;
    while (at < chunk.length) {
      if (this.left === 0) {
        const copied = chunk.copy(this.header, this.headerLength, at);
        at += copied;
        this.headerLength += copied;
        if (this.headerLength < HEADER_BYTES) break;
        if (!this.openFrame()) return false;
      } else {
        const data = chunk.subarray(at, at + this.left);
        at += data.length;
        this.left -= data.length;
        if (!this.deliver(data)) wanted = false;
      }
    }
    return wanted;
  }

  private openFrame(): boolean {
    this.headerLength = 0;
    this.stream = this.header[0] ?? 0;
    this.left = this.header.readUInt32BE(4);
    if (this.stream <= STDERR) return true;
    this.destroy(new EngineError('internal', 'The engine sent what is not a frame.'));
    return false;
  }

  private deliver(data: Buffer): boolean {
    if (this.stream === STDERR) {
      if (this.stderrBytes < MAX_STDERR) this.stderr.push(data.subarray(0, MAX_STDERR - this.stderrBytes));
      this.stderrBytes += data.length;
      return true;
    }
    if (this.stream !== STDOUT) return true;
    if (!this.stdoutSeen && isEngineWords(data)) {
      this.destroy(notStarted(data.toString()));
      return false;
    }
    this.stdoutSeen = true;
    return this.push(data);
  }

  private onEnd(): void {
    this.ended = true;
    if (this.left > 0 || this.headerLength > 0) {
      this.destroy(broken());
    } else if (!this.stdoutSeen && this.stderrBytes > 0) {
      this.destroy(notStarted(Buffer.concat(this.stderr).toString()));
    } else {
      this.push(null);
    }
  }
}

const broken = (cause?: unknown) =>
  new EngineError('unavailable', 'The connection to the program in the container broke.', { cause });

/** A program that could not be started has its engine's words as its output. */
const isEngineWords = (data: Buffer) =>
  /^(OCI runtime exec failed|failed to start exec)/.test(data.toString('latin1', 0, 40));

const notStarted = (words: string) =>
  new EngineError('internal', 'The program in the container failed before it said anything.', {
    cause: new Error(words),
  });
