import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from './docker.js';
import { ATOLL_IMAGE } from './image-build.js';
import { API_KEY, Service } from './service.js';

/** As the chart and compose.yaml fence it. */
const FENCE = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges', '--pids-limit=256'];

/** The service as a container of its image, spoken to by a published port. */
export class ImageService {
  private constructor(
    readonly container: string,
    readonly service: Service,
  ) {}

  /** Runs the image with more of `docker run`'s options, and waits until it answers. Throws with its log. */
  static async run(options: string[]): Promise<ImageService> {
    const key = `--env=ATOLL_API_KEY=${API_KEY}`;
    const container = docker('run', '--detach', '--publish=127.0.0.1::8080', key, ...FENCE, ...options, ATOLL_IMAGE);
    const port = Number(docker('port', container, '8080').split(':').at(-1));
    const run = new ImageService(container, Service.at(port));
    for (let tries = 0; !(await run.answers()); tries++) {
      if (tries === 300) throw new Error(`it is not healthy:\n${run.logs()}`);
      await sleep(100);
    }
    return run;
  }

  logs(): string {
    return docker('logs', this.container);
  }

  inspect(format: string): string {
    return docker('inspect', '--format', format, this.container);
  }

  /** Stops it as an orchestrator does, and gives its exit code. */
  stop(): number {
    docker('stop', '--time=20', this.container);
    return Number(this.inspect('{{.State.ExitCode}}'));
  }

  remove(): void {
    docker('rm', '--force', '--volumes', this.container);
  }

  private async answers(): Promise<boolean> {
    try {
      return (await this.service.get('/v1/health')).status === 200;
    } catch {
      return false;
    }
  }
}
