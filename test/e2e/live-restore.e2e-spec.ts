import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Lines, textOf } from './support/lines.js';
import { eventually, Service } from './support/service.js';

const ENGINE = resolve(import.meta.dirname, '../support/engine');
const LINES = 400;

const dir = process.env.ATOLL_TEST_ENGINE_DIR ?? '';
const engine = (command: 'kill' | 'start') => execFileSync('bash', [ENGINE, command, dir], { timeout: 60_000 });

/** dockerd reads its configuration again. */
function configure(configuration: object): void {
  writeFileSync(join(dir, 'daemon.json'), JSON.stringify(configuration));
  process.kill(Number(readFileSync(join(dir, 'docker.pid'), 'utf8')), 'SIGHUP');
}

/** An engine whose containers outlive it. Takes it away: bin/test runs one file at a time. */
describe.each(['socket', 'exec'])('an engine with live-restore that is killed (%s)', (transport) => {
  let service: Service;
  let killed = false;

  beforeAll(async () => {
    configure({ 'live-restore': true });
    await eventually(
      async () => (await (await fetchEngine('/info')).json()) as { LiveRestoreEnabled: boolean },
      ({ LiveRestoreEnabled: enabled }) => enabled,
    );
    service = await Service.start({ ATOLL_TRANSPORT: transport });
  });
  afterAll(async () => {
    if (killed) engine('start');
    await service.stop();
    configure({});
  });

  it('leaves commands running, and loses none of what they say nor how they end', async () => {
    const sandbox = await service.sandbox();
    const script = `i=0; while [ $i -lt ${LINES} ]; do echo "line $i"; i=$((i+1)); [ $((i % 10)) = 0 ] && sleep 0.2; done; exit 3`;
    const id = await sandbox.spawn('sh', ['-c', script]);
    const lines = await Lines.open(service, `${sandbox.path}/cmd/${id}/logs?stream=true`);
    await lines.until(({ data }) => data === 'line 30\n');
    engine('kill');
    killed = true;
    if (transport === 'socket') await lines.until(({ data }) => data === 'line 100\n'); // needs no engine
    engine('start');
    killed = false;
    const all = await lines.all(60_000);
    expect(textOf(all, 'stdout')).toBe(Array.from({ length: LINES }, (_, line) => `line ${line}\n`).join(''));
    expect(all.at(-1)).toMatchObject({ type: 'exit', state: 'exited', exit_code: 3 });
    const { body } = await eventually(
      () => service.get(sandbox.path),
      ({ status }) => status === 200,
    );
    expect(body).toMatchObject({ status: 'running' });
    expect((await sandbox.sh('echo on')).stdout).toBe('on\n');
  });
});

async function fetchEngine(path: string): Promise<Response> {
  const answer = execFileSync('curl', [
    '-sf',
    '-m',
    '5',
    '--unix-socket',
    join(dir, 'docker.sock'),
    `http://engine${path}`,
  ]);
  return new Response(answer);
}
