import { Service } from './support/service.js';

describe('images', () => {
  let service: Service;

  beforeAll(async () => {
    service = await Service.start();
  });
  afterAll(() => service.stop());

  it('lists and inspects by every form of a reference, raw and encoded', async () => {
    const { body } = await service.get('/v1/images');
    const busybox = (body.images as { id: string; tags: string[]; size: number }[]).find(({ tags }) =>
      tags.includes('atoll-test/busybox:1'),
    );
    expect(busybox).toEqual({
      id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      tags: expect.any(Array),
      size: expect.any(Number),
    });
    const id = busybox!.id;
    for (const form of ['atoll-test/busybox:1', 'docker.io/atoll-test/busybox:1', id, id.slice(7), id.slice(7, 19)]) {
      for (const path of [form, encodeURIComponent(form), form.replace('/', '%2f')]) {
        const answer = await service.get(`/v1/images/${path}`);
        expect([path, answer.status]).toEqual([path, 200]);
        expect(answer.body).toEqual({
          ...busybox,
          created: expect.any(String),
          architecture: expect.stringMatching(/amd64|arm64/),
          os: 'linux',
        });
      }
    }
  });

  it('answers an unknown one with 404, and nonsense with 4xx', async () => {
    for (const reference of ['no/such:image', 'registry.example:5000/a/b@sha256:' + '0'.repeat(64), 'a'.repeat(12)]) {
      expect(await service.get(`/v1/images/${reference}`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    }
    for (const reference of ['UPPER/case', 'a b', '%00', '..%2f..%2finfo', 'a?b']) {
      const { status, body } = await service.get(`/v1/images/${encodeURIComponent(reference)}`);
      expect([400, 404]).toContain(status);
      expect(body).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    }
  });
});
