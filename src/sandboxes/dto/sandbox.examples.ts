import type { CreateSandboxRequest } from './create-sandbox.request.dto.js';
import type { SandboxDetail, SandboxList } from './sandbox.responses.dto.js';

// Made of the members' own examples, a sandbox would be running and have ended, and a request ask for a disk quota, which
// most engines refuse.

const CREATED = { id: 'sb_4kq0z7d2m9x1c8v5b3n6', name: 'brave-otter', ports: ['3000/tcp'] };

/** One that runs. */
export const RUNNING: SandboxDetail = {
  ...CREATED,
  image: 'busybox:latest',
  status: 'running',
  running: true,
  resources: { memory: 1024, cpus: 1 },
  labels: { team: 'search' },
  started_at: '2026-11-23T12:00:00.000Z',
  finished_at: null,
  expires_at: '2026-11-23T12:15:00.000Z',
};

/** All that there are. */
export const LIST: SandboxList = {
  sandboxes: [
    { ...CREATED, image: RUNNING.image, status: 'running', state: 'running', expires_at: RUNNING.expires_at },
    {
      id: 'sb_9x1c8v5b3n64kq0z7d2m',
      name: 'quick-rabbit',
      ports: [],
      image: 'debian:latest',
      status: 'stopped',
      state: 'stopped',
    },
  ],
};

const TYPICAL: CreateSandboxRequest = {
  image: 'busybox:latest',
  ports: ['3000', '8080/udp'],
  timeout: 900,
  resources: { memory: 1024, cpus: 1 },
  env: { GREETING: 'hello' },
  labels: { team: 'search' },
};

/** What Swagger UI proposes to create. */
export const CREATE = {
  typical: { summary: 'with most options', value: TYPICAL },
  smallest: { summary: 'with defaults', value: { image: TYPICAL.image } satisfies CreateSandboxRequest },
};
