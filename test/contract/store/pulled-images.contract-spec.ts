import { PulledImagesRepository } from '../../../src/store/pulled-images.repository.js';
import { backends, useStore } from './backends.js';

describe.each(backends)('PulledImagesRepository on $name', (backend) => {
  const context = useStore(backend);
  let repository: PulledImagesRepository;
  beforeAll(() => {
    repository = new PulledImagesRepository(context.store);
  });

  it('keeps what was pulled, and when it was used', async () => {
    const [a, b, c] = [
      { reference: 'a:1', imageId: 'sha256:1', usedAt: 1_800_000_000_002 },
      { reference: 'b:1', imageId: 'sha256:1', usedAt: 1_800_000_000_001 },
      { reference: 'a:1', imageId: 'sha256:2', usedAt: 1_800_000_000_003 },
    ];
    for (const image of [a, b, c]) await repository.record(image);
    expect(await repository.list()).toEqual([b, a, c]);
    await repository.record({ ...b, usedAt: 1_800_000_000_009 });
    expect((await repository.list()).map(({ reference, usedAt }) => [reference, usedAt % 10])).toEqual([
      ['a:1', 2],
      ['a:1', 3],
      ['b:1', 9],
    ]);
    await repository.use('sha256:1', 1_800_000_000_010);
    await repository.use('sha256:9', 1);
    expect((await repository.list()).map(({ imageId }) => imageId)).toEqual(['sha256:2', 'sha256:1', 'sha256:1']);
    // It was used since.
    expect(await repository.forget(a)).toBe(false);
    expect(await repository.forget(c)).toBe(true);
    expect(await repository.forget(c)).toBe(false);
    expect(await repository.list()).toHaveLength(2);
  });
});
