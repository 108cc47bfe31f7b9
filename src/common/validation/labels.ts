import { registerDecorator } from 'class-validator';

const MAX_LABELS = 64;
const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** `name` or `prefix/name`; https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
export function isLabelKey(key: string): boolean {
  const [name, prefix, ...more] = key.split('/').reverse();
  if (more.length > 0 || !NAME.test(name)) return false;
  return prefix === undefined || (prefix.length <= 253 && PREFIX.test(prefix));
}

/** At most 63 characters; may be empty. Same source. */
export const isLabelValue = (value: unknown): boolean =>
  typeof value === 'string' && (value === '' || NAME.test(value));

function isLabels(labels: unknown): boolean {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return false;
  const entries = Object.entries(labels);
  return entries.length <= MAX_LABELS && entries.every(([key, value]) => isLabelKey(key) && isLabelValue(value));
}

export function IsLabels(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isLabels',
      target: target.constructor,
      propertyName: property as string,
      options: {
        message: `${String(property)} must be at most ${MAX_LABELS} labels as Kubernetes has them: keys "name" or "prefix/name", values of at most 63 letters, digits, "-", "_" and "."`,
      },
      validator: { validate: isLabels },
    });
  };
}
