import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineError } from '../../../src/engine/errors.js';
import { LABEL } from '../../../src/engine/labels.js';
import { useSides } from './sides.js';
import { LIMITS, randomName, spec, type Side } from './support.js';

const { raw, volume, there, make, run, kind, status } = useSides();
let side: Side;
let other: Side;
let image: string;
beforeAll(() => void ({ side, other, image } = there));

describe('create', () => {
  it('has the safe defaults, whatever the spec says', async () => {
    const name = await make({ ports: ['3000/tcp', '53/udp'] });
    const { HostConfig: host, Config: config } = await raw.getContainer(name).inspect();
    expect(host).toMatchObject({
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: 64 << 20,
      MemorySwap: 64 << 20,
      NanoCpus: 5e8,
      PidsLimit: 64,
      RestartPolicy: { Name: 'no' },
      NetworkMode: 'atoll-sandboxes',
      IpcMode: 'private',
      AutoRemove: false,
      ReadonlyRootfs: false,
      PublishAllPorts: false,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
      PortBindings: {
        '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }],
        '53/udp': [{ HostIp: '127.0.0.1', HostPort: '' }],
      },
    });
    const plain = (name: string) => name.replace(/^CAP_/, '');
    expect((host.CapAdd as string[]).map(plain).sort()).toEqual(
      ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'SETGID', 'SETPCAP', 'SETUID'].sort(),
    );
    expect(host.Ulimits).toContainEqual(expect.objectContaining({ Name: 'nofile', Soft: 4096, Hard: 4096 }));
    expect(host.Devices ?? []).toEqual([]);
    expect(config).toMatchObject({
      User: '0:0',
      WorkingDir: '/',
      StopSignal: 'SIGTERM',
      Hostname: 'a-host',
      Tty: false,
    });
  });

  it('labels it with the instance and a role, which the spec can not change', async () => {
    const labels = { [LABEL.owner]: 'me', [LABEL.instance]: 'somebody-else' };
    const name = await make({ labels });
    expect((await side.containers.inspect(name))?.labels).toMatchObject({
      [LABEL.owner]: 'me',
      [LABEL.instance]: side.instance,
      [LABEL.role]: 'sandbox',
    });
    const probe = await make({ labels: { [LABEL.role]: 'probe' } });
    expect((await side.containers.inspect(probe))?.labels[LABEL.role]).toBe('probe');
  });

  it('gives back what PID 1 was given, to its own instance', async () => {
    const name = await make({ env: { A: 'b=c', EMPTY: '' }, imageEnvNames: ['PATH', 'GONE'] });
    expect(await side.containers.environment(name)).toEqual({ A: 'b=c', EMPTY: '' });
    expect(await other.containers.environment(name)).toBeUndefined();
    expect(await side.containers.environment('not-there')).toBeUndefined();
  });

  it('says what is wrong', async () => {
    expect(await kind(make({ imageId: `sha256:${'1'.repeat(64)}` }))).toBe('no_such_image');
    const name = await make();
    expect(await kind(make({ name }))).toBe('conflict');
    expect(await kind(make({ name: '../x' }))).toBe('invalid');
    const error = await make({ limits: { ...LIMITS, memoryBytes: 1 << 20 } }).catch((e: EngineError) => e);
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringMatching(/memory limit below \d+ MB/) });
    expect(await kind(make({ runFolder: { hostPath: '/not/there', containerPath: '/.atoll/run' } }))).toBe('invalid');
  });

  it('limits the disk of a container, or says that the engine can not', async () => {
    const limits = { ...LIMITS, diskBytes: 64 << 20 };
    const made = spec(image, volume, { limits });
    const outcome = await kind(side.containers.create(made));
    const { Driver: driver } = (await raw.info()) as { Driver: string };
    expect(outcome).toBeOneOf(driver === 'btrfs' || driver === 'zfs' ? ['fine'] : ['fine', 'unsupported']);
    const container = await raw
      .getContainer(made.name)
      .inspect()
      .catch(() => undefined);
    expect(container?.HostConfig.StorageOpt).toEqual(outcome === 'fine' ? { size: String(64 << 20) } : undefined);
  });

  it('mounts the agent volume and the run folder read-only', async () => {
    const filled = await side.host.ensureAgentVolume(Buffer.from('not a program'));
    const folder = await mkdtemp(join(tmpdir(), 'atoll-run-'));
    try {
      await writeFile(join(folder, 'file'), 'x');
      const write =
        '/bin/touch /.atoll/run/y; /bin/touch /.atoll/bin/y; /bin/ls /.atoll/run; /bin/mv /.atoll /x; /bin/rmdir /.atoll/run';
      const name = await run({
        agentVolume: filled,
        runFolder: { hostPath: folder, containerPath: '/.atoll/run' },
        command: ['/bin/sh', '-c', write],
      });
      await expect.poll(() => status(name)).toBe('exited');
      const output = String(await raw.getContainer(name).logs({ stdout: true, stderr: true }));
      expect(output.match(/Read-only file system/g)).toHaveLength(3);
      expect(output).toContain('file');
      expect(output.match(/busy/gi)).toHaveLength(1); // and nobody can put something in their place
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('stops at the signal', async () => {
    expect(await kind(side.containers.create(spec(image, volume), AbortSignal.abort()))).toBe('aborted');
  });
});

describe("the image's own settings", () => {
  it('do not reach PID 1', async () => {
    const base = await make();
    const tag = `atoll-test/${randomName('hostile')}`;
    const hostile = {
      Env: ['PATH=/bin', 'GODEBUG=x', 'SPACED=a b', 'ATOLL_SANDBOX=theirs', 'LD_PRELOAD=/x.so'],
      User: '1000',
      WorkingDir: '/tmp',
      StopSignal: 'SIGQUIT',
      Volumes: { '/data': {} },
      Entrypoint: ['/bin/false'],
      Cmd: ['x'],
      Healthcheck: { Test: ['CMD', '/bin/false'], Interval: 1e9 },
    };
    await raw.getContainer(base).commit({ _query: { container: base, repo: tag, tag: '1' }, _body: hostile });
    try {
      const info = (await side.images.inspect(`${tag}:1`))!;
      expect(info.config).toEqual({ env: hostile.Env, workingDir: '/tmp', user: '1000' });
      const script =
        'trap "exit 3" TERM; /bin/cat /proc/1/environ; /bin/pwd; /bin/id -u; while :; do /bin/sleep 0.05; done';
      const name = await run({
        imageId: info.id,
        imageEnvNames: hostile.Env.map((one) => one.split('=')[0]),
        command: ['/bin/sh', '-c', script],
        env: { ATOLL_SANDBOX: 'ours', EMPTY: '' },
      });
      const { Mounts: mounts, Config: config } = await raw.getContainer(name).inspect();
      const anonymous = mounts.find((mount) => mount.Destination === '/data')!.Name!;
      expect(config.Healthcheck?.Test).toEqual(['NONE']);
      const output = async () => String(await raw.getContainer(name).logs({ stdout: true }));
      await expect.poll(output).toMatch(/\n.*0\n$/s); // `id` has spoken too, the last of them
      const said = await output();
      for (const word of ['GODEBUG', 'SPACED', 'theirs', 'LD_PRELOAD', 'PATH=', 'HOSTNAME='])
        expect(said).not.toContain(word);
      expect(said).toContain('ATOLL_SANDBOX=ours\0');
      expect(said).toContain('EMPTY=\0');
      expect(said).toContain('/\n');
      await side.containers.stop(name, 5);
      expect(await side.containers.inspect(name)).toMatchObject({ status: 'exited', exitCode: 3 });
      await side.containers.remove(name);
      await expect(raw.getVolume(anonymous).inspect()).rejects.toMatchObject({ statusCode: 404 });
      await expect(raw.getVolume(volume).inspect()).resolves.toBeTruthy();
    } finally {
      await raw.getImage(`${tag}:1`).remove({ force: true });
    }
  });
});
