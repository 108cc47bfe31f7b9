import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { RegistryCredentials } from './registry-credentials.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'atoll-credentials-'))));
afterEach(() => rm(folder, { recursive: true }));

const open = (registryConfig?: string) => new RegistryCredentials({ images: { registryConfig } } as Config);
const AUTHS = {
  'https://index.docker.io/v1/': { auth: btoa('hub:pass:word') },
  'registry.example:5000': { username: 'bob', password: 'secret' },
  'https://other.example/': { identitytoken: 'token' },
};

it('finds those of a registry, however it is written there', async () => {
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify({ auths: AUTHS, credsStore: 'desktop' }));
  for (const path of [file, folder]) {
    const credentials = open(path);
    await credentials.onModuleInit();
    expect(await credentials.find('docker.io')).toMatchObject({ username: 'hub', password: 'pass:word' });
    expect(await credentials.find('registry.example:5000')).toMatchObject({ username: 'bob', password: 'secret' });
    expect(await credentials.find('other.example')).toMatchObject({ identityToken: 'token' });
    expect(await credentials.find('registry.example')).toBeUndefined();
  }
  // A secret of Kubernetes, changed while the service runs.
  await rm(file);
  await writeFile(join(folder, '.dockerconfigjson'), JSON.stringify({ auths: { 'a.example': { auth: btoa('a:b') } } }));
  expect(await open(folder).find('a.example')).toMatchObject({ username: 'a', password: 'b' });
});

it('has none without a file, and refuses one that can not be read, without quoting it', async () => {
  await open().onModuleInit();
  expect(await open().find('docker.io')).toBeUndefined();
  await expect(open(join(folder, 'nothing')).onModuleInit()).rejects.toThrow('ATOLL_REGISTRY_CONFIG');
  const file = join(folder, 'broken');
  for (const text of ['{"auths": secret', '[]', '{"auths": null}']) {
    await writeFile(file, text);
    await expect(open(file).onModuleInit()).rejects.toThrow('ATOLL_REGISTRY_CONFIG');
    const error = (await open(file)
      .find('x')
      .catch((thrown: unknown) => thrown)) as Error;
    expect(`${error.message} ${String(error.cause)}`).not.toContain('secret');
  }
});
