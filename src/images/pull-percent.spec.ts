import fc from 'fast-check';
import type { LayerProgress } from '../engine/images.js';
import { PullPercent } from './pull-percent.js';

it('moves with bytes, weighs layers by their size, and extracts at the end', () => {
  const percent = new PullPercent();
  const take = (layer: string, status: LayerProgress['status'], bytes?: number, total?: number) =>
    percent.take({ layer, status, bytes, total });
  expect(take('a', 'waiting')).toBe(0);
  expect(take('b', 'waiting')).toBe(0);
  expect(take('a', 'downloading', 900, 900)).toBe(35);
  // Now that it is known to be small, there is less left to do.
  expect(take('b', 'downloading', 50, 100)).toBe(66.5);
  expect(take('b', 'downloaded')).toBe(70);
  expect(take('a', 'extracting', 450, 900)).toBe(83.5);
  expect(take('a', 'complete')).toBe(97);
  expect(take('b', 'complete')).toBe(99.9);
});

it('never goes back, and stays below 100', () => {
  const status = fc.constantFrom<LayerProgress['status'][]>(
    'waiting',
    'downloading',
    'retrying',
    'downloaded',
    'extracting',
    'complete',
  );
  const bytes = fc.option(fc.nat(1000), { nil: undefined });
  const progress = fc.record({ layer: fc.constantFrom('a', 'b', 'c'), status, bytes, total: fc.constant(1000) });
  fc.assert(
    fc.property(fc.array(progress), (all) => {
      const percent = new PullPercent();
      let last = 0;
      for (const one of all) {
        const now = percent.take(one);
        expect(now).toBeGreaterThanOrEqual(last);
        expect(now).toBeLessThan(100);
        last = now;
      }
    }),
  );
});
