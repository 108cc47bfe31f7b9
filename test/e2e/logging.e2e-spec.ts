import { setTimeout as sleep } from 'node:timers/promises';
import { API_KEY, eventually, IMAGE, Service, type Sandbox } from './support/service.js';

type Line = Record<string, unknown>;

/** Every line of the log; throws where one is not JSON. */
const linesOf = (service: Service) =>
  service
    .logs()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

const find = (service: Service, wanted: Line, atLeast = 1) =>
  eventually(
    async () =>
      linesOf(service).filter((line) => Object.entries(wanted).every(([name, value]) => line[name] === value)),
    (found) => found.length >= atLeast,
  );

const call = (service: Service, id: string, path: string, body?: unknown) =>
  service.call(body === undefined ? 'GET' : 'POST', path, body, { 'x-request-id': id });

describe('the log', () => {
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    service = await Service.start({ LOG_LEVEL: 'trace' });
    sandbox = await service.sandbox();
  });
  afterAll(() => service.stop());

  it('says of each request whose it is and which sandbox it is about, by whatever name that was asked for', async () => {
    await call(service, 'by-name', `/v1/sandboxes/${sandbox.created.name}`);
    const [line] = await find(service, { context: 'Http', requestId: 'by-name' });
    expect(line).toMatchObject({ owner: 'default', sandboxId: sandbox.id, method: 'GET', status: 200 });
    const { body } = await call(service, 'a-create', '/v1/sandboxes', { image: IMAGE });
    const [created] = await find(service, { context: 'Http', requestId: 'a-create' });
    expect(created).toMatchObject({ owner: 'default', sandboxId: body.id, status: 201 });
    await service.call('DELETE', `/v1/sandboxes/${body.name}`, undefined, { 'x-request-id': 'a-delete' });
    expect(await find(service, { context: 'Http', requestId: 'a-delete', sandboxId: body.id })).toHaveLength(1);
  });

  it('says so in what is written on the way, also by what the request began', async () => {
    await call(service, 'refused', `${sandbox.path}/cmd`, { command: 'true', cwd: '/not-there' });
    const [refusal] = await find(service, { context: 'Error', requestId: 'refused' });
    expect(refusal).toMatchObject({ owner: 'default', sandboxId: sandbox.id, code: 'BAD_REQUEST' });
    await call(service, 'a-pull', '/v1/images/pull', { image: 'localhost:1/nobody:1' });
    expect(await find(service, { context: 'ImagePulls', requestId: 'a-pull', owner: 'default' })).toHaveLength(1);
  });

  it('knows nobody where no key was asked for, or given', async () => {
    const response = await fetch(`${service.url}/v1/sandboxes`, { headers: { 'x-request-id': 'a-stranger' } });
    expect(response.status).toBe(401);
    const [line] = await find(service, { context: 'Http', requestId: 'a-stranger' });
    expect(line).not.toHaveProperty('owner');
  });

  it('holds no secret at its most talkative, whatever goes wrong', async () => {
    const secrets = [
      'in-the-env',
      'on-stdin',
      'of-the-registry',
      'a-wrong-key-0123456789',
      'in-a-file',
      'in-an-argument',
    ];
    const { body } = await service.post('/v1/sandboxes', { image: IMAGE, env: { TOKEN: secrets[0] } });
    const path = `/v1/sandboxes/${body.id}`;
    await service.post(`${path}/cmd?wait=true`, { command: 'cat', stdin: secrets[1], env: { MORE: secrets[0] } });
    await service.post(`${path}/cmd?wait=true`, { command: 'echo', args: [secrets[5]] });
    await service.post(`${path}/cmd`, { command: 'cat', stdin: secrets[1], env: { BAD: secrets[0], '': secrets[0] } });
    await service.post('/v1/sandboxes', { image: IMAGE, env: [secrets[0]], nonsense: secrets[1] });
    await service.put(`${path}/files?path=/a/b`, { content: secrets[4] });
    await service.put(`${path}/files?path=/proc/1/nothing`, { content: secrets[4] });
    const auth = { username: 'me', password: secrets[2] };
    await service.post('/v1/images/pull', { image: 'localhost:1/nobody:1', auth });
    await service.post('/v1/images/pull', { image: 'localhost:1/nobody:1', auth: { ...auth, nonsense: secrets[2] } });
    for (const authorization of [`Bearer ${secrets[3]}`, secrets[3]])
      await fetch(`${service.url}${path}`, { headers: { authorization } });
    await fetch(`${service.url}/v1/sandboxes`, {
      method: 'POST',
      headers: service.headers,
      body: `{"x": "${secrets[0]}`,
    });
    await service.delete(path);
    await find(service, { context: 'Http', method: 'DELETE' });
    for (const secret of [...secrets, API_KEY]) expect(service.logs()).not.toContain(secret);
    expect(service.logs()).not.toMatch(/"secret":"[0-9a-f]/);
  });

  it('is as talkative as a signal says, without a restart', async () => {
    const quiet = await Service.start({ LOG_LEVEL: 'warn' });
    try {
      await quiet.get('/v1/sandboxes');
      await sleep(50);
      expect(quiet.logs()).toBe('');
      process.kill(quiet.pid, 'SIGUSR2');
      await find(quiet, { context: 'Log', msg: 'the log level is debug from now on' });
      await call(quiet, 'heard', '/v1/sandboxes/nobody');
      expect((await find(quiet, { requestId: 'heard' }, 2)).map(({ level }) => level).sort()).toEqual([20, 30]);
      process.kill(quiet.pid, 'SIGUSR2');
      await find(quiet, { context: 'Log', msg: 'the log level is warn from now on' });
      await call(quiet, 'not-heard', '/v1/sandboxes');
      await sleep(50);
      expect(quiet.logs()).not.toContain('not-heard');
    } finally {
      await quiet.stop();
    }
  });

  it('is for people where that is wanted', async () => {
    const pretty = await Service.start({ ATOLL_LOG_FORMAT: 'pretty' });
    try {
      await call(pretty, 'for-people', '/v1/sandboxes');
      await eventually(
        async () => pretty.logs(),
        (log) => /INFO.*: request\n[^]*requestId: "for-people"/.test(log),
      );
    } finally {
      await pretty.stop();
    }
  });
});

it('does not repeat the password of a database that does not answer', async () => {
  const starting = Service.start({ DATABASE_URL: 'postgres://atoll:of-the-database@127.0.0.1:1/atoll' });
  const error = (await starting.catch((thrown: unknown) => thrown)) as Error;
  expect(error.message).toContain('database does not answer');
  expect(error.message).not.toContain('of-the-database');
});
