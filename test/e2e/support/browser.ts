import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

/** Debian's, which bin/test installs, unless another is named. */
const CHROMIUM = process.env.ATOLL_TEST_CHROMIUM ?? '/usr/bin/chromium';

/** Root may start it, and it does not talk with its maker. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real browser with a profile of its own, and all that its one page asked for and complained of. */
export class Browser {
  /** The URLs of all requests, those that were refused too. */
  readonly requests: string[] = [];
  /** What the page wrote to the console as an error, or threw. */
  readonly errors: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    private readonly profile: string,
  ) {
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.errors.push(message.text());
    });
  }

  /** `host`: a name that leads to this machine, as a real one would; pages behave otherwise on "localhost". */
  static async start(host: string): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: [...FLAGS, `--host-resolver-rules=MAP ${host} 127.0.0.1`],
    });
    context.setDefaultTimeout(45_000);
    return new Browser(context.pages()[0] ?? (await context.newPage()), context, profile);
  }

  async stop(): Promise<void> {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true });
  }
}
