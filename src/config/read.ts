import { nearest } from './nearest.js';
import type { Environment, Variable } from './variable.js';
import { variables, type Values, type VariableName } from './variables.js';

/** Each variable of the table by itself. Those that are wrong are missing in `values` and have a sentence in `wrong`. */
export function readValues(env: Environment): { values: Partial<Values>; wrong: string[] } {
  const values: Partial<Record<VariableName, unknown>> = {};
  const wrong: string[] = [];
  for (const name of Object.keys(variables) as VariableName[]) {
    const variable: Variable = variables[name];
    // An empty variable is how a shell or a chart says "none".
    const text = env[name] && !isForeign(name, env[name]) ? env[name] : variable.default;
    const parsed = variable.schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else wrong.push(`${name} ${parsed.error.issues[0]?.message ?? 'is wrong'}.`);
  }
  return { values: values as Partial<Values>, wrong };
}

/** What is wrong between variables, and about variables that are not in the table: one sentence each. */
export function mistakes(env: Environment, values: Partial<Values>): string[] {
  const lines: string[] = [];
  for (const [name, limit] of NOT_ABOVE) {
    const [value, most] = [values[name], values[limit]];
    if (value !== undefined && most !== undefined && value > most)
      lines.push(`${name} must not be greater than ${limit}.`);
  }
  for (const [name, value] of Object.entries(env)) {
    if (!value || !name.startsWith('ATOLL_') || name in variables || isForeign(name, value)) continue;
    const meant = nearest(name, Object.keys(variables));
    lines.push(`${name} is not a variable of Atoll${meant ? `; did you mean ${meant}?` : '.'}`);
  }
  return lines;
}

const NOT_ABOVE = [
  ['ATOLL_DEFAULT_TIMEOUT', 'ATOLL_MAX_TIMEOUT'],
  ['ATOLL_DEFAULT_MEMORY', 'ATOLL_MAX_MEMORY'],
  ['ATOLL_DEFAULT_CPUS', 'ATOLL_MAX_CPUS'],
  ['ATOLL_PIDS_LIMIT', 'ATOLL_MAX_PIDS'],
  ['ATOLL_DEFAULT_DISK', 'ATOLL_MAX_DISK'],
] as const satisfies [VariableName, VariableName][];

/**
 * Not ours to judge: what bin/test and its suites use, and what Kubernetes puts into every pod beside a Service whose
 * name begins with `atoll` (ATOLL_SERVICE_HOST, ATOLL_PORT=tcp://…, ATOLL_PORT_8080_TCP_ADDR).
 */
function isForeign(name: string, value: string): boolean {
  return (
    name.startsWith('ATOLL_TEST_') ||
    /_SERVICE_(HOST|PORT)(_|$)/.test(name) ||
    /_PORT_\d+_(TCP|UDP|SCTP)(_|$)/.test(name) ||
    (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value))
  );
}
