import { list, optional, path, whole } from './schemas.js';
import type { Variable } from './variable.js';

const DAY_MS = 86_400_000;
const TEN_YEARS_S = 315_360_000;

/** Where images come from, and how long they stay. */
export const imageVariables = {
  ATOLL_PULL_TIMEOUT: {
    group: 'Images',
    schema: whole(1000, DAY_MS),
    default: '600000',
    unit: 'ms',
    description: 'How long pulling an image may take, its time in line included, before it is a 408.',
  },
  ATOLL_MAX_PULLS: {
    group: 'Images',
    schema: whole(1, 1000),
    default: '4',
    description: 'Images that are pulled at once; further ones wait in line.',
  },
  ATOLL_ALLOWED_IMAGES: {
    group: 'Images',
    schema: optional(
      list(
        /^[A-Za-z0-9_.:@/*?[\]-]+$/,
        'must be globs of image references with blanks or commas between, such as ghcr.io/acme/**',
      ),
    ),
    absent: 'all',
    description:
      'Images that may be pulled and that sandboxes may be made of: globs of references with blanks or commas between, such as `ghcr.io/acme/** busybox:1.*`. See docs/images.md.',
  },
  ATOLL_REGISTRY_CONFIG: {
    group: 'Images',
    schema: optional(path()),
    absent: 'none',
    description:
      'Credentials of registries: a file like the `config.json` of `docker login`, or a folder with that or a `.dockerconfigjson` in it. Read again for every pull.',
  },
  ATOLL_IMAGE_MAX_AGE: {
    group: 'Images',
    schema: whole(0, TEN_YEARS_S),
    default: '0',
    unit: 'seconds',
    description: 'An image that was pulled by this service and not used for so long is removed; 0 keeps it.',
  },
  ATOLL_IMAGES_MAX_SIZE: {
    group: 'Images',
    schema: whole(0, 1_073_741_824),
    default: '0',
    unit: 'MB of 1,048,576 bytes',
    description:
      'When the images that were pulled by this service take more than this, those that were not used for longest are removed; 0 is no bound.',
  },
} as const satisfies Record<string, Variable>;
