import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** All that this process counts. Its own, so that no library adds to it. */
export const registry = new Registry();

const registers = [registry];

/** From 1 ms to 30 s: a file's bytes and a container's start are both in it. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []): Counter<L> =>
  new Counter({ name, help, labelNames, registers });

export const gauge = <L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> =>
  new Gauge({ name, help, labelNames, registers });

/** Seconds. */
export const histogram = <L extends string = never>(name: string, help: string, labelNames: L[] = []): Histogram<L> =>
  new Histogram({ name, help, labelNames, registers, buckets: SECONDS });
