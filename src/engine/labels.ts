/** Labels on everything that we make on an engine. They hold only what never changes. */
export const LABEL = {
  /** Which Atoll this belongs to: the id in its store. */
  instance: 'dev.atoll.instance',
  /** The sandbox's id. */
  sandbox: 'dev.atoll.sandbox',
  /** Who it belongs to. */
  owner: 'dev.atoll.owner',
  /** The sandbox's name. */
  name: 'dev.atoll.name',
  /** The image as it was asked for. */
  image: 'dev.atoll.image',
  /** Unix ms. */
  created: 'dev.atoll.created',
  /** What the thing is for: `sandbox`, `probe`, `agent`, `network`. */
  role: 'dev.atoll.role',
  /** Which service holds it, where it is a lock. */
  holder: 'dev.atoll.holder',
} as const;
