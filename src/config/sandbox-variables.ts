import { decimal, optional, whole } from './schemas.js';
import type { Variable } from './variable.js';

const MIB = 1_048_576;
const TEN_YEARS_S = 315_360_000;

/** What a sandbox may be and have. */
export const sandboxVariables = {
  ATOLL_DEFAULT_TIMEOUT: {
    group: 'Sandboxes',
    schema: whole(1, TEN_YEARS_S),
    default: '900',
    unit: 'seconds',
    description: 'Life of a sandbox whose creator asks for none.',
  },
  ATOLL_MAX_TIMEOUT: {
    group: 'Sandboxes',
    schema: whole(1, TEN_YEARS_S),
    default: '86400',
    unit: 'seconds',
    description: 'Longest life that can be asked for, at creation and by a renewal.',
  },
  ATOLL_DEFAULT_MEMORY: {
    group: 'Sandboxes',
    schema: whole(32, 16 * MIB),
    default: '1024',
    unit: 'MB of 1,048,576 bytes',
    description: 'Memory of a sandbox whose creator asks for none. There is never swap on top.',
  },
  ATOLL_MAX_MEMORY: {
    group: 'Sandboxes',
    schema: whole(16, 16 * MIB),
    default: '8192',
    unit: 'MB of 1,048,576 bytes',
    description: 'Most memory that can be asked for.',
  },
  ATOLL_DEFAULT_CPUS: {
    group: 'Sandboxes',
    schema: decimal(0.01, 1024),
    default: '1',
    unit: 'cores',
    description: 'Cores of a sandbox whose creator asks for none; may be a fraction.',
  },
  ATOLL_MAX_CPUS: {
    group: 'Sandboxes',
    schema: decimal(0.01, 1024),
    default: '4',
    unit: 'cores',
    description: 'Most cores that can be asked for. An engine refuses more than its host has.',
  },
  ATOLL_PIDS_LIMIT: {
    group: 'Sandboxes',
    schema: whole(32, 4_194_304),
    default: '512',
    description:
      'Processes and threads of the commands in a sandbox together, whose creator asks for none; 40 for the agent come on top.',
  },
  ATOLL_MAX_PIDS: {
    group: 'Sandboxes',
    schema: whole(32, 4_194_304),
    default: '4096',
    description: 'Most processes and threads that can be asked for.',
  },
  ATOLL_DEFAULT_DISK: {
    group: 'Sandboxes',
    schema: optional(whole(16, 1024 * MIB)),
    absent: '`ATOLL_MAX_DISK`, or no limit',
    unit: 'MB of 1,048,576 bytes',
    description:
      "What may be written into the file system of a sandbox whose creator asks for none. Where the engine's storage driver has no quotas every create is a 400 then.",
  },
  ATOLL_MAX_DISK: {
    group: 'Sandboxes',
    schema: optional(whole(16, 1024 * MIB)),
    absent: 'no limit',
    unit: 'MB of 1,048,576 bytes',
    description: 'Most disk that can be asked for.',
  },
  ATOLL_ULIMIT_NOFILE: {
    group: 'Sandboxes',
    schema: whole(1024, 1_073_741_816),
    default: '16384',
    description:
      "Open files of one process in a sandbox. More than the engine's own process may have makes every start fail.",
  },
  ATOLL_ULIMIT_CORE: {
    group: 'Sandboxes',
    schema: whole(0, 1_048_576 * MIB),
    default: '0',
    unit: 'bytes',
    description:
      "Largest core dump of a process in a sandbox. The kernel hands it to the host's `core_pattern`, which may be a program there.",
  },
  ATOLL_STOP_GRACE: {
    group: 'Sandboxes',
    schema: whole(0, 600_000),
    default: '2000',
    unit: 'ms',
    description: 'What running commands have between TERM and KILL when their sandbox is stopped.',
  },
  ATOLL_RETENTION: {
    group: 'Sandboxes',
    schema: whole(0, TEN_YEARS_S),
    default: '86400',
    unit: 'seconds',
    description:
      'How long a stopped or errored sandbox is kept before it is deleted; 0 keeps it until somebody deletes it.',
  },
  ATOLL_SWEEP_INTERVAL: {
    group: 'Sandboxes',
    schema: whole(100, 3_600_000),
    default: '1000',
    unit: 'ms',
    description: 'How often the service looks for sandboxes that have expired.',
  },
} as const satisfies Record<string, Variable>;
