import type { IncomingMessage } from 'node:http';
import { inspect } from 'node:util';
import type Docker from 'dockerode';
import type {
  Container,
  ContainerCreateOptions,
  ContainerInspectOptions,
  DockerVersion,
  ImageInspectInfo,
} from 'dockerode';

/** What dockerode lacks or its types don't say: each call here can be given up, too. */

/** Creates a container. dockerode by itself would send the whole request as a query as well, secrets and all. */
export function createContainer(
  docker: Docker,
  options: ContainerCreateOptions,
  abortSignal: AbortSignal,
): Promise<Container> {
  const { name, ...body } = options;
  return docker.createContainer({ _query: { name }, _body: body, abortSignal } as ContainerCreateOptions);
}

/** dockerode's own can't be given up. */
export function inspectImage(docker: Docker, reference: string, abortSignal: AbortSignal): Promise<ImageInspectInfo> {
  const request = { path: `/images/${reference}/json`, method: 'GET', abortSignal, statusCodes: { 200: true } };
  return dial(docker, request) as Promise<ImageInspectInfo>;
}

/** The answer of a pull, line by line. Like dockerode's own, but its credentials are in no debug output. */
export function pullImage(
  docker: Docker,
  query: { fromImage: string; tag: string; platform?: string },
  authconfig: object | undefined,
  abortSignal: AbortSignal,
): Promise<IncomingMessage> {
  const headers = Object.defineProperty({}, inspect.custom, { value: () => '(hidden)' });
  const options = { _query: query, _body: {} };
  const request = { path: '/images/create?', method: 'POST', isStream: true, statusCodes: { 200: true } };
  return dial(docker, { ...request, options, headers, authconfig, abortSignal }) as Promise<IncomingMessage>;
}

function dial(docker: Docker, request: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    (docker.modem as Modem).dial(request, (error, answer) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
}

/** dockerode's types know nothing of `size`. */
export async function inspectSize(docker: Docker, id: string, abortSignal: AbortSignal): Promise<{ SizeRw?: number }> {
  const options = { size: true, abortSignal };
  return (await docker.getContainer(id).inspect(options as ContainerInspectOptions)) as { SizeRw?: number };
}

export function engineInfo(docker: Docker, abortSignal: AbortSignal): Promise<EngineInfo> {
  return (docker as unknown as Abortable).info({ abortSignal });
}

export function engineVersion(docker: Docker, abortSignal: AbortSignal): Promise<DockerVersion> {
  return (docker as unknown as Abortable).version({ abortSignal });
}

export function ping(docker: Docker, abortSignal: AbortSignal): Promise<unknown> {
  return (docker as unknown as Abortable).ping({ abortSignal });
}

export interface EngineInfo {
  ID: string;
  /** RFC 3339, by the engine's clock. */
  SystemTime: string;
  CgroupVersion?: string;
  MemoryLimit: boolean;
  SwapLimit: boolean;
  PidsLimit: boolean;
  /** Facts about where images and containers lie, as pairs. */
  DriverStatus?: [string, string][] | null;
}

interface Modem {
  dial(request: object, done: (error: Error | null, answer: unknown) => void): void;
}

interface Abortable {
  info(options: { abortSignal: AbortSignal }): Promise<EngineInfo>;
  version(options: { abortSignal: AbortSignal }): Promise<DockerVersion>;
  ping(options: { abortSignal: AbortSignal }): Promise<unknown>;
}
