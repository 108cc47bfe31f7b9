import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { load } from 'js-yaml';
import { composeSchema } from './schemas.js';

interface ComposeService {
  privileged?: boolean;
  environment: Record<string, string>;
  volumes: string[];
  ports?: string[];
  [option: string]: unknown;
}

const text = readFileSync(join(import.meta.dirname, '../../compose.yaml'), 'utf8');
const { services, volumes } = load(text) as {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
};
const volumesOf = (service: ComposeService) => service.volumes.map((volume) => volume.split(':')[0]);

describe('compose.yaml', () => {
  it('is what Compose takes', () => {
    const validate = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(composeSchema());
    expect(validate(load(text)), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ services: { atoll: { privilege: true } } })).toBe(false);
  });

  it('fences the service, and only its engine is privileged', () => {
    expect(Object.keys(services).filter((name) => services[name].privileged)).toEqual(['engine']);
    expect(services.atoll).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect(services.atoll.ports).toEqual(['127.0.0.1:${PORT:-8080}:8080']);
    expect(services.engine.ports).toBeUndefined();
  });

  it('shares the client’s certificates with the service, and nothing else of the engine', () => {
    expect(volumesOf(services.atoll).filter((name) => volumesOf(services.engine).includes(name))).toEqual([
      'engine-client',
    ]);
    expect([...new Set(Object.values(services).flatMap(volumesOf))].sort()).toEqual(Object.keys(volumes).sort());
  });
});
