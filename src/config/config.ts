import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mistakes, readValues } from './read.js';
import type { Environment } from './variable.js';
import type { Values } from './variables.js';

/** The service's whole configuration: read once, frozen, handed out by injection. */
export abstract class Config {
  /** `maxJsonBytes`: bytes of a request's JSON body. Port 0 takes any free one. */
  readonly http!: {
    readonly host: string;
    readonly port: number;
    readonly maxJsonBytes: number;
    readonly shutdownGraceMs: number;
  };
  /** Port 0: not served. */
  readonly metrics!: { readonly host: string; readonly port: number };
  /** By OTLP/HTTP; absent: none are made. `headers` may hold secrets; `sampleRatio` is from 0 to 1. */
  readonly traces?: {
    readonly endpoint: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly sampleRatio: number;
  };
  readonly logLevel!: Values['LOG_LEVEL'];
  readonly logFormat!: Values['ATOLL_LOG_FORMAT'];
  readonly apiKey!: string;
  /** Absolute; may not be there yet. */
  readonly dataDir!: string;
  /** In the data directory's file system, or somebody is told. */
  readonly minFreeDiskBytes!: number;
  /** PostgreSQL; absent means the embedded store in the data directory. */
  readonly databaseUrl?: string;
  /** `host` as in DOCKER_HOST, absent: the usual sockets. `certPath` is absolute. */
  readonly engine!: {
    readonly host?: string;
    readonly tlsVerify: boolean;
    readonly certPath?: string;
    readonly timeoutMs: number;
  };
  /** `path` of the binary, absolute; absent means the one in the project for the engine's architecture. */
  readonly agent!: {
    readonly path?: string;
    readonly transport: 'auto' | 'socket' | 'exec';
    readonly openTimeoutMs: number;
    readonly callTimeoutMs: number;
  };
  /** Seconds, MB of 1,048,576 bytes, cores. */
  readonly sandbox!: {
    readonly defaultTimeoutS: number;
    readonly maxTimeoutS: number;
    readonly defaultMemoryMb: number;
    readonly maxMemoryMb: number;
    readonly defaultCpus: number;
    readonly maxCpus: number;
    readonly defaultPids: number;
    readonly maxPids: number;
    /** Absent: no limit. */
    readonly defaultDiskMb?: number;
    readonly maxDiskMb?: number;
    /** Of each process in it. */
    readonly openFiles: number;
    readonly coreBytes: number;
    readonly stopGraceMs: number;
    /** Seconds that a stopped one is kept; 0 is for ever. */
    readonly retentionS: number;
  };
  readonly commands!: {
    /** Finished ones kept. */
    readonly maxPerSandbox: number;
    readonly maxOutputBytes: number;
    /** Of each stream. */
    readonly maxLogsBytes: number;
    /** Of all commands of all sandboxes. */
    readonly maxTotalOutputBytes: number;
    readonly killGraceMs: number;
    readonly outputGraceMs: number;
  };
  readonly files!: {
    readonly maxTextBytes: number;
    readonly maxListEntries: number;
    /** Of a body that is not JSON. */
    readonly maxRawBytes: number;
    /** Of all that an archive unpacks to. */
    readonly maxArchiveBytes: number;
    readonly maxArchiveEntries: number;
    /** In one multipart upload. */
    readonly maxUploadFiles: number;
    /** In one watch. */
    readonly maxWatchedDirectories: number;
    /** For work on a whole tree. */
    readonly timeoutMs: number;
  };
  readonly images!: {
    /** Of one pull, with its time in line. */
    readonly pullTimeoutMs: number;
    /** Pulls at once. */
    readonly maxPulls: number;
    /** Globs of references; absent: all. */
    readonly allowed?: readonly string[];
    /** A docker `config.json`, or the folder with it; absolute. */
    readonly registryConfig?: string;
    /** Seconds that an image which was pulled here may be unused; 0 is for ever. */
    readonly maxAgeS: number;
    /** MB that images which were pulled here may take; 0 is no bound. */
    readonly maxSizeMb: number;
  };
  readonly preview!: { readonly baseDomain: string; readonly port: number };
  readonly sweepIntervalMs!: number;
}

/** A full sentence per line, each naming its variable, and never a value: it may be a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads an environment. Throws ConfigError with one line for each variable that is wrong. An empty text is unset. */
export function readConfig(env: Environment): Config {
  const { values, wrong } = readValues(env);
  const lines = [...wrong, ...mistakes(env, values)];
  if (lines.length > 0) throw new ConfigError(lines.join('\n'));
  return deepFreeze(fromValues(values as Values));
}

/** `.atoll` in the project's root, beside `bin/`: two folders up from both src/config and dist/config. */
const DEFAULT_DATA_DIR = fileURLToPath(new URL('../../.atoll', import.meta.url));

