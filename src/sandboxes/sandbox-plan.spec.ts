import { AtollError } from '../common/errors/atoll-error.js';
import type { Config } from '../config/config.js';
import { SandboxPlanner } from './sandbox-plan.js';

const sandbox = {
  defaultTimeoutS: 900,
  maxTimeoutS: 3600,
  defaultMemoryMb: 1024,
  maxMemoryMb: 8192,
  defaultCpus: 1,
  maxCpus: 4,
  defaultPids: 512,
  maxPids: 1000,
};
const planner = new SandboxPlanner({ sandbox } as Config);
type Request = Parameters<SandboxPlanner['plan']>[0];
const plan = (request: Partial<Request> = {}) => planner.plan({ image: 'i', ...request });

function refusal(request: Partial<Request>): AtollError {
  try {
    plan(request);
  } catch (error) {
    expect(error).toBeInstanceOf(AtollError);
    return error as AtollError;
  }
  throw new Error('it was not refused');
}

it('fills in what was not asked for', () => {
  expect(plan()).toEqual({
    image: 'i',
    ports: [],
    timeoutS: 900,
    memoryMb: 1024,
    cpus: 1,
    pids: 512,
    diskMb: null,
    env: {},
    labels: {},
  });
  expect(plan({ timeout: 0 }).timeoutS).toBe(900);
  expect(plan({ resources: { cpus: 0.5 } })).toMatchObject({ memoryMb: 1024, cpus: 0.5 });
});

it('takes what was asked for, up to the limits', () => {
  const request = {
    timeout: 3600,
    resources: { memory: 8192, cpus: 4, pids: 1000, disk: 1e9 },
    ports: ['80', '53/udp'],
    env: { A: 'b' },
    labels: { team: 'x' },
  };
  expect(plan(request)).toEqual({
    image: 'i',
    ports: ['80/tcp', '53/udp'],
    timeoutS: 3600,
    memoryMb: 8192,
    cpus: 4,
    pids: 1000,
    diskMb: 1e9,
    env: { A: 'b' },
    labels: { team: 'x' },
  });
});

it.each([
  ['timeout', { timeout: 3601 }],
  ['resources.memory', { resources: { memory: 8193 } }],
  ['resources.cpus', { resources: { cpus: 4.01 } }],
  ['resources.pids', { resources: { pids: 1001 } }],
  ['ports', { ports: ['65536'] }],
  ['ports', { ports: ['80', '80/tcp'] }],
])('names the field %s that is wrong in %j', (field, request) => {
  const { code, message, details } = refusal(request);
  expect(code).toBe('BAD_REQUEST');
  expect(message).toContain(field);
  expect(details).toMatchObject({ field });
});

it('limits the disk where that is configured', () => {
  const limited = new SandboxPlanner({ sandbox: { ...sandbox, defaultDiskMb: 64, maxDiskMb: 128 } } as Config);
  expect(limited.plan({ image: 'i' }).diskMb).toBe(64);
  expect(limited.plan({ image: 'i', resources: { disk: 128 } }).diskMb).toBe(128);
  expect(() => limited.plan({ image: 'i', resources: { disk: 129 } })).toThrow('resources.disk');
});

it('takes one number as two ports, one for each protocol', () => {
  expect(plan({ ports: ['53', '53/udp'] }).ports).toEqual(['53/tcp', '53/udp']);
});
