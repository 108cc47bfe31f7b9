import { MetaRepository } from '../../../src/store/meta.repository.js';
import { Store } from '../../../src/store/store.js';
import { backends, useStore } from './backends.js';
import { ODD_TEXT } from './samples.js';

describe.each(backends)('MetaRepository on $name', (backend) => {
  const context = useStore(backend);
  let repository: MetaRepository;
  beforeAll(() => {
    repository = new MetaRepository(context.store);
  });

  it('sets and gets', async () => {
    expect(await repository.get('nothing')).toBeUndefined();
    for (const text of ODD_TEXT) {
      await repository.set(`key ${text}`, text);
      expect(await repository.get(`key ${text}`)).toBe(text);
    }
    await repository.set('again', '1');
    await repository.set('again', '2');
    expect(await repository.get('again')).toBe('2');
  });

  it('puts if absent, and gives everybody the value that is in force', async () => {
    const other = new Store(context.database.location);
    const repositories = [repository, new MetaRepository(other)];
    try {
      const puts = Array.from({ length: 40 }, (_, i) => repositories[i % 2].putIfAbsent('instance', `mine ${i}`));
      const values = new Set(await Promise.all(puts));
      expect(values.size).toBe(1);
      expect([...values]).toEqual([await repository.get('instance')]);
    } finally {
      await other.close();
    }
  });
});
