import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, Service, type Sandbox } from './support/service.js';

/** What an operator may bound. */
describe('commands within bounds', () => {
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    service = await Service.start({ ATOLL_MAX_COMMANDS: '10', ATOLL_OUTPUT_GRACE: '4000' });
    sandbox = await service.sandbox();
  });
  afterAll(() => service.stop());

  it('are forgotten, the oldest first, with their output; those that run are not', async () => {
    const running = await sandbox.spawn('sleep', ['100']);
    const ids: string[] = [];
    for (let turn = 0; turn < 20; turn++) ids.push((await sandbox.run('echo', [String(turn)])).command.id as string);
    const list = async () => {
      // Looking costs, so it is done with one start in sixteen, by chance.
      ids.push((await sandbox.run('true')).command.id as string);
      return ((await service.get(`${sandbox.path}/cmd`)).body.commands as { id: string }[]).map(({ id }) => id);
    };
    const kept = await eventually(list, (some) => some.length <= 13, 30_000);
    expect(kept[0]).toBe(running);
    expect(ids.slice(-(kept.length - 1))).toEqual(kept.slice(1));
    for (const path of [ids[0], `${ids[0]}/logs`, `${ids[0]}?wait=true`])
      expect(await service.get(`${sandbox.path}/cmd/${path}`)).toMatchObject({ status: 404 });
    const folder = join(service.dataDir, 'output', sandbox.id, ids[0]);
    await eventually(
      async () => existsSync(folder),
      (there) => !there,
    );
    await service.post(`${sandbox.path}/cmd/${running}/kill`, { signal: 9 });
  });

  it('wait for what daemons hold open as long as was configured, and no longer', async () => {
    const begun = Date.now();
    const { command, stdout } = await sandbox.sh('(setsid sh -c "sleep 1; echo in time; sleep 60" &) ; echo done');
    expect(Date.now() - begun).toBeGreaterThan(3900);
    expect(Date.now() - begun).toBeLessThan(40_000);
    expect(command).toMatchObject({ state: 'exited', exit_code: 0 });
    expect(stdout).toBe('done\nin time\n');
  });
});
