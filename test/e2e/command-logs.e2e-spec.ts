import { setTimeout as sleep } from 'node:timers/promises';
import { bytesOf, Lines, textOf } from './support/lines.js';
import { Service, type Sandbox } from './support/service.js';

/** What commands say, line by line, while they say it. */
describe.each(['socket', 'exec'])('streamed logs (%s)', (transport) => {
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    service = await Service.start({ ATOLL_TRANSPORT: transport, ATOLL_MAX_COMMAND_OUTPUT: '20000000' });
    sandbox = await service.sandbox();
  });
  afterAll(() => service.stop());

  const logs = (id: string, query = '') => `${sandbox.path}/cmd/${id}/logs?stream=true${query}`;
  const sh = (script: string) => sandbox.spawn('sh', ['-c', script]);

  it('come from the first byte kept, then live, then the exit, then the end', async () => {
    const id = await sh('echo before; sleep 3; echo after; sleep 0.1; echo err >&2; exit 3');
    await sleep(200);
    const lines = await Lines.open(service, logs(id));
    expect(lines.answer.headers['content-type']).toBe('application/x-ndjson');
    const before = await lines.until(({ data }) => data === 'before\n');
    const after = await lines.until(({ data }) => data === 'after\n');
    expect(after.at - before.at).toBeGreaterThan(150);
    const all = await lines.all();
    expect(all.map(({ seq: _, finished_at: __, ...line }) => line)).toEqual([
      { type: 'stdout', data: 'before\n' },
      { type: 'stdout', data: 'after\n' },
      { type: 'stderr', data: 'err\n' },
      { type: 'exit', state: 'exited', exit_code: 3, end_reason: 'exited' },
    ]);
    const seqs = all.map(({ seq }) => seq as number);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    expect(await (await Lines.open(service, logs(id))).all()).toEqual(all); // the same when it has long ended
  });

  it('begin with the headers, before there is a word', async () => {
    const id = await sandbox.spawn('sleep', ['12']);
    const begun = Date.now();
    const lines = await Lines.open(service, logs(id));
    expect(Date.now() - begun).toBeLessThan(10_000);
    await service.post(`${sandbox.path}/cmd/${id}/kill`, { signal: 15 });
    expect(await lines.all()).toMatchObject([{ type: 'exit', exit_code: 143 }]);
  });

  it('hand out an unfinished line after 100 ms, and not much sooner', async () => {
    const id = await sh('printf "pass"; printf "word: "; sleep 3; printf "x\\n"; sleep 0.3; printf "h"; printf "i\\n"');
    const lines = await Lines.open(service, logs(id));
    const prompt = await lines.until(({ type }) => type === 'stdout');
    expect(prompt.body.data).toBe('password: ');
    expect((await lines.until(({ data }) => data === 'x\n')).at - prompt.at).toBeGreaterThan(500);
    expect((await lines.all()).map(({ data }) => data as string)).toEqual(['password: ', 'x\n', 'hi\n', undefined]);
  });

  it('bring lines of any length and any bytes, exactly', async () => {
    const script =
      'head -c 300000 /dev/zero | tr "\\0" x; printf "\\r\\n\\303\\274\\377\\n\\342\\202"; sleep 0.2; printf "\\254 no end"';
    const id = await sh(script);
    const exact = bytesOf(await (await Lines.open(service, logs(id, '&encoding=base64'))).all(), 'stdout');
    const expected = Buffer.concat([
      Buffer.from(`${'x'.repeat(300_000)}\r\nü`),
      Buffer.from([0xff]),
      Buffer.from('\n€ no end'),
    ]);
    expect(exact.equals(expected)).toBe(true);
    const all = await (await Lines.open(service, logs(id))).all();
    expect(textOf(all, 'stdout')).toBe(expected.toString());
    for (const { data = '' } of all) expect(Buffer.byteLength(data as string)).toBeLessThanOrEqual(3 * 65_536);
    const { body } = await service.get(`${sandbox.path}/cmd/${id}/logs?encoding=base64`);
    expect(Buffer.from(body.stdout as string, 'base64').equals(expected)).toBe(true);
  });

  it('go on behind any line without gap or repeat, also after a restart of the service', async () => {
    const id = await sh(
      'i=0; while [ $i -lt 400 ]; do echo "out $i"; printf "err $i " >&2; i=$((i+1)); [ $((i % 40)) = 0 ] && sleep 0.1; done',
    );
    const seen: unknown[] = [];
    let after = 0;
    for (let round = 0; round < 6; round++) {
      const lines = await Lines.open(service, logs(id, `&after=${after}`));
      await lines.until(() => lines.seen.length > 20 || lines.seen.some(({ body }) => body.type === 'exit'));
      lines.leave();
      if (lines.seen.length === 0) break;
      seen.push(...lines.seen.map(({ body }) => body));
      after = lines.seen.at(-1)!.body.seq;
      if (round % 2 === 0) {
        await service.kill('SIGKILL');
        await service.boot();
      }
    }
    seen.push(...(await (await Lines.open(service, logs(id, `&after=${after}`))).all()));
    expect(textOf(seen, 'stdout')).toBe(Array.from({ length: 400 }, (_, i) => `out ${i}\n`).join(''));
    expect(textOf(seen, 'stderr')).toBe(Array.from({ length: 400 }, (_, i) => `err ${i} `).join(''));
    expect(seen.at(-1)).toMatchObject({ type: 'exit', exit_code: 0 });
  });

  it('choose a stream, as SSE too, and end for good', async () => {
    const { command } = await sandbox.sh('echo out; echo err >&2');
    const only = await (await Lines.open(service, logs(command.id, '&stdout=false'))).all();
    expect(only).toMatchObject([{ type: 'stderr', data: 'err\n' }, { type: 'exit' }]);
    const events = await service.call('GET', logs(command.id), undefined, { accept: 'text/event-stream' });
    expect(events.headers.get('content-type')).toContain('text/event-stream');
    const parts = (events.body as string).trimEnd().split('\n\n');
    const parsed = parts.map((part) => {
      const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(part)!;
      return { id: Number(id), line: JSON.parse(data) as { seq: number; type: string } };
    });
    expect(parsed.map(({ line }) => line)).toEqual(await (await Lines.open(service, logs(command.id))).all());
    for (const { id, line } of parsed) expect(id).toBe(line.seq);
    const back = (id: number) =>
      service.call('GET', logs(command.id), undefined, { accept: 'text/event-stream', 'last-event-id': String(id) });
    expect((await back(parsed[1].id)).body).toBe(`${parts[2]}\n\n`);
    expect((await back(parsed[2].id)).status).toBe(204); // a browser stops asking
  });

  it('say what is missing past the bound', async () => {
    const id = await sh(`yes ${'x'.repeat(99)} | head -c 50000000; echo last`);
    await service.get(`${sandbox.path}/cmd/${id}?wait=true`);
    const all = await (await Lines.open(service, logs(id, '&encoding=base64'))).all();
    expect(all[0]).toMatchObject({ type: 'truncated' });
    expect(all[0].bytes).toBeGreaterThan(20_000_000);
    expect(Buffer.from(all.at(-2).data as string, 'base64').toString()).toBe('last\n');
    const { body } = await service.get(`${sandbox.path}/cmd/${id}/logs?tail=2`);
    expect(body).toEqual({
      stdout: `${'x'.repeat(99)}\nlast\n`,
      stderr: '',
      exit_code: 0,
      truncated: true,
      first_seq: all[0].seq,
    });
    const { command } = (await service.get(`${sandbox.path}/cmd/${id}`)).body;
    expect(command).toMatchObject({ stdout_bytes: 50_000_005, stderr_bytes: 0 });
  });

  it('give a sign of life where one is asked for', async () => {
    const id = await sandbox.spawn('sleep', ['3']);
    const all = await (await Lines.open(service, logs(id, '&heartbeat=0.2'))).all();
    expect(all.filter(({ type }) => type === 'heartbeat').length).toBeGreaterThanOrEqual(3);
    expect(all.at(-1)).toMatchObject({ type: 'exit' });
  });

  it('come between the pair, so that one request runs a command and reads all it says', async () => {
    const lines = await Lines.open(service, `${sandbox.path}/cmd?wait=true&logs=true`, {
      method: 'POST',
      body: { command: 'sh', args: ['-c', 'echo one; sleep 0.3; echo two >&2; exit 5'] },
    });
    const [first, ...rest] = await lines.all();
    expect(first.command).toMatchObject({ state: 'running' });
    expect(rest).toMatchObject([
      { type: 'stdout', data: 'one\n' },
      { type: 'stderr', data: 'two\n' },
      { command: { id: first.command.id, state: 'exited', exit_code: 5 } },
    ]);
  });

  it('end the wait and not the command when its time is over', async () => {
    const begun = Date.now();
    const [, last] = (
      await service.post(`${sandbox.path}/cmd?wait=true&wait_timeout=0.3`, { command: 'sleep', args: ['30'] })
    ).body;
    expect(Date.now() - begun).toBeLessThan(20_000);
    expect(last.command.state).toBe('running');
    const streamed = (await service.get(`${sandbox.path}/cmd/${last.command.id}?wait=true&wait_timeout=0.3&logs=true`))
      .body;
    expect(streamed).toMatchObject([{ command: { state: 'running' } }, { command: { state: 'running' } }]);
    await service.post(`${sandbox.path}/cmd/${last.command.id}/kill`, { signal: 15 });
    const [, ended] = (await service.get(`${sandbox.path}/cmd/${last.command.id}?wait=true`)).body;
    expect(ended.command).toMatchObject({ state: 'killed', exit_code: 143 });
  });

  it('are refused for what is not there or makes no sense, before a 200', async () => {
    const { command } = await sandbox.sh('echo x');
    for (const query of [
      '&after=999999',
      '&after=-1',
      '&after=x',
      '&tail=3',
      '&heartbeat=0',
      '&encoding=latin1',
      '&nothing=1',
    ]) {
      const answer = await service.get(logs(command.id, query));
      expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } });
      expect(answer.body.message).toContain(query.slice(1).split('=')[0]);
    }
    for (const query of ['after=1', 'heartbeat=1', 'tail=x', 'tail=-1', 'tail='])
      expect((await service.get(`${sandbox.path}/cmd/${command.id}/logs?${query}`)).status).toBe(400);
    for (const query of ['wait_timeout=1', 'logs=true', 'wait=true&encoding=base64', 'wait=true&wait_timeout=0'])
      expect((await service.post(`${sandbox.path}/cmd?${query}`, { command: 'true' })).status).toBe(400);
    expect(await service.get(logs('cmd_nobody'))).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect((await fetch(`${service.url}${logs(command.id)}`)).status).toBe(401);
  });

  it('end with an error when the sandbox is deleted meanwhile', async () => {
    const doomed = await service.sandbox();
    const id = await doomed.spawn('sleep', ['100']);
    const lines = await Lines.open(service, `${doomed.path}/cmd/${id}/logs?stream=true`);
    const waiting = service.get(`${doomed.path}/cmd/${id}?wait=true`);
    await service.delete(doomed.path);
    const last = (await lines.all(5000)).at(-1);
    expect(['exit', 'error']).toContain(last.type);
    const [, end] = (await waiting).body;
    expect(end.command?.state ?? end.type).toMatch(/killed|error/);
  });
});
