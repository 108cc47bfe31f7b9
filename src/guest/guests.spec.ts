import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IDENTITY } from '../../test/support/fake-agent.js';
import { tempFolder } from '../../test/support/temp-folder.js';
import type { Config } from '../config/config.js';
import type { EngineHost } from '../engine/engine-host.js';
import { GuestEnded } from './guest.js';
import { Guests } from './guests.js';

const temp = await tempFolder();
const agent = { openTimeoutMs: 1000 };
const guestsIn = (dataDir: string) => new Guests({ dataDir, agent } as Config, {} as EngineHost);
const address = { ...IDENTITY, containerName: 'box' };

it('says which folder to mount, where the transport needs one', async () => {
  const guests = guestsIn(temp);
  expect(await guests.open(address)).toMatchObject({ containerPath: '/.atoll/run' });
  expect(await guests.open({ ...address, sandboxId: 'sb_exec', transport: 'exec' })).toBeUndefined();
  await guests.end(address.sandboxId);
});

it('knows who was opened, until it has ended', async () => {
  const guests = guestsIn(temp);
  await guests.open(address);
  expect(guests.get(address.sandboxId)).toBe(guests.find(address.sandboxId));
  await guests.end(address.sandboxId);
  await guests.end(address.sandboxId);
  expect(guests.find(address.sandboxId)).toBeUndefined();
  expect(() => guests.get(address.sandboxId)).toThrow(GuestEnded);
});

it('knows nobody who could not be made ready', async () => {
  const file = join(temp, 'file');
  await writeFile(file, '');
  const guests = guestsIn(file);
  await expect(guests.open(address)).rejects.toThrow('ENOTDIR');
  expect(guests.find(address.sandboxId)).toBeUndefined();
});
