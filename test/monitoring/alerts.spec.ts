import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../infra/scratch.js';
import { CASES, WELL } from './cases.js';
import { mistakesOf } from './names.js';
import { alerts, ALERTS, fires, promtool } from './promtool.js';

const NAMES = alerts().map(({ alert }) => alert);

describe('the alerts', () => {
  it('are rules that promtool takes', () => {
    expect(promtool('check', 'rules', ALERTS)).toContain(`SUCCESS: ${NAMES.length} rules found`);
  });

  it('name metrics and labels that there are', () => {
    expect(alerts().flatMap(({ expr }) => mistakesOf(expr))).toEqual([]);
  });

  it('say how bad it is, what it is, and where to read on', () => {
    for (const { alert, labels, annotations } of alerts()) {
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(Object.keys(annotations).sort()).toEqual(['description', 'runbook_url', 'summary']);
      expect(annotations.runbook_url).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    }
  });

  it('each have a section in docs/operations.md, in the same order, and no section is about another', () => {
    const text = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
    expect([...text.matchAll(/^#+ (Atoll[A-Z]\w+)$/gm)].map(([, name]) => name)).toEqual(NAMES);
  });

  it('each fire in a case of their own', () => {
    expect([...new Set(CASES.flatMap((one) => one.fires))].sort()).toEqual([...NAMES].sort());
  });

  it.each(CASES)('$it: $fires', async (one) => {
    expect(await fires(one, WELL)).toContain('SUCCESS');
  });

  it('are seen not to fire by a test that can fail', async () => {
    const wrong = { ...CASES[0], fires: ['AtollDown'] };
    await expect(fires(wrong, WELL)).rejects.toThrow('exp: {alertname="AtollDown"} 1E+00');
  });
});
