import type { NewSandbox, Sandbox } from '../../../src/store/sandbox.types.js';
import { NameTakenError, SandboxesRepository } from '../../../src/store/sandboxes.repository.js';
import { backends, useStore } from './backends.js';
import { newSandbox, ODD_TEXT } from './samples.js';

describe.each(backends)('SandboxesRepository on $name', (backend) => {
  const context = useStore(backend);
  let repository: SandboxesRepository;
  beforeAll(() => {
    repository = new SandboxesRepository(context.store);
  });
  const insert = (given?: Partial<NewSandbox>) => repository.insert(newSandbox(given));

  it('gives a new row its defaults', async () => {
    const given = newSandbox({ status: 'creating' });
    const row = await repository.insert(given);
    expect(row).toEqual({
      ...given,
      version: 1,
      ordinal: expect.any(Number),
      portMap: {},
      labels: {},
      claim: null,
      claimUntil: null,
      expiresAt: null,
      startedAt: null,
      finishedAt: null,
      endReason: null,
      exitCode: null,
      incarnation: null,
      pids: null,
      diskMb: null,
    });
    expect(await repository.find(given.id)).toEqual(row);
  });

  it('keeps every field as it was, odd text and large numbers too', async () => {
    const given: Required<NewSandbox> = {
      ...newSandbox(),
      image: ODD_TEXT[2],
      owner: ODD_TEXT[0],
      ports: ['8080/udp', '80/tcp', '3000/tcp'],
      portMap: { '80/tcp': '32768', '8080/udp': '1' },
      memoryMb: Number.MAX_SAFE_INTEGER,
      cpus: 0.1 + 0.2,
      pids: 4_194_304,
      diskMb: Number.MAX_SAFE_INTEGER,
      timeoutS: 315_360_000,
      createdAt: 8_640_000_000_000_000,
      expiresAt: 0,
      startedAt: -1,
      finishedAt: Number.MIN_SAFE_INTEGER,
      endReason: 'oom',
      exitCode: 137,
      incarnation: 'f'.repeat(16),
      labels: Object.fromEntries(ODD_TEXT.map((text, index) => [`${text}${index}`, text])),
      claim: 'claimed',
      claimUntil: 1_764_000_000_000,
      guest: {
        env: [...ODD_TEXT.map((text) => `A=${text}`), 'NUL=\0', 'HALF=\ud800'],
        workingDir: '/a b',
        user: '0:0',
      },
    };
    const row = await repository.insert(given);
    expect(row).toMatchObject(given);
    expect(await repository.find(given.name)).toMatchObject(given);
    const patch = { labels: { snake_case_key: 'x', camelCase: 'y' }, portMap: {}, cpus: 3 };
    expect(await repository.update(given.id, 1, patch)).toMatchObject({ ...given, ...patch });
  });

  it('keeps text that the databases cannot hold readable, and refuses numbers that are none', async () => {
    expect((await insert({ image: 'a\0b\ud800c' })).image).toBe('a\ufffdb\ufffdc');
    await expect(insert({ memoryMb: Number.NaN })).rejects.toThrow(TypeError);
    await expect(insert({ memoryMb: 1.5 })).rejects.toThrow();
  });

  it('finds by id and by name and nothing else', async () => {
    const row = await insert();
    expect(await repository.find(row.id)).toEqual(row);
    expect(await repository.find(row.name)).toEqual(row);
    for (const other of ['', '%', 'sb_', row.id.toUpperCase(), row.name.slice(0, -1), `${row.name}' or 'a'='a`]) {
      expect(await repository.find(other)).toBeUndefined();
    }
  });

  it('says when a name is taken, and leaves the one that has it alone', async () => {
    const first = await insert();
    const taken = insert({ name: first.name });
    await expect(taken).rejects.toBeInstanceOf(NameTakenError);
    await expect(taken).rejects.toMatchObject({ code: 'CONFLICT', sandboxName: first.name });
    expect(await repository.find(first.name)).toEqual(first);
    await expect(insert({ id: first.id })).rejects.not.toBeInstanceOf(NameTakenError);
  });

  it('lets one of many have a name', async () => {
    const name = newSandbox().name;
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => insert({ name })));
    expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    for (const one of tries) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(NameTakenError);
  });

  it('lists in the order of creation, by status and owner', async () => {
    const owner = newSandbox().name;
    const rows: Sandbox[] = [];
    for (const status of ['running', 'stopped', 'paused', 'deleting'] as const)
      rows.push(await insert({ owner, status }));
    expect(await repository.list({ owner })).toEqual(rows);
    expect(await repository.list({ owner, status: ['paused', 'running'] })).toEqual([rows[0], rows[2]]);
    expect(await repository.list({ owner, status: [] })).toEqual([]);
    expect(await repository.list({ owner: 'nobody' })).toEqual([]);
    expect((await repository.list()).length).toBeGreaterThanOrEqual(4);
  });

  it('updates by compare-and-set, and only what is given', async () => {
    const row = await insert({ labels: { a: 'b' } });
    const next = await repository.update(row.id, row.version, { status: 'stopped', finishedAt: 5, endReason: 'user' });
    expect(next).toEqual({ ...row, status: 'stopped', finishedAt: 5, endReason: 'user', version: 2 });
    expect(await repository.update(row.id, row.version, { status: 'running' })).toBeUndefined();
    expect(await repository.find(row.id)).toEqual(next);
    expect(await repository.update(row.id, 2, { endReason: null, exitCode: undefined })).toMatchObject({
      endReason: null,
      version: 3,
    });
    expect(await repository.update(row.id, 3, {})).toMatchObject({ status: 'stopped', version: 4 });
    expect(await repository.update('sb_none', 1, { status: 'running' })).toBeUndefined();
  });

  it('takes no field that it does not know', async () => {
    const row = await insert();
    const sloppy = { ...row, version: 99, ordinal: 1, status: 'error' as const, evil: 'x' };
    expect(await repository.update(row.id, 1, sloppy)).toEqual({ ...row, status: 'error', version: 2 });
  });

  it('lets exactly one of fifty win a version', async () => {
    const row = await insert();
    for (let version = 1; version <= 5; version++) {
      const tries = Array.from({ length: 50 }, (_, exitCode) => repository.update(row.id, version, { exitCode }));
      const won = (await Promise.all(tries)).filter((one) => one !== undefined);
      expect(won).toHaveLength(1);
      expect(await repository.find(row.id)).toEqual(won[0]);
      expect(won[0].version).toBe(version + 1);
    }
  });

  it('counts every increment of fifty who read, change and try again', async () => {
    const row = await insert({ exitCode: 0 });
    const increment = async () => {
      while (true) {
        const now = (await repository.find(row.id))!;
        if (await repository.update(row.id, now.version, { exitCode: now.exitCode! + 1 })) return;
      }
    };
    await Promise.all(Array.from({ length: 50 }, increment));
    expect(await repository.find(row.id)).toMatchObject({ exitCode: 50, version: 51 });
  });

  it('deletes once, and with a version only that one', async () => {
    const row = await insert();
    expect(await repository.delete(row.id, 2)).toBe(false);
    expect(await repository.delete(row.id, 1)).toBe(true);
    expect(await repository.delete(row.id)).toBe(false);
    expect(await repository.find(row.id)).toBeUndefined();
    expect(await repository.update(row.id, 1, {})).toBeUndefined();
    await insert({ name: row.name });
  });

  it('never gives an ordinal twice', async () => {
    const gone = await insert();
    await repository.delete(gone.id);
    expect((await insert()).ordinal).toBeGreaterThan(gone.ordinal);
  });

  it('knows what is due, the longest overdue first', async () => {
    const now = 1_000_000;
    const late = await insert({ expiresAt: now });
    const latest = await insert({ expiresAt: now - 2, status: 'paused' });
    const same = await insert({ expiresAt: now });
    await insert({ expiresAt: now + 1 });
    await insert({ expiresAt: null });
    for (const status of ['creating', 'stopped', 'error', 'deleting'] as const)
      await insert({ expiresAt: now - 5, status });
    const due = (await repository.due(now, 100)).filter((row) => row.expiresAt! > 0);
    expect(due).toEqual([latest, late, same]);
    expect(await repository.due(now, 1)).toHaveLength(1);
  });
});
