import { Logger } from '@nestjs/common';
import type { Containers } from '../engine/containers.js';
import { EngineError } from '../engine/errors.js';
import type { SandboxAdoption } from '../sandboxes/sandbox-adoption.js';
import { SandboxSync } from '../sandboxes/sandbox-sync.js';
import type { SandboxesRepository } from '../store/sandboxes.repository.js';
import { Comparison } from './comparison.js';

/** An engine that can't remove something is not to be had for the asking. */
describe('a comparison in which one sandbox cannot be mended', () => {
  vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const rows = ['stuck', 'second', 'third'].map((id) => ({ id, status: 'deleting' }));
  const stray = { name: 'atoll-stray', labels: {}, status: 'running' };
  const adopt = vi.fn<() => Promise<void>>();
  const synced: string[] = [];

  let sync: SandboxSync;

  const compare = (error: Error) => {
    vi.spyOn(sync, 'sync').mockImplementation((id) => {
      if (id === 'stuck') return Promise.reject(error);
      synced.push(id);
      return Promise.resolve(false);
    });
    return new Comparison(
      { list: () => Promise.resolve(rows), find: () => Promise.resolve(undefined) } as unknown as SandboxesRepository,
      { list: () => Promise.resolve([stray]) } as unknown as Containers,
      sync,
      { adopt } as unknown as SandboxAdoption,
    ).make();
  };
  beforeEach(() => {
    synced.length = 0;
    const none = undefined as never;
    sync = new SandboxSync(none, none, none, none, none);
    sync.engineLeft();
    adopt.mockReset().mockResolvedValue();
  });

  it('mends all others, and hands on its error', async () => {
    const busy = new EngineError('internal', 'device or resource busy');
    expect(await compare(busy)).toEqual({ unfinished: false, failures: [busy] });
    expect(synced).toEqual(['second', 'third']);
    expect(sync).toMatchObject({ absencesCompared: 1 }); // else all that ends from now on would be lost
    expect(adopt).toHaveBeenCalledExactlyOnceWith(stray);
  });

  it('asks no more of an engine that has gone', async () => {
    await expect(compare(new EngineError('unavailable', 'gone'))).rejects.toThrow('gone');
    expect([synced, adopt.mock.calls]).toEqual([[], []]);
    expect(sync).toMatchObject({ absencesCompared: 0 });
  });
});
