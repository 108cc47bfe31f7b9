import { Injectable, type OnModuleInit } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtollError } from '../common/errors/atoll-error.js';
import { Config, ConfigError } from '../config/config.js';
import { DEFAULT_DOMAIN } from '../engine/image-reference.js';
import type { RegistryAuth } from '../engine/images.js';

/** One entry of `auths`. */
interface Entry {
  /** `user:password` in base64. */
  auth?: string;
  username?: string;
  password?: string;
  identitytoken?: string;
  registrytoken?: string;
}

/** As it is called in a folder, by docker and by Kubernetes. */
const NAMES = ['config.json', '.dockerconfigjson'];

/** The operator's credentials of registries. Read again for each pull, so that a secret which is changed needs no restart; never logged. */
@Injectable()
export class RegistryCredentials implements OnModuleInit {
  constructor(private readonly config: Config) {}

  /** Refuses to start with a file that can't be read. */
  async onModuleInit(): Promise<void> {
    const { registryConfig } = this.config.images;
    if (registryConfig === undefined) return;
    await entriesOf(registryConfig).catch(() => {
      throw new ConfigError('ATOLL_REGISTRY_CONFIG must name a JSON file with "auths" in it, or the folder with that.');
    });
  }

  /** Undefined where there are none for this registry. */
  async find(domain: string): Promise<RegistryAuth | undefined> {
    const { registryConfig } = this.config.images;
    if (registryConfig === undefined) return undefined;
    const entries = await entriesOf(registryConfig).catch((cause: unknown) => {
      throw new AtollError('INTERNAL_ERROR', 'the credentials of registries can not be read', {
        cause: nameless(cause),
      });
    });
    const entry = entries.find(([host]) => host === domain) ?? entries.find(([host]) => hostOf(host) === domain);
    return entry && toAuth(entry[1]);
  }
}

async function entriesOf(path: string): Promise<[string, Entry][]> {
  const { auths } = JSON.parse(await textOf(path)) as { auths?: unknown };
  if (typeof auths !== 'object' || auths === null) throw new Error('no "auths" in it');
  return Object.entries(auths as Record<string, Entry>);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
  }
  const [first, second] = NAMES.map((name) => join(path, name));
  return readFile(first, 'utf8').catch(() => readFile(second, 'utf8'));
}

/** Of `https://index.docker.io/v1/` or `host:5000/`, as docker reads them. */
function hostOf(key: string): string {
  const [host] = key.replace(/^https?:\/\//, '').split('/');
  return ['index.docker.io', 'registry-1.docker.io'].includes(host) ? DEFAULT_DOMAIN : host;
}

function toAuth({ auth, username, password, identitytoken, registrytoken }: Entry): RegistryAuth {
  const text = auth ? Buffer.from(auth, 'base64').toString().replace(/\0+$/, '') : '';
  const colon = text.indexOf(':');
  const pair = colon > 0 ? [text.slice(0, colon), text.slice(colon + 1)] : [username, password];
  return { username: pair[0], password: pair[1], identityToken: identitytoken, registryToken: registrytoken };
}

/** A JSON error quotes what it read. */
const nameless = (error: unknown) => (error instanceof SyntaxError ? new Error('not JSON') : error);
