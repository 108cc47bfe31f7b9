import { API_KEY, Service } from './support/service.js';

interface Document {
  paths: Record<string, Record<string, { security?: unknown[]; responses: Record<string, unknown>; summary?: string }>>;
  components: {
    securitySchemes: Record<string, unknown>;
    schemas: Record<string, { properties?: Record<string, { description?: string }> }>;
  };
}

describe('every route', () => {
  let service: Service;
  let document: Document;
  let routes: [string, string][];

  beforeAll(async () => {
    service = await Service.start();
    document = (await (await fetch(`${service.url}/openapi.json`)).json()) as Document;
    routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method): [string, string] => [method.toUpperCase(), path]),
    );
  });
  afterAll(() => service.stop());

  it('wants a key, health aside', async () => {
    expect(routes.length).toBeGreaterThanOrEqual(17);
    for (const [method, path] of routes) {
      const url = service.url + path.replace(/\{\w+\}/g, 'x');
      for (const authorization of [undefined, 'Bearer wrong-key-0123456789', 'Basic eDp4', 'Bearer']) {
        const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
        const response = await fetch(url, { method, headers });
        const body = (await response.json()) as unknown;
        if (path.startsWith('/v1/health')) expect(response.status).toBe(200);
        else
          expect([method, path, response.status, body]).toEqual([
            method,
            path,
            401,
            { code: 'UNAUTHORIZED', message: expect.any(String) as string },
          ]);
      }
    }
  });

  it('is all that the server has: no route is missing from the document', async () => {
    // Fastify's own table, printed by the service at boot by Nest's router, is the other side of the comparison.
    const mapped = [...service.logs().matchAll(/Mapped \{(\/\S*), (\w+)\} route/g)].map(
      ([, path, method]) => `${method} ${path.replace(/:(\w+)/g, '{$1}').replace('*', '{id}')}`,
    );
    expect(mapped.length).toBeGreaterThanOrEqual(17);
    expect(mapped.sort()).toEqual(routes.map(([method, path]) => `${method} ${path}`).sort());
  });

  it('takes HEAD where that is documented, and nowhere else', async () => {
    const key = { authorization: `Bearer ${API_KEY}` };
    const head = async (path: string, headers: Record<string, string> = key) =>
      (await fetch(service.url + path, { method: 'HEAD', headers })).status;
    const gets = routes.filter(([method, path]) => method === 'GET' && !path.includes('{'));
    expect(gets.length).toBeGreaterThanOrEqual(5);
    for (const [, path] of gets) {
      expect((await fetch(service.url + path, { headers: key })).status).toBe(200);
      expect([path, await head(path), await head(path, {})]).toEqual([
        path,
        ...(path.startsWith('/v1/health') ? [200, 200] : [404, 404]),
      ]);
    }
  });

  it('is documented: a summary, errors as ErrorResponse, the security scheme, described fields', () => {
    expect(document.components.securitySchemes).toMatchObject({ ApiKeyAuth: { type: 'http', scheme: 'bearer' } });
    for (const [method, path] of routes) {
      const operation = document.paths[path][method.toLowerCase()];
      expect(operation.summary).toBeTruthy();
      if (path.startsWith('/v1/health')) continue;
      expect(operation.security).toEqual([{ ApiKeyAuth: [] }]);
      for (const [status, response] of Object.entries(operation.responses)) {
        if (Number(status) >= 400) expect(JSON.stringify(response)).toContain('#/components/schemas/ErrorResponse');
        else if (!['204', '206', '304'].includes(status))
          expect([method, path, JSON.stringify(response)]).toEqual([
            method,
            path,
            expect.stringContaining('#/components/schemas/'),
          ]);
      }
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '500']));
    }
  });

  it('is explorable in Swagger UI', async () => {
    const page = await fetch(`${service.url}/docs`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('swagger-ui');
  });
});
