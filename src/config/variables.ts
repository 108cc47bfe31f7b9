import type { z } from 'zod';
import { imageVariables } from './image-variables.js';
import { dockerHost, domain, host, oneOf, optional, path, postgresUrl, presence, secret, whole } from './schemas.js';
import { sandboxVariables } from './sandbox-variables.js';
import { traceVariables } from './trace-variables.js';
import type { Variable } from './variable.js';

const MIB = 1_048_576;
const DAY_MS = 86_400_000;

/** Every variable that the service reads. The documentation is made from this table too. */
export const variables = {
  HOST: { group: 'Service', schema: host(), default: '127.0.0.1', description: 'Address the API listens on.' },
  PORT: {
    group: 'Service',
    schema: whole(0, 65_535),
    default: '8080',
    description: 'Port the API listens on; `0` takes any free one.',
  },
  LOG_LEVEL: {
    group: 'Service',
    schema: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    default: 'info',
    description: 'Least severe line that is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.',
  },
  ATOLL_LOG_FORMAT: {
    group: 'Service',
    schema: oneOf(['auto', 'json', 'pretty']),
    default: 'auto',
    description: 'Lines of the log as `json` or, for people, `pretty`; `auto`: pretty on a terminal, else JSON.',
  },
  ATOLL_API_KEY: {
    group: 'Service',
    schema: secret(16, 512),
    absent: 'required',
    description:
      'The key that clients send as `Authorization: Bearer …`, 16 to 512 visible ASCII characters. `bin/up` generates one; the service itself does not start without.',
  },
  ATOLL_SHUTDOWN_GRACE: {
    group: 'Service',
    schema: whole(0, 600_000),
    default: '5000',
    unit: 'ms',
    description: 'How long requests that are under way may take when the service is told to stop.',
  },
  ATOLL_MAX_JSON_BODY: {
    group: 'Service',
    schema: whole(1024, 1024 * MIB),
    default: String(48 * MIB),
    unit: 'bytes',
    description: 'Largest JSON body of a request; a larger one is a 413.',
  },
  ATOLL_METRICS_HOST: {
    group: 'Metrics',
    schema: host(),
    default: '127.0.0.1',
    description: 'Address that `/metrics` is served at, without a key. The image sets `0.0.0.0`.',
  },
  ATOLL_METRICS_PORT: {
    group: 'Metrics',
    schema: whole(0, 65_535),
    default: '9464',
    description: 'Port of `/metrics`; `0`: it is not served. One that is taken is tried again, and harms nothing else.',
  },
  ...traceVariables,
  DOCKER_HOST: {
    group: 'Engine',
    schema: optional(dockerHost()),
    absent: 'the usual sockets',
    description: 'The container engine, as the docker CLI reads it: `unix:///…`, `tcp://…`, `http://…` or `https://…`.',
  },
  DOCKER_TLS_VERIFY: {
    group: 'Engine',
    schema: optional(presence()),
    absent: 'off',
    description: 'Set to anything: speak TLS with the engine and verify it, as the docker CLI does.',
  },
  DOCKER_CERT_PATH: {
    group: 'Engine',
    schema: optional(path()),
    absent: '`~/.docker`',
    description: 'Folder with `ca.pem`, `cert.pem` and `key.pem` for an engine behind TLS.',
  },
  ATOLL_ENGINE_TIMEOUT: {
    group: 'Engine',
    schema: whole(100, DAY_MS),
    default: '30000',
    unit: 'ms',
    description: 'How long one call to the engine may take (pulling an image aside).',
  },
  ATOLL_DATA_DIR: {
    group: 'Store',
    schema: optional(path()),
    absent: '`.atoll` beside `bin/`',
    description:
      'Embedded store, command output, generated key, `service.pid`, sockets of sandboxes. Made with mode 0700.',
  },
  ATOLL_MIN_FREE_DISK: {
    group: 'Store',
    schema: whole(0, 1_048_576 * MIB),
    default: String(256 * MIB),
    unit: 'bytes',
    description: 'Less than this free where the data directory lies is told in the log and by `/v1/health/ready`.',
  },
  DATABASE_URL: {
    group: 'Store',
    schema: optional(postgresUrl()),
    absent: 'the embedded store',
    description: 'PostgreSQL instead of the embedded store: `postgres://user:password@host:5432/database`.',
  },
  ...sandboxVariables,
  ATOLL_TRANSPORT: {
    group: 'Agent',
    schema: oneOf(['auto', 'socket', 'exec']),
    default: 'auto',
    description:
      'How the service reaches the agent in a sandbox: `socket` (the engine shares our file system), `exec` (everywhere else), or `auto`, which finds out once per engine.',
  },
  ATOLL_AGENT_PATH: {
    group: 'Agent',
    schema: optional(path()),
    absent: '`dist-agent/atoll-agent-linux-<arch>`',
    description: "The agent's binary. The default lies in the project and is chosen by the engine's architecture.",
  },
  ATOLL_AGENT_OPEN_TIMEOUT: {
    group: 'Agent',
    schema: whole(100, 600_000),
    default: '10000',
    unit: 'ms',
    description: 'How long a session with the agent of a sandbox may take to open.',
  },
  ATOLL_AGENT_CALL_TIMEOUT: {
    group: 'Agent',
    schema: whole(100, DAY_MS),
    default: '30000',
    unit: 'ms',
    description: 'How long an agent may be silent in a call that waits for it, before the call is a 408.',
  },
  ATOLL_MAX_COMMANDS: {
    group: 'Commands',
    schema: whole(1, 1_000_000),
    default: '1000',
    description: 'Finished commands kept per sandbox; the oldest go first, with their output.',
  },
  ATOLL_MAX_COMMAND_OUTPUT: {
    group: 'Commands',
    schema: whole(65_536, 1_048_576 * MIB),
    default: String(256 * MIB),
    unit: 'bytes',
    description: 'Output kept per command, both streams together.',
  },
  ATOLL_MAX_TOTAL_OUTPUT: {
    group: 'Commands',
    schema: whole(16 * MIB, 1_048_576 * MIB),
    default: String(4096 * MIB),
    unit: 'bytes',
    description: 'Output kept of all commands of all sandboxes together; past it the oldest goes.',
  },
  ATOLL_KILL_GRACE: {
    group: 'Commands',
    schema: whole(0, 600_000),
    default: '2000',
    unit: 'ms',
    description: 'What a command past its `timeout` has between TERM and KILL, where its creator says nothing else.',
  },
  ATOLL_MAX_LOGS: {
    group: 'Commands',
    schema: whole(1024, 256 * MIB),
    default: String(64 * MIB),
    unit: 'bytes',
    description: 'Most of one stream in a `logs` answer that is not streamed; past it the answer says `truncated`.',
  },
  ATOLL_OUTPUT_GRACE: {
    group: 'Commands',
    schema: whole(0, 600_000),
    default: '500',
    unit: 'ms',
    description: "How long a command's end waits for processes that it left behind and that still hold its output.",
  },
  ATOLL_MAX_TEXT_FILE: {
    group: 'Files',
    schema: whole(1024, 256 * MIB),
    default: String(16 * MIB),
    unit: 'bytes',
    description: 'Largest file that is read as JSON text; a larger one is a 413.',
  },
  ATOLL_MAX_LIST_ENTRIES: {
    group: 'Files',
    schema: whole(1, 1_000_000),
    default: '10000',
    description: 'Most entries in one answer that lists a directory; a larger one is read page by page.',
  },
  ATOLL_MAX_RAW_BODY: {
    group: 'Files',
    schema: whole(1024, 1_048_576 * MIB),
    default: String(65_536 * MIB),
    unit: 'bytes',
    description: 'Largest body that is taken as a stream: the bytes of a file, an upload of several, an archive.',
  },
  ATOLL_MAX_ARCHIVE_BYTES: {
    group: 'Files',
    schema: whole(1024, 1_048_576 * MIB),
    default: String(65_536 * MIB),
    unit: 'bytes',
    description: 'Largest tree that an archive may unpack to, all contents together; a larger one is a 413.',
  },
  ATOLL_MAX_ARCHIVE_ENTRIES: {
    group: 'Files',
    schema: whole(1, 100_000_000),
    default: '1000000',
    description: 'Most entries of an archive that is unpacked, with the directories on the way to them.',
  },
  ATOLL_MAX_UPLOAD_FILES: {
    group: 'Files',
    schema: whole(1, 1_000_000),
    default: '1000',
    description: 'Most files in one multipart upload.',
  },
  ATOLL_MAX_WATCHED_DIRECTORIES: {
    group: 'Files',
    schema: whole(1, 1_000_000),
    default: '10000',
    description: 'Most directories in one watch.',
  },
  ATOLL_FILE_TIMEOUT: {
    group: 'Files',
    schema: whole(1000, DAY_MS),
    default: '600000',
    unit: 'ms',
    description: 'How long work on a whole tree may take (delete, copy, move, change, search), before it is a 408.',
  },
  ...imageVariables,
  ATOLL_BASE_DOMAIN: {
    group: 'Previews',
    schema: domain(),
    default: 'localhost',
    description: 'Domain of previews: `http://<name>.<domain>:<port>`. Read and checked, not used yet.',
  },
  ATOLL_PREVIEW_PORT: {
    group: 'Previews',
    schema: whole(0, 65_535),
    default: '3000',
    description: 'Port that previews are served on. Read and checked, not used yet.',
  },
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof variables;

/** Every variable, read. */
export type Values = { [Name in VariableName]: z.output<(typeof variables)[Name]['schema']> };
