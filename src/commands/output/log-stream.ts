import type { Command } from '../../store/command.types.js';
import { toAtollError } from '../../common/errors/to-atoll-error.js';
import { spent } from '../../common/spent.js';
import type { CommandWatch } from '../command-watch.js';
import type { Followed } from '../followed.js';
import { LogLines, type LogLine } from './log-lines.js';
import { seqPastEnd } from './lines/seq.js';
import { Page } from './lines/page.js';
import type { Rendering } from './lines/render.js';
import type { StreamName } from './records.js';
import { Waker } from './waker.js';

/** Runs but is not followed just now: look again after this. */
const LOOK_MS = 500;
/** An unfinished line is handed out after this at most, whatever the clock in the sandbox says. */
const FLUSH_MS = 100;
/** What is handed on in one piece, about: empty lines grow fortyfold as JSON. */
const PIECE = 128 * 1024;

export interface LogStreamOptions {
  folder: string;
  /** The seq of the last line that the client has had; 0 from the first byte kept. */
  after: number;
  /** Which streams are wanted. */
  streams: ReadonlySet<StreamName>;
  /** No line ends within a UTF-8 character. */
  wholeCharacters: boolean;
  rendering: Rendering;
  /** A sign of life after this much silence. */
  heartbeatMs?: number;
  /** The wait ends then, not the command. */
  deadlineMs?: number;
  /** Said first; nothing opens the stream without a word. */
  first?: object;
  /** Said last: of the command as it ended, or as it ran at the deadline. */
  last: (command: Command, seq: number) => object;
}

/**
 * What a command says, line by line, for one client: what is kept, then live, then its end. It reads the kept output and goes on when it has been
 * told of more, so a client that reads slowly holds nobody up and costs no memory.
 */
export class LogStream implements AsyncIterable<string | Buffer> {
  private readonly waker = new Waker();
  /** What is said next. */
  private readonly page = new Page();
  private left = false;
  private saidAt = performance.now();

  constructor(
    private readonly watch: CommandWatch,
    private readonly command: Command,
    private readonly options: LogStreamOptions,
  ) {}

  /** A client that goes away ends it at once, also while nothing is said. */
  [Symbol.asyncIterator](): AsyncIterator<string | Buffer> {
    const texts = this.texts();
    return {
      next: () => texts.next(),
      return: () => {
        this.left = true;
        this.waker.wake();
        return texts.return(undefined);
      },
    };
  }

  private async *texts(): AsyncGenerator<string | Buffer, undefined> {
    const { page } = this;
    const { rendering, first } = this.options;
    if (first) rendering.object(page, first);
    // Even an empty text sends the headers: who reads along knows that it has begun.
    yield first ? page.take() : '';
    try {
      yield* this.follow();
    } catch (error) {
      const { code, message } = toAtollError(error);
      rendering.object(page, { type: 'error', code, message });
      yield page.take();
    }
    return undefined;
  }

  private async *follow(): AsyncGenerator<string | Buffer> {
    const { folder, after, wholeCharacters, rendering, last, deadlineMs = Infinity } = this.options;
    const lines = new LogLines(folder, after, wholeCharacters);
    const deadline = performance.now() + deadlineMs;
    let listening: Followed | undefined;
    let stop: (() => void) | undefined;
    try {
      while (!this.left) {
        const { length, followed, ended } = await this.watch.progress(this.command);
        if (followed !== listening) {
          stop?.();
          stop = followed?.onChange(this.waker.wake);
          listening = followed;
          this.waker.wake(); // nobody has told us what came before we listened: look once more
        }
        const isLate = () => !ended && performance.now() >= deadline;
        for await (const _written of this.read(lines, length)) {
          yield this.say();
          if (isLate()) break;
        }
        // At the deadline it is told as it was: had it ended since, not all that it said would stand before that.
        const now = ended ?? (isLate() ? this.command : undefined);
        if (now) {
          this.write(ended ? lines.end() : lines.flush());
          const seq = ended ? seqPastEnd(length, 2) : lines.seq;
          rendering.object(this.page, last(now, seq), seq);
          yield this.say();
          return;
        }
        // What came since then has woken us already; asleep or not, there is nothing to be missed.
        await this.pause(lines, deadline, followed ? Infinity : LOOK_MS);
        if (this.page.length > 0) yield this.say();
      }
    } finally {
      stop?.();
      await lines.close();
    }
  }

  /** What there is up to this length, a page at a time: while a client is slow to take it nothing else may stay in memory. */
  private async *read(lines: LogLines, length: number): AsyncGenerator<Page> {
    for (let some = await lines.next(length); some && !this.left; some = await lines.next(length)) {
      for (const line of some) {
        this.writeLine(line);
        if (this.page.length >= PIECE) yield this.page;
      }
      if (this.page.length > 0) yield this.page;
    }
  }

  /** Until there is more to read; then writes what the time that passed makes due. */
  private async pause(lines: LogLines, deadline: number, most: number): Promise<void> {
    const { heartbeatMs = Infinity, rendering } = this.options;
    const begun = performance.now();
    const flushAt = lines.dueAt === undefined ? Infinity : Math.min(begun + lines.dueAt - Date.now(), begun + FLUSH_MS);
    const until = Math.min(flushAt, this.saidAt + heartbeatMs, deadline, begun + most);
    await this.waker.sleep(until === Infinity ? undefined : Math.max(0, until - begun));
    if (this.left) return;
    const now = performance.now();
    if (now >= flushAt) this.write(lines.flush());
    if (this.page.length === 0 && now >= this.saidAt + heartbeatMs) rendering.heartbeat(this.page);
  }

  private say(): Buffer {
    this.saidAt = performance.now();
    spent(this.page.length);
    return this.page.take();
  }

  private write(lines: LogLine[]): void {
    for (const line of lines) this.writeLine(line);
  }

  private writeLine(line: LogLine): void {
    const { rendering, streams } = this.options;
    if ('missing' in line)
      rendering.object(this.page, { type: 'truncated', bytes: line.missing, seq: line.seq }, line.seq);
    else if (streams.has(line.stream)) rendering.piece(this.page, line);
  }
}
