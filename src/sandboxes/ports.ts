import type { ContainerPort } from '../engine/types.js';

export const PORT_PATTERN = /^([1-9]\d{0,4})(?:\/(tcp|udp))?$/;

/** `3000` → `3000/tcp`. The text must match PORT_PATTERN. Undefined past 65535. */
export function parsePort(text: string): ContainerPort | undefined {
  const [, number, protocol] = PORT_PATTERN.exec(text) ?? [];
  if (number === undefined || Number(number) > 65535) return undefined;
  return `${Number(number)}/${protocol === 'udp' ? 'udp' : 'tcp'}`;
}
