import { request } from 'node:http';
import { API_KEY, Service, type Sandbox } from './support/service.js';

interface Raw {
  status: number;
  type?: string;
  /** As they came, and when. */
  chunks: { text: string; at: number }[];
  text: string;
}

/** An answer as its bytes, which a parser would tidy up. */
function raw(service: Service, method: string, path: string, body?: object): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
    const call = request(`${service.url}${path}`, { method, headers, agent: false }, (answer) => {
      const chunks: Raw['chunks'] = [];
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => chunks.push({ text, at: Date.now() }));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode!,
          type: answer.headers['content-type'],
          chunks,
          text: chunks.map(({ text }) => text).join(''),
        }),
      );
    });
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** What differs from run to run. */
const steady = (text: string) =>
  text
    .replace(/"id":"cmd_[a-z0-9]{20}"/g, '"id":"cmd_…"')
    .replace(/"(started_at|finished_at)":\d{13}\b/g, '"$1":0')
    .replace(/"pid":\d+/g, '"pid":0')
    .replace(/,"cpu_user_ms":\d+,"cpu_system_ms":\d+(,"memory_peak":\d+)?/g, ',…');

/** The forms of the contract, as they are on the wire. */
describe('what commands answer, byte for byte', () => {
  let service: Service;
  let sandbox: Sandbox;
  let cmd: string;

  beforeAll(async () => {
    service = await Service.start();
    sandbox = await service.sandbox();
    cmd = `${sandbox.path}/cmd`;
  });
  afterAll(() => service.stop());

  const STARTED = (state: string) =>
    `{"command":{"id":"cmd_…","name":"sh","args":["-c","sleep 2; exit 3"],"cwd":"/","sandbox_id":"${sandbox.id}","state":"${state}"`;

  it('is a pair of lines, each sent when it is true, and nothing else in between', async () => {
    const answer = await raw(service, 'POST', `${cmd}?wait=true`, { command: 'sh', args: ['-c', 'sleep 2; exit 3'] });
    expect([answer.status, answer.type]).toEqual([200, 'application/x-ndjson']);
    expect(answer.chunks.map(({ text }) => steady(text))).toEqual([
      `${STARTED('running')},"pid":0,"started_at":0}}\n`,
      `${STARTED('exited')},"exit_code":3,"end_reason":"exited","pid":0,"started_at":0,"finished_at":0,…,"stdout_bytes":0,"stderr_bytes":0}}\n`,
    ]);
    expect(answer.chunks[1].at - answer.chunks[0].at).toBeGreaterThan(200);
    const { id } = (JSON.parse(answer.chunks[0].text) as { command: { id: string } }).command;
    const again = await raw(service, 'GET', `${cmd}/${id}?wait=true`);
    expect([again.type, again.text]).toEqual(['application/x-ndjson', answer.chunks[1].text.repeat(2)]);
    const once = await raw(service, 'GET', `${cmd}/${id}`);
    expect([once.type, `${once.text}\n`]).toEqual(['application/json; charset=utf-8', answer.chunks[1].text]);
    const list = await raw(service, 'GET', `${cmd}?limit=1`);
    expect(list.text).toBe(`{"commands":[${once.text.slice('{"command":'.length, -1)}]}`);
  });

  it('is one object when nobody waits, and again when it is killed', async () => {
    const sleeping = { command: 'sleep', args: ['100'], cwd: '/tmp' };
    const first = await raw(service, 'POST', cmd, sleeping);
    expect(steady(first.text)).toBe(
      `{"command":{"id":"cmd_…","name":"sleep","args":["100"],"cwd":"/tmp","sandbox_id":"${sandbox.id}","state":"running","pid":0,"started_at":0}}`,
    );
    const { id } = (JSON.parse(first.text) as { command: { id: string } }).command;
    const logs = await raw(service, 'GET', `${cmd}/${id}/logs`);
    expect([logs.type, logs.text]).toEqual(['application/json; charset=utf-8', '{"stdout":"","stderr":""}']);
    const killed = await raw(service, 'POST', `${cmd}/${id}/kill`, { signal: 15 });
    expect(steady(killed.text)).toMatch(/^\{"command":\{"id":"cmd_…","name":"sleep",.*\}\}$/);
    const [, end] = (await service.get(`${cmd}/${id}?wait=true`)).body;
    expect(end.command).toMatchObject({ state: 'killed', exit_code: 143, signal: 15 });
    const late = await raw(service, 'POST', `${cmd}/${id}/kill`, { signal: 15 });
    expect([late.status, late.text]).toEqual([
      409,
      `{"code":"CONFLICT","message":"the command \\"${id}\\" has finished"}`,
    ]);
  });

  it('is the same failed command twice where nothing could start', async () => {
    const answer = await raw(service, 'POST', `${cmd}?wait=true`, { command: 'nosuch' });
    const [first, second, rest] = answer.text.split('\n');
    expect(rest).toBe('');
    expect(second).toBe(first);
    expect(steady(first)).toBe(
      `{"command":{"id":"cmd_…","name":"nosuch","args":[],"cwd":"/","sandbox_id":"${sandbox.id}","state":"failed","exit_code":127,"end_reason":"start_failed","message":"nosuch: not found in PATH (/bin)","started_at":0,"finished_at":0}}`,
    );
  });

  it('is a line for each line of output, whatever is in it, and the exit, with no sign of life that nobody asked for', async () => {
    const script = String.raw`printf 'a "b" \\ \t\033\177\r\n\303\274\377\n'; sleep 1.2; printf 'e\n' >&2; printf end; exit 4`;
    const { command } = await sandbox.run('sh', ['-c', script]);
    const path = `${cmd}/${command.id}/logs`;
    const streamed = await raw(service, 'GET', `${path}?stream=true`);
    expect([streamed.status, streamed.type]).toEqual([200, 'application/x-ndjson']);
    const lines = streamed.text.split('\n');
    const seqs = lines.slice(0, -1).map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(lines).toEqual([
      `{"type":"stdout","data":"a \\"b\\" \\\\ \\t\\u001b\u007f\\r\\n","seq":${seqs[0]}}`,
      `{"type":"stdout","data":"ü\ufffd\\n","seq":${seqs[1]}}`,
      `{"type":"stderr","data":"e\\n","seq":${seqs[2]}}`,
      `{"type":"stdout","data":"end","seq":${seqs[3]}}`,
      `{"type":"exit","state":"exited","exit_code":4,"end_reason":"exited","finished_at":${command.finished_at},"seq":${seqs[4]}}`,
      '',
    ]);
    const exact = await raw(service, 'GET', `${path}?stream=true&encoding=base64&after=${seqs[0]}`);
    expect(exact.text.split('\n')[0]).toBe(`{"type":"stdout","data":"w7z/Cg==","seq":${seqs[1]}}`);
    const whole = await raw(service, 'GET', path);
    expect(whole.text).toBe(
      String.raw`{"stdout":"a \"b\" \\ \t\u001b` + '\u007f\\r\\nü\ufffd\\nend","stderr":"e\\n","exit_code":4}',
    );
  });

  it('does not end at a line of 100 KB, which comes in pieces, nor calls its end an exit with 0', async () => {
    const { command } = await sandbox.sh('head -c 100000 /dev/zero | tr "\\0" x; echo; echo behind; exit 9');
    const { text } = await raw(service, 'GET', `${cmd}/${command.id}/logs?stream=true`);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; data?: string; exit_code?: number });
    const said = lines.flatMap(({ data = '' }) => data);
    expect(said.join('')).toBe(`${'x'.repeat(100_000)}\nbehind\n`);
    for (const piece of said) expect(piece.length).toBeLessThanOrEqual(65_536);
    expect(lines.at(-1)).toMatchObject({ type: 'exit', exit_code: 9 });
  });
});
