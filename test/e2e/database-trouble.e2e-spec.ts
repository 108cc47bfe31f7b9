import { postgres, type TestDatabase } from '../contract/store/backends.js';
import { IMAGE, Service, type Sandbox } from './support/service.js';
import { TcpGate } from './support/tcp-gate.js';
import { expectWhole, logSays, readyIs, TALK } from './support/trouble.js';

/** A PostgreSQL behind a gate: shut, it is as a server that was stopped. */
describe('a PostgreSQL that is lost', () => {
  let database: TestDatabase;
  let gate: TcpGate;
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    database = await postgres.create();
    const url = new URL(database.location.databaseUrl!);
    gate = await TcpGate.before({ host: url.hostname, port: Number(url.port) });
    url.host = `127.0.0.1:${gate.port}`;
    service = await Service.start({ DATABASE_URL: url.href });
    sandbox = await service.sandbox();
  });
  afterAll(async () => {
    await service.stop();
    await gate.shut();
    await database.drop();
  });

  it(
    'is told, and the service goes on when it is back, with all that was said meanwhile',
    { timeout: 60_000 },
    async () => {
      const talking = await sandbox.spawn('sh', ['-c', TALK]);
      const port = await gate.shut();
      const why = 'the database does not answer';
      const wrong = await readyIs(service, 503, 'store');
      expect(wrong.body).toMatchObject({
        error: why,
        parts: { store: { status: 'down', message: why }, engine: { status: 'up' }, data_directory: { status: 'up' } },
      });
      await logSays(service, `"part":"store"`);
      expect((await service.get('/v1/health')).status).toBe(200);
      for (const answer of [
        await service.get('/v1/sandboxes'),
        await service.post('/v1/sandboxes', { image: IMAGE }),
        await service.post(`${sandbox.path}/cmd`, { command: 'true' }),
        await service.delete(sandbox.path),
      ]) {
        expect(answer).toMatchObject({ status: 503, body: { code: 'ENGINE_UNAVAILABLE' } });
        expect(answer.body.message).toContain('database');
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      }

      await gate.openAgain(port);
      await readyIs(service, 200);
      await logSays(service, `well again: ${why}, until now`);
      await expectWhole(service, sandbox, talking);
      expect((await sandbox.sh('echo again')).stdout).toBe('again\n');
      await service.sandbox();
      expect((await service.get('/v1/sandboxes')).body.sandboxes).toHaveLength(2);
    },
  );

  it('ends no command: what ended meanwhile is known when it is back', { timeout: 60_000 }, async () => {
    const brief = await sandbox.spawn('sh', ['-c', 'sleep 2; echo done; exit 5']);
    const port = await gate.shut();
    await readyIs(service, 503, 'store');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await gate.openAgain(port);
    await readyIs(service, 200);
    const [, last] = (await service.get(`${sandbox.path}/cmd/${brief}?wait=true`)).body as { command: object }[];
    expect(last.command).toMatchObject({ state: 'exited', exit_code: 5 });
    expect((await service.get(`${sandbox.path}/cmd/${brief}/logs`)).body).toMatchObject({ stdout: 'done\n' });
  });
});
