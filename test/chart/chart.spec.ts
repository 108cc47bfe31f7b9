import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { load } from 'js-yaml';
import { CHART, find, helm, render, rendered, setJson, type ChartValues } from '../support/helm.js';
import { CHANGES, MODES, WRONG } from './cases.js';
import { brokenRules } from './rules.js';
import { mistakesOf } from './schemas.js';

const combinations = Object.entries(MODES).flatMap(([mode, base]) =>
  Object.entries({ nothing: {}, ...CHANGES }).map(([change, values]): [string, string, ChartValues, ChartValues] => [
    mode,
    change,
    base,
    values,
  ]),
);

describe('the chart', () => {
  it.each(Object.entries(MODES))('passes helm lint --strict: %s', async (_, values) => {
    expect(await helm(['lint', '--strict', CHART, ...setJson(values)])).toContain('0 chart(s) failed');
  });

  it.concurrent.each(combinations)('%s with %s: is what Kubernetes takes, and keeps our rules', async (...row) => {
    const all = await rendered(row[2], row[3]);
    expect(all.flatMap(mistakesOf)).toEqual([]);
    expect(brokenRules(all)).toEqual([]);
  });

  it.each(WRONG)('refuses %j', async (values, says) => {
    await expect(render(values)).rejects.toThrow(says);
  });

  it.each(Object.entries(MODES))(
    '%s renders what it rendered before (bin/test chart -- -u takes over)',
    async (mode, values) => {
      const all = { ...CHANGES['an Ingress'], ...CHANGES['a ServiceMonitor'], ...CHANGES['PostgreSQL by a Secret'] };
      const text = await render(values, mode === 'dedicated' ? {} : all);
      await expect(masked(text)).toMatchFileSnapshot(`golden/${mode}.yaml`);
    },
  );

  it('carries the alerts and the dashboard as they are in its files', async () => {
    const all = await rendered(CHANGES['alerts and a dashboard']);
    const file = (name: string) => readFileSync(join(CHART, 'files', name), 'utf8');
    expect(find(all, 'PrometheusRule').spec).toEqual(load(file('alerts.yaml')));
    const { data, metadata } = find(all, 'ConfigMap', '-dashboard');
    expect((data as Record<string, string>)['atoll.json'].trim()).toBe(file('dashboard.json').trim());
    expect(metadata).toMatchObject({ labels: { grafana_dashboard: '1' }, annotations: { grafana_folder: 'Atoll' } });
  });

  it('has the versions of package.json', () => {
    const { version } = JSON.parse(readFileSync(join(CHART, '../../package.json'), 'utf8')) as { version: string };
    const chart = readFileSync(join(CHART, 'Chart.yaml'), 'utf8');
    expect(chart).toContain(`\nversion: ${version}\n`);
    expect(chart).toContain(`\nappVersion: '${version}'\n`);
  });

  it('has a schema that is one', () => {
    const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as object;
    expect(() => new Ajv({ strict: false }).compile(schema)).not.toThrow();
  });
});

/** Without what is new with every rendering. */
const masked = (text: string) =>
  text.replace(/^( +(?:api-key|[a-z-]+\.pem|checksum\/[a-z]+)): .*$/gm, '$1: (made)').replace(/^# Source: .*\n/gm, '');
