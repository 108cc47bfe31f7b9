import { HealthController } from './health.controller.js';
import type { EngineHost } from '../engine/engine-host.js';
import type { Store } from '../store/store.js';
import type { FastifyReply } from 'fastify';

const fine = () => Promise.resolve();
const fails = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1:5432'));

/** What a probe gets, with an engine and a database that answer or do not. */
async function probe(call: 'check' | 'live' | 'ready', engine = fine, store = fine) {
  let status = 200;
  const reply = { status: (code: number) => (status = code) } as unknown as FastifyReply;
  const controller = new HealthController(
    { ping: engine } as unknown as EngineHost,
    { ping: store } as unknown as Store,
  );
  const body = await controller[call](reply);
  return { status, body };
}

describe('HealthController', () => {
  it.each([
    ['check', fine, fine, undefined],
    ['check', fine, fails, undefined],
    ['check', fails, fine, 'the container engine does not answer'],
    ['ready', fine, fine, undefined],
    ['ready', fails, fine, 'the container engine does not answer'],
    ['ready', fine, fails, 'the database does not answer'],
    ['live', fails, fails, undefined],
  ] as const)('%s', async (call, engine, store, error) => {
    const { status, body } = await probe(call, engine, store);
    expect(status).toBe(error ? 503 : 200);
    expect(body).toEqual(error ? { status: 'unhealthy', error } : { status: 'healthy' });
  });
});
