import type { Locator } from 'playwright-core';
import { Browser } from './support/browser.js';
import { API_KEY, IMAGE, Service } from './support/service.js';

const HOST = 'atoll.test';

interface Shown {
  status: string;
  /** The answer's body, as it is on screen. */
  body: string;
}

describe('Swagger UI in a browser', () => {
  let service: Service;
  let browser: Browser;
  let origin: string;
  let sandbox: string;

  beforeAll(async () => {
    [service, browser] = await Promise.all([Service.start(), Browser.start(HOST)]);
    origin = `http://${HOST}:${service.port}`;
    // Whoever follows such a link gets our document, and sends nothing there.
    await browser.page.goto(`${origin}/docs?url=http://elsewhere.test/openapi.json`);
  });
  afterAll(async () => {
    await browser.stop();
    await service.stop();
  });

  /** The box of a call, opened. */
  async function open(method: string, path: string): Promise<Locator> {
    const call = browser.page
      .locator(`.opblock-${method}`)
      .filter({ has: browser.page.locator(`[data-path="${path}"]`) });
    if (!(await call.locator('.execute').isVisible())) await call.locator('.opblock-summary-control').click();
    await call.locator('.execute').waitFor();
    return call;
  }

  const fill = (call: Locator, parameter: string, value: string) =>
    call.locator(`[data-param-name="${parameter}"] input`).fill(value);

  async function execute(call: Locator): Promise<Shown> {
    const answered = browser.page.waitForResponse((response) => response.url().includes('/v1/'));
    await call.locator('.execute').click();
    const response = await answered;
    await response.finished();
    const shown = call.locator('.live-responses-table .response');
    // The answer before stays on screen until the new one is drawn.
    await shown.getByText(response.headers()['x-request-id']).waitFor();
    return {
      status: await shown.locator('.response-col_status').innerText(),
      body: await shown.locator('.highlight-code pre').first().innerText(),
    };
  }

  const shownJson = ({ body }: Shown) => JSON.parse(body) as Record<string, unknown>;

  it('shows all calls of the document', async () => {
    await browser.page.locator('.opblock').first().waitFor();
    expect(await browser.page.title()).toBe('Atoll');
    const { body } = await service.get('/openapi.json');
    const calls = Object.values((body as { paths: object }).paths).flatMap((path: object) => Object.keys(path));
    expect(await browser.page.locator('.opblock').count()).toBe(calls.length);
  });

  it('shows a 401 without the key', async () => {
    const answer = await execute(await open('post', '/v1/sandboxes'));
    expect(answer.status).toBe('401');
    expect(shownJson(answer)).toMatchObject({ code: 'UNAUTHORIZED' });
    // Chromium's own line, for every answer that is an error.
    expect(browser.errors.splice(0)).toEqual([expect.stringContaining('401 (Unauthorized)')]);
  });

  it('creates a sandbox with the key, of the body that it proposes', async () => {
    const { page } = browser;
    await page.locator('.btn.authorize').click();
    await page.locator('.auth-container input').fill(API_KEY);
    await page.locator('.auth-container button.authorize').click();
    await page.locator('.auth-container .btn-done').click();

    const call = await open('post', '/v1/sandboxes');
    const body = call.locator('.body-param__text');
    const proposed = JSON.parse(await body.inputValue()) as Record<string, unknown>;
    expect(Object.keys(proposed)[0]).toBe('image');
    await body.fill(JSON.stringify({ ...proposed, image: IMAGE }));
    const answer = await execute(call);
    expect(answer.status).toBe('201');
    sandbox = shownJson(answer).id as string;
    const detail = await service.get(`/v1/sandboxes/${sandbox}`);
    expect(detail.body).toMatchObject({ image: IMAGE, status: 'running', ports: ['3000/tcp', '8080/udp'] });
  });

  it('lists it without being asked for a filter', async () => {
    const answer = await execute(await open('get', '/v1/sandboxes'));
    expect(answer.status).toBe('200');
    expect(shownJson(answer)).toMatchObject({ sandboxes: [{ id: sandbox, status: 'running' }] });
  });

  it('runs a command in it, and waits for one', async () => {
    const call = await open('post', '/v1/sandboxes/{id}/cmd');
    await fill(call, 'id', sandbox);
    const started = await execute(call);
    expect(started.status).toBe('200');
    expect(shownJson(started)).toMatchObject({ command: { name: 'echo', sandbox_id: sandbox, state: 'running' } });

    await call.locator('[data-param-name="wait"] select').selectOption('true');
    const waited = await execute(call);
    expect(waited.status).toBe('200');
    const lines = waited.body.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { command: { state: 'running' } },
      { command: { state: 'exited', exit_code: 0 } },
    ]);
  });

  it('writes a file, copies it and reads the copy', async () => {
    const write = await open('put', '/v1/sandboxes/{id}/files');
    await fill(write, 'id', sandbox);
    await fill(write, 'path', '/tmp/hello there.txt');
    expect(shownJson(await execute(write))).toMatchObject({ path: '/tmp/hello there.txt', status: 'written' });
    const copy = await open('post', '/v1/sandboxes/{id}/files/copy');
    await fill(copy, 'id', sandbox);
    await fill(copy, 'path', '/tmp/hello there.txt');
    expect(shownJson(await execute(copy))).toMatchObject({ status: 'copied', to: '/tmp/other.txt' });
    const read = await open('get', '/v1/sandboxes/{id}/files');
    await fill(read, 'id', sandbox);
    await fill(read, 'path', '/tmp/other.txt');
    expect(shownJson(await execute(read))).toMatchObject({ path: '/tmp/other.txt', content: 'hello\n' });
  });

  it('inspects an image by a name with a slash and a colon', async () => {
    const call = await open('get', '/v1/images/{id}');
    await fill(call, 'id', IMAGE);
    const answer = await execute(call);
    expect(answer.status).toBe('200');
    expect(shownJson(answer)).toMatchObject({ tags: [IMAGE] });
  });

  it('keeps the key when the page is loaded again', async () => {
    await browser.page.reload();
    const answer = await execute(await open('get', '/v1/images'));
    expect(answer.status).toBe('200');
  });

  it('asked no other host for anything, and nothing went wrong on the page', () => {
    expect(browser.requests.length).toBeGreaterThan(10);
    expect(browser.requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:'))).toEqual([]);
    expect(browser.errors).toEqual([]);
  });

  it('may load and call nothing but this service', async () => {
    const policy = (await service.get('/docs')).headers.get('content-security-policy');
    expect(policy).toContain(`default-src 'none'`);
    expect(policy).toContain(`connect-src 'self'`);
    const refused = browser.page.evaluate(() => fetch('http://elsewhere.test/').then(() => 'sent', String));
    expect(await refused).toContain('Failed to fetch');
    expect(browser.errors).toEqual(expect.arrayContaining([expect.stringContaining('Content Security Policy')]));
    expect(browser.requests).not.toContain('http://elsewhere.test/');
  });
});
