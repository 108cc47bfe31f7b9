import { decimal, headers, httpUrl, optional } from './schemas.js';
import type { Variable } from './variable.js';

/** Where spans go, and how many of them. */
export const traceVariables = {
  ATOLL_TRACES_ENDPOINT: {
    group: 'Traces',
    schema: optional(httpUrl('/v1/traces')),
    absent: 'none are made',
    description:
      'Where traces are sent by OTLP/HTTP, such as `http://collector:4318`; one without a path gets the usual `v1/traces`.',
  },
  ATOLL_TRACES_HEADERS: {
    group: 'Traces',
    schema: optional(headers()),
    absent: 'none',
    description:
      'Headers that traces are sent with, such as `authorization=Bearer%20…`: `name=value` with commas between, values percent-encoded. A secret.',
  },
  ATOLL_TRACES_SAMPLE_RATIO: {
    group: 'Traces',
    schema: decimal(0, 1),
    default: '1',
    description:
      'The part of the requests that are traced, from `0` to `1`. A caller that sends a `traceparent` decides itself.',
  },
} as const satisfies Record<string, Variable>;
