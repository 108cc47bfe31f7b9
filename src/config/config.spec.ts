import { isAbsolute, resolve } from 'node:path';
import { ConfigError, readConfig } from './config.js';
import type { Environment } from './variable.js';

const KEY = 'k'.repeat(16);
const read = (env: Environment = {}) => readConfig({ ATOLL_API_KEY: KEY, ...env });

function refusal(env: Environment): string {
  try {
    readConfig({ ATOLL_API_KEY: KEY, ...env });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('it was not refused');
}

describe('readConfig', () => {
  it('has the defaults of the contract', () => {
    const config = read();
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8080, maxJsonBytes: 50_331_648, shutdownGraceMs: 5000 });
    expect(config.logLevel).toBe('info');
    expect(config.databaseUrl).toBeUndefined();
    expect(config.engine).toEqual({ tlsVerify: false, timeoutMs: 30_000 });
    expect(config.agent).toEqual({ transport: 'auto', openTimeoutMs: 10_000, callTimeoutMs: 30_000 });
    expect(config.sandbox).toEqual({
      defaultTimeoutS: 900,
      maxTimeoutS: 86_400,
      defaultMemoryMb: 1024,
      maxMemoryMb: 8192,
      defaultCpus: 1,
      maxCpus: 4,
      defaultPids: 512,
      maxPids: 4096,
      openFiles: 16_384,
      coreBytes: 0,
      stopGraceMs: 2000,
      retentionS: 86_400,
    });
    expect(config.preview).toEqual({ baseDomain: 'localhost', port: 3000 });
    expect(config.dataDir).toBe(resolve(import.meta.dirname, '../../.atoll'));
  });

  it('reads what is given, and takes an empty text as unset', () => {
    const config = read({ PORT: '0', ATOLL_DEFAULT_CPUS: '0.5', ATOLL_TRANSPORT: 'exec', HOST: '', LOG_LEVEL: '' });
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 0 });
    expect(config.sandbox.defaultCpus).toBe(0.5);
    expect(config.agent.transport).toBe('exec');
  });

  it('makes paths absolute', () => {
    const config = read({ ATOLL_DATA_DIR: 'some/where', DOCKER_CERT_PATH: 'certs', ATOLL_AGENT_PATH: 'a/gent' });
    expect(config.dataDir).toBe(resolve('some/where'));
    expect(isAbsolute(config.engine.certPath!)).toBe(true);
    expect(isAbsolute(config.agent.path!)).toBe(true);
  });

  it('reads where traces go', () => {
    expect(read().traces).toBeUndefined();
    expect(read({ ATOLL_TRACES_ENDPOINT: 'http://collector:4318' }).traces).toEqual({
      endpoint: 'http://collector:4318/v1/traces',
      headers: {},
      sampleRatio: 1,
    });
    const all = {
      ATOLL_TRACES_ENDPOINT: 'https://collector/otlp?x=1',
      ATOLL_TRACES_HEADERS: 'Authorization=Bearer%20abc=, x-tenant=a',
      ATOLL_TRACES_SAMPLE_RATIO: '0.25',
    };
    const headers = { authorization: 'Bearer abc=', 'x-tenant': 'a' };
    expect(read(all).traces).toEqual({ endpoint: 'https://collector/otlp?x=1', headers, sampleRatio: 0.25 });
  });

  it.each(['collector:4318', 'ftp://collector', 'http://me:secret@collector', 'http://'])(
    'refuses an endpoint of traces: %s',
    (endpoint) => expect(refusal({ ATOLL_TRACES_ENDPOINT: endpoint })).toMatch(/^ATOLL_TRACES_ENDPOINT must be/),
  );

  it.each(['the-secret', 'a b=the-secret', 'a=the secret', 'a=the-secret,', 'a=%0athe-secret', 'a=%zz'])(
    'refuses headers of traces, and repeats nothing of them: %s',
    (headers) => {
      const sentence = refusal({ ATOLL_TRACES_HEADERS: headers });
      expect(sentence).toMatch(/^ATOLL_TRACES_HEADERS must be/);
      expect(sentence).not.toContain('secret');
    },
  );

  it('is frozen in depth', () => {
    const config = read();
    expect(() => Object.assign(config, { apiKey: 'x' })).toThrow(TypeError);
    expect(() => Object.assign(config.sandbox, { maxPids: 1 })).toThrow(TypeError);
  });

  it.each(['unix:///var/run/docker.sock', 'tcp://10.0.0.1:2376', 'https://engine.example:2376/'])(
    'takes the engine %s',
    (host) => expect(read({ DOCKER_HOST: host }).engine.host).toBe(host),
  );

  it.each(['127.0.0.1', '::', 'localhost', 'a-b.example'])('listens on %s', (HOST) => {
    expect(read({ HOST }).http.host).toBe(HOST);
  });

  it('turns TLS on by any DOCKER_TLS_VERIFY, as the docker CLI does', () => {
    expect(read({ DOCKER_TLS_VERIFY: '0' }).engine.tlsVerify).toBe(true);
    expect(read({ DOCKER_TLS_VERIFY: '' }).engine.tlsVerify).toBe(false);
  });

  it.each([
    ['PORT', ['-1', '65536', '80.0', '0x50', '8e3', ' 80', 'http', '9'.repeat(40)]],
    ['HOST', ['a b', '[::1]', 'http://x', '-a', '1.2.3.4:80']],
    ['LOG_LEVEL', ['INFO', 'verbose']],
    ['ATOLL_API_KEY', ['short', 'with spaces in the middle', 'ünïcödé-and-long-enough', 'k'.repeat(513)]],
    ['ATOLL_TRANSPORT', ['tcp']],
    ['ATOLL_DEFAULT_CPUS', ['0', '1,5', '-1', '1e1', 'NaN', 'Infinity', '.5']],
    ['ATOLL_DEFAULT_MEMORY', ['15', '1g', '1.5']],
    ['ATOLL_MAX_TIMEOUT', ['0', '315360001']],
    ['DATABASE_URL', ['mysql://x/y', 'postgres', 'postgres://a:b@[/x']],
    ['DOCKER_HOST', ['/var/run/docker.sock', 'ssh://me@there', 'unix://', 'npipe:////./pipe/x']],
    ['ATOLL_DATA_DIR', ['~/atoll']],
    ['ATOLL_BASE_DOMAIN', ['.example', 'a..b', 'https://example']],
  ])('refuses a wrong %s in one full sentence', (name, values) => {
    for (const value of values) {
      const message = refusal({ [name]: value });
      expect(message.split('\n')[0]).toMatch(new RegExp(`^${name} (must|is) .*\\.$`));
    }
  });

  it('never repeats a value, which may be a secret', () => {
    const secret = 'hunter2 hunter2 hunter2';
    for (const name of [
      'ATOLL_API_KEY',
      'DATABASE_URL',
      'PORT',
      'LOG_LEVEL',
      'ATOLL_TRANSPORT',
      'HOST',
      'ATOLL_TYPO',
    ]) {
      expect(refusal({ [name]: secret })).toContain(name);
      expect(refusal({ [name]: secret })).not.toContain('hunter2');
    }
  });

  it('requires the key', () => {
    expect(() => readConfig({})).toThrow('ATOLL_API_KEY is required.');
    expect(() => readConfig({ ATOLL_API_KEY: '' })).toThrow('ATOLL_API_KEY is required.');
  });

  it('has one line for each variable that is wrong', () => {
    expect(refusal({ PORT: 'x', ATOLL_API_KEY: undefined, ATOLL_MAX_CPUS: 'y' }).split('\n')).toEqual([
      'PORT must be a whole number from 0 to 65535.',
      'ATOLL_API_KEY is required.',
      'ATOLL_MAX_CPUS must be a number from 0.01 to 1024, such as 1 or 0.5.',
    ]);
  });

  it('compares defaults with limits, those that are not given too', () => {
    expect(refusal({ ATOLL_DEFAULT_MEMORY: '9000' })).toBe(
      'ATOLL_DEFAULT_MEMORY must not be greater than ATOLL_MAX_MEMORY.',
    );
    expect(refusal({ ATOLL_MAX_CPUS: '0.5', ATOLL_MAX_TIMEOUT: '60' }).split('\n')).toEqual([
      'ATOLL_DEFAULT_TIMEOUT must not be greater than ATOLL_MAX_TIMEOUT.',
      'ATOLL_DEFAULT_CPUS must not be greater than ATOLL_MAX_CPUS.',
    ]);
    expect(read({ ATOLL_DEFAULT_MEMORY: '8192' }).sandbox.defaultMemoryMb).toBe(8192);
    expect(refusal({ ATOLL_DEFAULT_DISK: '100', ATOLL_MAX_DISK: '99' })).toContain('ATOLL_DEFAULT_DISK must not');
    expect(refusal({ ATOLL_PIDS_LIMIT: '5000' })).toContain('ATOLL_PIDS_LIMIT must not');
  });

  it('has no more disk for those who ask for none than for those who ask', () => {
    expect(read({ ATOLL_MAX_DISK: '99' }).sandbox).toMatchObject({ defaultDiskMb: 99, maxDiskMb: 99 });
    expect(read({ ATOLL_DEFAULT_DISK: '50' }).sandbox.defaultDiskMb).toBe(50);
  });

  it('refuses a misspelled variable and says which was meant', () => {
    expect(refusal({ ATOLL_DEFAULT_MEMROY: '1' })).toBe(
      'ATOLL_DEFAULT_MEMROY is not a variable of Atoll; did you mean ATOLL_DEFAULT_MEMORY?',
    );
    expect(refusal({ ATOLL_COLOUR_OF_THE_SEA: '1' })).toBe('ATOLL_COLOUR_OF_THE_SEA is not a variable of Atoll.');
  });

  it('lets pass what is not ours: tests, other programs, the links that Kubernetes makes for a Service', () => {
    read({
      ATOLL_TEST_DATABASE_URL: 'x',
      NODE_ENV: 'production',
      ATOLL_SERVICE_HOST: '10.0.0.1',
      ATOLL_SERVICE_PORT_HTTP: '80',
      ATOLL_PORT: 'tcp://10.0.0.1:80',
      ATOLL_PORT_80_TCP_ADDR: '10.0.0.1',
      ATOLL_POSTGRES_SERVICE_PORT: '5432',
    });
    expect(read({ ATOLL_METRICS_PORT: 'tcp://10.0.0.1:9464' }).metrics.port).toBe(9464);
    expect(refusal({ ATOLL_PORT: '80' })).toContain('ATOLL_PORT is not');
  });
});
