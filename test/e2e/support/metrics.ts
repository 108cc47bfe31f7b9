/** What a service says at /metrics, at one moment. */
export class Metrics {
  private constructor(readonly text: string) {}

  static async of(port: number): Promise<Metrics> {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
    return new Metrics(await response.text());
  }

  /** The sum of all series of this name that have these labels among theirs; 0 when there is none. */
  value(name: string, labels: Record<string, string>): number {
    let sum = 0;
    for (const line of this.text.split('\n')) {
      const [, found, inner = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (found !== name) continue;
      const has = Object.entries(labels).every(([label, wanted]) => `,${inner},`.includes(`,${label}="${wanted}",`));
      if (has) sum += Number(value);
    }
    return sum;
  }
}
