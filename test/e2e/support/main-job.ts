import { eventually, type Sandbox, type Service } from './service.js';

/** Create, run, output, files, delete. `look` gets the sandbox while it is there. */
export async function mainJob(service: Service, look: (sandbox: Sandbox) => void = () => undefined): Promise<void> {
  const sandbox = await service.sandbox({ timeout: 300 });
  look(sandbox);
  const { command, stdout, stderr } = await sandbox.sh('echo hello; echo oops >&2; exit 3');
  expect({ ...command, stdout, stderr }).toMatchObject({ exit_code: 3, stdout: 'hello\n', stderr: 'oops\n' });
  expect((await sandbox.write('/tmp/a b', 'Grüße\n')).status).toBe(200);
  expect((await sandbox.read('/tmp/a b')).body.content).toBe('Grüße\n');
  expect((await service.delete(sandbox.path)).status).toBe(204);
}

/** A command counts while `replace` exchanges the service for another one: it goes on, and all it said is there, once. */
export async function outlives(service: Service, replace: () => Promise<Service>): Promise<void> {
  const sandbox = await service.sandbox({ timeout: 600 });
  const count = 'i=1; while [ ! -e /tmp/enough ]; do echo $i; i=$((i+1)); sleep 0.1; done; echo done >&2; exit 7';
  const id = await sandbox.spawn('sh', ['-c', count]);
  const path = `${sandbox.path}/cmd/${id}`;
  const said = async (by: Service) => (await by.get(`${path}/logs`)).body as { stdout: string; stderr: string };
  await eventually(
    () => said(service),
    ({ stdout }) => stdout.includes('\n5\n'),
    20_000,
  );
  const next = await replace();
  expect((await next.get(path)).body).toMatchObject({ command: { state: 'running' } });
  expect((await next.put(`${sandbox.path}/files?path=/tmp/enough`, { content: '' })).status).toBe(200);
  const ended = await next.get(`${path}?wait=true`);
  expect((ended.body as object[]).at(-1)).toMatchObject({ command: { state: 'exited', exit_code: 7 } });
  const { stdout, stderr } = await said(next);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toEqual(lines.map((_, i) => String(i + 1)));
  expect(lines.length).toBeGreaterThan(5);
  expect(stderr).toBe('done\n');
  expect((await next.delete(sandbox.path)).status).toBe(204);
}
