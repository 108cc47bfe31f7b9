import http from 'node:http';
import { containersOf, rowsOf } from './support/engine-view.js';
import { API_KEY, eventually, IMAGE, Service, type Sandbox } from './support/service.js';

/** On a machine that is busy with other work a boot alone takes longer. */
const READY_MS = Number(process.env.ATOLL_TEST_READY_MS ?? 20_000);
/** The counter alone takes 14 s at least. */
const LONG = { timeout: 180_000 };
/** About as large as a body may be that is still on its way when the signal comes. */
const FILE = 'x'.repeat(200_000);

interface Outcome {
  what: string;
  status?: number;
  text: string;
  /** What the connection died of. */
  broke?: string;
}

/** By connections that are kept open, as clients have them; a request is sent once, whatever becomes of it. */
class Client {
  private readonly agent = new http.Agent({ keepAlive: true });

  constructor(private readonly service: Service) {}

  send(what: string, method: string, path: string, body?: object): Promise<Outcome> {
    const payload = body && JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${API_KEY}`,
      ...(payload ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) } : {}),
    };
    return new Promise((resolve) => {
      let text = '';
      let status: number | undefined;
      const end = (broke?: string) => resolve({ what, status, text, broke });
      const request = http.request(`${this.service.url}${path}`, { method, headers, agent: this.agent }, (response) => {
        status = response.statusCode;
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => end());
        response.on('error', (error: NodeJS.ErrnoException) => end(error.code));
      });
      request.on('error', (error: NodeJS.ErrnoException) => end(error.code));
      request.end(payload);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

describe('a service that is replaced under load', () => {
  let service: Service;
  let client: Client;
  let sandboxes: Sandbox[];
  beforeAll(async () => {
    service = await Service.start({ ATOLL_SHUTDOWN_GRACE: '30000' });
    client = new Client(service);
    sandboxes = await Promise.all([service.sandbox(), service.sandbox()]);
  });
  afterAll(async () => {
    client.close();
    await service.stop();
  });

  it('answers all that it accepted, ends its streams, and is ready again at once', LONG, async () => {
    const [{ path, id }] = sandboxes;
    const counter = await sandboxes[0].spawn('sh', [
      '-c',
      'i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); sleep 0.005; done',
    ]);
    const stream = client.send('stream', 'GET', `${path}/cmd/${counter}/logs?stream=true`);
    const events = new EventReader(service, `${path}/cmd/${counter}/logs?stream=true`);
    const watch = client.send('watch', 'GET', `${path}/files/watch?path=/`);
    const wait = client.send('long wait', 'GET', `${path}/cmd/${counter}?wait=true`);

    let stopping = false;
    const outcomes: Outcome[] = [];
    const worker = async (n: number) => {
      for (let round = 0; !stopping; round += 1) {
        const file = `/tmp/${n}-${round}`;
        for (const sent of [
          client.send(`exec ${n} ${round}`, 'POST', `${sandboxes[1].path}/cmd?wait=true`, {
            command: 'sh',
            args: ['-c', 'sleep 0.05; exit 7'],
          }),
          client.send(file, 'PUT', `${path}/files?path=${file}`, { content: FILE }),
          client.send('list', 'GET', '/v1/sandboxes'),
        ])
          outcomes.push(await sent);
      }
    };
    const workers = [0, 1, 2, 3].map(worker);
    await eventually(
      async () => outcomes.length,
      (count) => count > 30,
      30_000,
    );
    const rows = rowsOf(service).length;
    const creates = [0, 1, 2].map((n) => client.send(`create ${n}`, 'POST', '/v1/sandboxes', { image: IMAGE }));
    await eventually(
      async () => rowsOf(service).length,
      (count) => count === rows + creates.length,
    );
    const begun = Date.now();
    const exit = service.kill('SIGTERM');
    stopping = true;
    expect(await exit).toBe(0);
    const boot = await service.boot();
    const awayMs = Date.now() - begun;
    console.log(`restart under load: ended after ${awayMs - boot} ms, ready ${awayMs} ms after the signal`);
    expect(boot).toBeLessThan(READY_MS); // how long the old one takes is for what it had accepted to say
    await Promise.all(workers);
    outcomes.push(...(await Promise.all(creates)));

    // A connection that was closed before its request was read is all that may be without an answer.
    for (const { what, status, broke } of outcomes.filter(({ broke }) => broke))
      expect({ what, status, broke }).toEqual({
        what,
        status: undefined,
        broke: expect.stringMatching(/^ECONN(RESET|REFUSED)$/),
      });
    const answered = outcomes.filter(({ broke }) => !broke);
    expect(answered.length).toBeGreaterThan(20);
    for (const { what, status, text } of answered) {
      expect({ what, status, text }).toMatchObject({ what, status: what.startsWith('create') ? 201 : 200 });
      if (!what.startsWith('exec')) continue;
      const lines = linesOf(text);
      expect(lines).toMatchObject([{ command: { state: 'running' } }, { command: { state: 'exited', exit_code: 7 } }]);
      const { command } = lines[1] as { command: { id: string } };
      expect((await service.get(`${sandboxes[1].path}/cmd/${command.id}`)).body).toEqual({ command });
    }
    for (const { what } of answered.filter(({ what }) => what.startsWith('/tmp/')))
      expect((await sandboxes[0].read(what)).body.content).toBe(FILE);
    const made = answered
      .filter(({ what }) => what.startsWith('create'))
      .map(({ text }) => (JSON.parse(text) as { id: string }).id);
    expect(made.length).toBe(creates.length);
    const listed = (await service.get('/v1/sandboxes')).body.sandboxes.map((one: { id: string }) => one.id).sort();
    expect(listed).toEqual([...sandboxes.map((sandbox) => sandbox.id), ...made].sort());
    expect((await containersOf(service)).map(({ sandboxId }) => sandboxId).sort()).toEqual(listed);

    // Readers were told, and go on behind the last line that they had; the command never noticed.
    const over = { type: 'error', code: 'ENGINE_UNAVAILABLE', message: expect.stringContaining('ask again') };
    expect(linesOf((await wait).text).at(-1)).toEqual(over);
    expect(linesOf((await watch).text)).toEqual([expect.objectContaining({ type: 'started' }), over]);
    const before = linesOf((await stream).text) as { type: string; data?: string; seq: number }[];
    expect(before.pop()).toEqual(over);
    const rest = await service.get(`${path}/cmd/${counter}/logs?stream=true&after=${before.at(-1)!.seq}`);
    const all = [...before, ...(rest.body as typeof before)];
    expect(all.at(-1)).toMatchObject({ type: 'exit', state: 'exited', exit_code: 0 });
    expect(all.flatMap(({ data = '' }) => data).join('')).toBe(
      Array.from({ length: 2000 }, (_, i) => `${i}\n`).join(''),
    );
    expect((await events.text).split('\n\n').at(-2)).toMatch(/^data: {"type":"error","code":"ENGINE_UNAVAILABLE"/);
    expect((await service.get(`/v1/sandboxes/${id}`)).body.status).toBe('running');
  });

  it('ends at once when nothing is under way, whatever connections are open', async () => {
    await client.send('list', 'GET', '/v1/sandboxes');
    const begun = Date.now();
    expect(await service.kill('SIGTERM')).toBe(0);
    expect(Date.now() - begun).toBeLessThan(15_000); // of a grace of 30 s
    await service.boot();
  });
});

/** Server-sent events, as text. */
class EventReader {
  readonly text: Promise<string>;

  constructor(service: Service, path: string) {
    const headers = { ...service.headers, accept: 'text/event-stream' };
    this.text = fetch(`${service.url}${path}`, { headers }).then((response) => response.text());
  }
}

const linesOf = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
