import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { registry } from '../../src/common/metrics/make.js';
import { mistakesOf } from './names.js';
import { ALERTS, FILES, parse } from './promtool.js';

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: object;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { refId: string; expr: string; datasource: object; legendFormat: string }[];
}
interface Dashboard {
  uid: string;
  title: string;
  schemaVersion: number;
  panels: Panel[];
  templating: { list: { name: string; type: string; definition?: string; query: unknown }[] };
}

const text = readFileSync(join(FILES, 'dashboard.json'), 'utf8');
const dashboard = JSON.parse(text) as Dashboard;
const { panels } = dashboard;
const graphs = panels.filter(({ type }) => type !== 'row');
const SOURCE = { type: 'prometheus', uid: '${datasource}' };

/** With a value in the place of each of Grafana's variables. */
const filled = (query: string) =>
  query.replaceAll('$__rate_interval', '5m').replaceAll('$job', 'atoll').replaceAll('$namespace', 'team');
const queries = graphs.flatMap(({ targets = [] }) => targets.map(({ expr }) => filled(expr)));

describe('the dashboard', () => {
  it('has queries that are PromQL, on metrics and labels that there are', async () => {
    expect(queries.length).toBeGreaterThan(30);
    expect(queries.flatMap(mistakesOf)).toEqual([]);
    expect(queries.join('\n')).not.toContain('$');
    expect(await parse(queries)).toContain(`SUCCESS: ${queries.length} rules found`);
  });

  it('is checked by what tells PromQL from other texts', async () => {
    await expect(parse(['sum(rate(atoll_sweeps_total[5m])'])).rejects.toThrow('unclosed left parenthesis');
    const query = 'sum by (colour) (atoll_sheep + atoll_healthy{part="wool"})';
    expect(mistakesOf(query)).toEqual([
      'no metric is called atoll_sheep',
      `no metric of ${query} has the label colour`,
      'no part is called wool',
    ]);
  });

  it('shows each metric of the service, or an alert looks at it', () => {
    const all = [...queries, JSON.stringify(load(readFileSync(ALERTS, 'utf8')))].join('\n');
    const unseen = registry
      .getMetricsAsArray()
      .filter(({ name }) => name.startsWith('atoll_') && !all.includes(name))
      .map(({ name }) => name);
    expect(unseen).toEqual([]);
  });

  it('has what Grafana tells panels and queries by', () => {
    expect(dashboard).toMatchObject({ uid: 'atoll', title: 'Atoll' });
    expect(dashboard).not.toHaveProperty('id'); // a number of one Grafana
    expect(dashboard).not.toHaveProperty('__inputs'); // what is found by the sidecar is asked nothing
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { type, title, description, datasource, targets = [] } of graphs) {
      expect(['stat', 'timeseries']).toContain(type);
      expect([title, description].every(Boolean)).toBe(true);
      expect(datasource).toEqual(SOURCE);
      expect(targets.length).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
      for (const target of targets) expect(target.datasource).toEqual(SOURCE);
    }
  });

  it('defines the variables that it uses', () => {
    const used = new Set([...text.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name));
    used.delete('__rate_interval'); // Grafana's own
    expect(dashboard.templating.list.map(({ name }) => name).sort()).toEqual([...used].sort());
    for (const { type, definition } of dashboard.templating.list)
      if (type === 'query') expect(definition).toMatch(/^label_values\(atoll_build_info, \w+\)$/);
  });

  it('names only labels that a query leaves in its legends', () => {
    const wrong = graphs.flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ expr, legendFormat }) =>
        [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)]
          .filter(([, label]) => !new RegExp(`\\b(by|on) \\([^)]*\\b${label}\\b`).test(expr))
          .map(([, label]) => `${title}: ${label}`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('has panels side by side, none on another', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`), title).toBe(false);
          taken.add(`${x} ${y}`);
        }
    }
  });
});
