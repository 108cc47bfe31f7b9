import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { EngineError, isEngineError } from '../errors.js';
import { LABEL } from '../labels.js';
import { DockerClient } from './docker-client.js';
import { engineVersion, inspectImage } from './dockerode-gaps.js';
import { packTar } from './tar.js';

const REPOSITORY = 'atoll-tiny';

/**
 * A tiny image of our own: an empty folder and a label. It is loaded as a whole image and not imported as a file tree,
 * because then its id is the hash of what is in it: two services that load it at once have the same one, and none
 * is left over untagged.
 */
@Injectable()
export class TinyImage {
  constructor(private readonly client: DockerClient) {}

  /** Its id. Loads it when the engine does not have it. */
  async ensure(signal?: AbortSignal): Promise<string> {
    const architecture = await this.architecture(signal);
    const { tag, archive } = await tinyArchive(architecture);
    const there = await this.find(tag, signal);
    if (there !== undefined) return there;
    await this.client.call({ what: 'load an image', signal }, async (docker, abortSignal) => {
      const answer = await docker.loadImage(archive as unknown as NodeJS.ReadableStream, { quiet: 1, abortSignal });
      const said = await text(answer);
      if (/"error"/.test(said))
        throw new EngineError('internal', 'The engine failed to load an image.', { cause: said });
    });
    const loaded = await this.find(tag, signal);
    if (loaded === undefined) throw new EngineError('internal', 'The engine loaded an image and does not have it.');
    return loaded;
  }

  private async find(tag: string, signal?: AbortSignal): Promise<string | undefined> {
    try {
      const doing = { what: 'look at the image', missing: 'no_such_image', signal } as const;
      return (await this.client.read(doing, (docker, abortSignal) => inspectImage(docker, tag, abortSignal))).Id;
    } catch (error) {
      if (!isEngineError(error, 'no_such_image')) throw error;
      return undefined;
    }
  }

  private async architecture(signal?: AbortSignal): Promise<string> {
    return (await this.client.read({ what: 'tell its version', signal }, engineVersion)).Arch;
  }
}

/** As `docker save` would write it. The same bytes every time. */
async function tinyArchive(architecture: string): Promise<{ tag: string; archive: Buffer }> {
  const layer = await packTar([{ name: 'atoll/', mode: 0o755 }]);
  const created = '2026-01-01T00:00:00Z';
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      created,
      config: { Labels: { [LABEL.role]: 'agent' } },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created, created_by: 'atoll' }],
    }),
  );
  const hash = sha256(config);
  const tag = `${REPOSITORY}:${hash.slice(0, 16)}`;
  const manifest = [{ Config: `${hash}.json`, RepoTags: [tag], Layers: ['layer.tar'] }];
  const archive = await packTar([
    { name: `${hash}.json`, mode: 0o644, content: config },
    { name: 'layer.tar', mode: 0o644, content: layer },
    { name: 'manifest.json', mode: 0o644, content: Buffer.from(JSON.stringify(manifest)) },
  ]);
  return { tag, archive };
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
