import { request, type IncomingMessage } from 'node:http';
import { API_KEY, type Service } from './service.js';

/** A line of ND-JSON, and when it came. */
export interface Line {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
  at: number;
}

/** An answer that is read while it comes, line by line, over a connection of its own. */
export class Lines {
  readonly seen: Line[] = [];
  private rest = '';
  private failed?: Error;
  private ended = false;
  private wake: () => void = () => undefined;

  private constructor(readonly answer: IncomingMessage) {
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      const lines = (this.rest + text).split('\n');
      this.rest = lines.pop() ?? '';
      for (const line of lines) if (line) this.seen.push({ body: JSON.parse(line), at: Date.now() });
      this.wake();
    });
    answer.on('end', () => this.finish());
    answer.on('error', (error) => this.finish(error));
  }

  /** Resolves with the answer's head. */
  static open(service: Service, path: string, options: { method?: string; body?: unknown } = {}): Promise<Lines> {
    const { method = 'GET', body } = options;
    return new Promise((resolve, reject) => {
      const call = request(`${service.url}${path}`, {
        method,
        agent: false,
        headers: {
          authorization: `Bearer ${API_KEY}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      });
      call.on('response', (answer) => resolve(new Lines(answer)));
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Until a line is as wanted; gives it. */
  async until(wanted: (body: Line['body']) => boolean, milliseconds = 30_000): Promise<Line> {
    const deadline = Date.now() + milliseconds;
    for (;;) {
      const line = this.seen.find(({ body }) => wanted(body));
      if (line) return line;
      if (this.failed) throw this.failed;
      if (this.ended || Date.now() > deadline)
        throw new Error(`no such line in ${milliseconds} ms: ${JSON.stringify(this.seen.slice(-5))}`);
      await this.change(deadline);
    }
  }

  /** All of it. */
  async all(milliseconds = 60_000): Promise<Line['body'][]> {
    const deadline = Date.now() + milliseconds;
    while (!this.ended) {
      if (Date.now() > deadline) throw new Error(`the answer did not end in ${milliseconds} ms`);
      await this.change(deadline);
    }
    if (this.failed) throw this.failed;
    return this.seen.map(({ body }) => body);
  }

  /** Goes away. */
  leave(): void {
    this.answer.destroy();
  }

  private async change(deadline: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = setTimeout(resolve, Math.max(1, deadline - Date.now()));
    });
    clearTimeout(timer);
  }

  private finish(error?: Error): void {
    this.failed = error;
    this.ended = true;
    this.wake();
  }
}

/** What the lines of one stream are together. */
export function textOf(lines: Line['body'][], stream: 'stdout' | 'stderr'): string {
  return lines.flatMap(({ type, data }) => (type === stream ? [data as string] : [])).join('');
}

/** The same of lines in base64. */
export function bytesOf(lines: Line['body'][], stream: 'stdout' | 'stderr'): Buffer {
  return Buffer.concat(
    lines.flatMap(({ type, data }) => (type === stream ? [Buffer.from(data as string, 'base64')] : [])),
  );
}
