import { Test } from '@nestjs/testing';
import { TerminusModule } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { EngineHost } from '../engine/engine-host.js';
import { Store } from '../store/store.js';
import { DataDirectory } from './data-directory.js';
import { HealthController } from './health.controller.js';
import { Parts } from './parts.js';
import { ReadinessCheck } from './readiness.js';

const fine = () => Promise.resolve();
const fails = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1:5432'));
const full = () => Promise.reject(new Error('the data directory is full'));
const yes = () => Promise.resolve(true);
const no = () => Promise.resolve(false);

const WELL = { engine: fine, store: fine, upToDate: yes, disk: fine, low: no };

/** What a probe gets, when the parts are as given. */
async function probe(call: 'check' | 'live' | 'ready', trouble: Partial<typeof WELL> = {}) {
  const { engine, store, upToDate, disk, low } = { ...WELL, ...trouble };
  const app = await Test.createTestingModule({
    imports: [TerminusModule.forRoot({ logger: false })],
    controllers: [HealthController],
    providers: [
      Parts,
      ReadinessCheck,
      { provide: EngineHost, useValue: { ping: engine } },
      { provide: Store, useValue: { ping: store, isUpToDate: upToDate } },
      { provide: DataDirectory, useValue: { check: disk, isLow: low } },
    ],
  }).compile();
  let status = 200;
  const reply = { status: (code: number) => (status = code) } as unknown as FastifyReply;
  const body = await app.get(HealthController)[call](reply);
  return { status, body };
}

const ENGINE = 'the container engine does not answer';
const STORE = 'the database does not answer';
const up = { status: 'up' };
const down = (message: string) => ({ status: 'down', message });
const ALL_UP = { store: up, migrations: up, data_directory: up, engine: up };

describe('HealthController', () => {
  it.each([
    ['check', {}, undefined],
    ['check', { store: fails, disk: full }, undefined],
    ['check', { engine: fails }, ENGINE],
    ['live', { engine: fails, store: fails, disk: full }, undefined],
  ] as const)('%s: %j', async (call, trouble, error) => {
    const { status, body } = await probe(call, trouble);
    expect(status).toBe(error ? 503 : 200);
    expect(body).toEqual(error ? { status: 'unhealthy', error } : { status: 'healthy' });
  });

  it.each([
    [{}, undefined, {}],
    [{ engine: fails }, ENGINE, { engine: down(ENGINE) }],
    [{ store: fails, upToDate: fails }, STORE, { store: down(STORE), migrations: down(STORE) }],
    [{ disk: full }, 'the data directory is full', { data_directory: down('the data directory is full') }],
    [
      { upToDate: no },
      'the database was brought to a schema that this build does not know',
      { migrations: down('the database was brought to a schema that this build does not know') },
    ],
    [
      { low: yes },
      undefined,
      { data_directory: { status: 'degraded', message: 'little space is left for the data directory' } },
    ],
  ])('says of each part whether it is ready: %#', async (trouble, error, parts) => {
    const { status, body } = await probe('ready', trouble);
    expect(status).toBe(error ? 503 : 200);
    const all = { ...ALL_UP, ...parts };
    expect(body).toEqual(error ? { status: 'unhealthy', error, parts: all } : { status: 'healthy', parts: all });
  });
});
