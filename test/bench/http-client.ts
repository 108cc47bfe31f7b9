import http from 'node:http';
import { spent } from '../../src/common/spent.js';

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  /** An object is sent as JSON, bytes as `type`. */
  body?: object | Buffer;
  /** Of bytes; a tar archive without. */
  type?: string;
  /** Of the answer that is wanted. */
  accept?: string;
  /** Where a large answer is put together, instead of in memory that is new each time: to get that costs as much as to read. */
  into?: Buffer;
}

export interface Reply {
  status: number;
  body: Buffer;
}

export type Target = { socketPath: string } | { host: string; port: number };

/** Room for the largest answer of a benchmark, as a tar archive too. */
export const ROOM = Buffer.alloc(80 * 1024 * 1024);

const TIMEOUT_MS = 60_000;

/** Plain HTTP over connections that are kept open: the same client for both sides, so that neither pays for another one. */
export class HttpClient {
  private readonly agent = new http.Agent({ keepAlive: true, maxFreeSockets: 64 });

  constructor(
    private readonly target: Target,
    private readonly headers: Record<string, string> = {},
  ) {}

  /** Reads the answer to its end. Rejects when its status is not one of those expected. */
  async call(call: Call, ...expected: number[]): Promise<Buffer> {
    const { status, body } = await this.send(call);
    if (expected.includes(status)) return body;
    throw new Error(`${call.method} ${call.path} answered ${status} ${body.toString().slice(0, 500)}`);
  }

  async json<T>(call: Call, ...expected: number[]): Promise<T> {
    return JSON.parse((await this.call(call, ...expected)).toString()) as T;
  }

  close(): void {
    this.agent.destroy();
  }

  private send({ method, path, body, type: given = 'application/x-tar', accept, into }: Call): Promise<Reply> {
    const payload = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const type = Buffer.isBuffer(body) ? given : 'application/json';
    const about = payload ? { 'content-type': type, 'content-length': payload.length } : {};
    const headers = { ...this.headers, ...about, ...(accept ? { accept } : {}) };
    return new Promise((resolve, reject) => {
      const request = http.request({ ...this.target, agent: this.agent, method, path, headers, timeout: TIMEOUT_MS });
      request.on('timeout', () => request.destroy(new Error(`${method} ${path} took too long`)));
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          if (into) size += chunk.copy(into, size);
          else chunks.push(chunk);
          spent(chunk.length);
        });
        response.on('error', reject);
        response.on('end', () => {
          const body = into ? into.subarray(0, size) : Buffer.concat(chunks);
          resolve({ status: response.statusCode ?? 0, body });
        });
      });
      request.end(payload);
    });
  }
}
