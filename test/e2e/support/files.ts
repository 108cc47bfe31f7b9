import { checkAnswer } from './conformance.js';
import { Service, type Sandbox } from './service.js';

export interface RawAnswer {
  status: number;
  headers: Headers;
  bytes: Buffer;
  // Tests look into answers of many shapes; what they find there is what they assert.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json: any;
}

export interface RawCall {
  method?: string;
  /** Behind `/files`. */
  call?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Buffer | string | object | ReadableStream;
}

const BYTES = 'application/octet-stream';

/** Calls on the files of one sandbox in all their forms. */
export class Files {
  constructor(private readonly sandbox: Sandbox) {}

  async call({ method = 'GET', call = '', query = {}, headers = {}, body }: RawCall): Promise<RawAnswer> {
    const raw = typeof body === 'string' || Buffer.isBuffer(body) || body instanceof ReadableStream;
    const { service, path } = this.sandbox;
    const response = await fetch(`${service.url}${path}/files${call}?${new URLSearchParams(query)}`, {
      method,
      headers: {
        authorization: service.headers.authorization,
        ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : ((raw ? body : JSON.stringify(body)) as BodyInit),
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = response.headers.get('content-type')?.startsWith('application/json') && bytes.length > 0;
    const json: unknown = isJson ? JSON.parse(bytes.toString()) : undefined;
    // What the document says of GET holds for HEAD, whose errors have no body to look at.
    const answer = { status: response.status, headers: response.headers, body: json };
    if (method !== 'HEAD' || response.ok)
      checkAnswer(method === 'HEAD' ? 'GET' : method, `${path}/files${call}`, answer);
    return { status: response.status, headers: response.headers, bytes, json };
  }

  /** The bytes of a file. */
  get = (path: string, headers: Record<string, string> = {}, query: Record<string, string> = {}) =>
    this.call({ query: { path, ...query }, headers: { accept: BYTES, ...headers } });

  /** Writes bytes. */
  put = (path: string, body: Buffer | string | ReadableStream, more: Pick<RawCall, 'headers' | 'query'> = {}) =>
    this.call({
      method: 'PUT',
      query: { path, ...more.query },
      headers: { 'content-type': BYTES, ...more.headers },
      body,
    });

  stat = (path: string, query: Record<string, string> = {}) => this.call({ call: '/stat', query: { path, ...query } });

  list = (path: string, query: Record<string, string> = {}) => this.call({ call: '/list', query: { path, ...query } });

  post = (call: string, path: string, body: object = {}, query: Record<string, string> = {}) =>
    this.call({ method: 'POST', call: `/${call}`, query: { path, ...query }, body });

  patch = (path: string, body: object, query: Record<string, string> = {}) =>
    this.call({ method: 'PATCH', query: { path, ...query }, body });
}

/** Percent-encoded by the caller in base64: paths of any bytes. */
export const base64 = (bytes: Buffer | string) => Buffer.from(bytes).toString('base64');

export interface FilesHere {
  service: Service;
  sandbox: Sandbox;
  files: Files;
  /** What a shell inside says. */
  truth: (script: string) => Promise<string>;
}

/** A service with one sandbox for the tests of a `describe`, there before the first of them and gone after the last. */
export function filesHere(env: Record<string, string> = {}): FilesHere {
  const here = { truth: async (script: string) => (await here.sandbox.sh(script)).stdout } as FilesHere;
  beforeAll(async () => {
    here.service = await Service.start(env);
    here.sandbox = await here.service.sandbox();
    here.files = new Files(here.sandbox);
  });
  afterAll(() => here.service.stop());
  return here;
}