function fromValues(v: Values): Config {
  return {
    http: {
      host: v.HOST,
      port: v.PORT,
      maxJsonBytes: v.ATOLL_MAX_JSON_BODY,
      shutdownGraceMs: v.ATOLL_SHUTDOWN_GRACE,
    },
    metrics: { host: v.ATOLL_METRICS_HOST, port: v.ATOLL_METRICS_PORT },
    traces:
      v.ATOLL_TRACES_ENDPOINT === undefined
        ? undefined
        : {
            endpoint: v.ATOLL_TRACES_ENDPOINT,
            headers: v.ATOLL_TRACES_HEADERS ?? {},
            sampleRatio: v.ATOLL_TRACES_SAMPLE_RATIO,
          },
    logLevel: v.LOG_LEVEL,
    logFormat: v.ATOLL_LOG_FORMAT,
    apiKey: v.ATOLL_API_KEY,
    dataDir: resolve(v.ATOLL_DATA_DIR ?? DEFAULT_DATA_DIR),
    minFreeDiskBytes: v.ATOLL_MIN_FREE_DISK,
    databaseUrl: v.DATABASE_URL,
    engine: {
      host: v.DOCKER_HOST,
      tlsVerify: v.DOCKER_TLS_VERIFY ?? false,
      certPath: absolute(v.DOCKER_CERT_PATH),
      timeoutMs: v.ATOLL_ENGINE_TIMEOUT,
    },
    agent: {
      path: absolute(v.ATOLL_AGENT_PATH),
      transport: v.ATOLL_TRANSPORT,
      openTimeoutMs: v.ATOLL_AGENT_OPEN_TIMEOUT,
      callTimeoutMs: v.ATOLL_AGENT_CALL_TIMEOUT,
    },
    sandbox: {
      defaultTimeoutS: v.ATOLL_DEFAULT_TIMEOUT,
      maxTimeoutS: v.ATOLL_MAX_TIMEOUT,
      defaultMemoryMb: v.ATOLL_DEFAULT_MEMORY,
      maxMemoryMb: v.ATOLL_MAX_MEMORY,
      defaultCpus: v.ATOLL_DEFAULT_CPUS,
      maxCpus: v.ATOLL_MAX_CPUS,
      defaultPids: v.ATOLL_PIDS_LIMIT,
      maxPids: v.ATOLL_MAX_PIDS,
      // Or whoever asks for none would get more than anybody may ask for.
      defaultDiskMb: v.ATOLL_DEFAULT_DISK ?? v.ATOLL_MAX_DISK,
      maxDiskMb: v.ATOLL_MAX_DISK,
      openFiles: v.ATOLL_ULIMIT_NOFILE,
      coreBytes: v.ATOLL_ULIMIT_CORE,
      stopGraceMs: v.ATOLL_STOP_GRACE,
      retentionS: v.ATOLL_RETENTION,
    },
    commands: {
      maxPerSandbox: v.ATOLL_MAX_COMMANDS,
      maxOutputBytes: v.ATOLL_MAX_COMMAND_OUTPUT,
      maxLogsBytes: v.ATOLL_MAX_LOGS,
      maxTotalOutputBytes: v.ATOLL_MAX_TOTAL_OUTPUT,
      killGraceMs: v.ATOLL_KILL_GRACE,
      outputGraceMs: v.ATOLL_OUTPUT_GRACE,
    },
    files: {
      maxTextBytes: v.ATOLL_MAX_TEXT_FILE,
      maxListEntries: v.ATOLL_MAX_LIST_ENTRIES,
      maxRawBytes: v.ATOLL_MAX_RAW_BODY,
      maxArchiveBytes: v.ATOLL_MAX_ARCHIVE_BYTES,
      maxArchiveEntries: v.ATOLL_MAX_ARCHIVE_ENTRIES,
      maxUploadFiles: v.ATOLL_MAX_UPLOAD_FILES,
      maxWatchedDirectories: v.ATOLL_MAX_WATCHED_DIRECTORIES,
      timeoutMs: v.ATOLL_FILE_TIMEOUT,
    },
    images: {
      pullTimeoutMs: v.ATOLL_PULL_TIMEOUT,
      maxPulls: v.ATOLL_MAX_PULLS,
      allowed: v.ATOLL_ALLOWED_IMAGES,
      registryConfig: absolute(v.ATOLL_REGISTRY_CONFIG),
      maxAgeS: v.ATOLL_IMAGE_MAX_AGE,
      maxSizeMb: v.ATOLL_IMAGES_MAX_SIZE,
    },
    preview: { baseDomain: v.ATOLL_BASE_DOMAIN, port: v.ATOLL_PREVIEW_PORT },
    sweepIntervalMs: v.ATOLL_SWEEP_INTERVAL,
  };
}

const absolute = (path: string | undefined) => (path === undefined ? undefined : resolve(path));

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part as object);
  }
  return Object.freeze(value);
}
