/** How each field of an entity lies in its column: as it is, or as JSON text. */
export type Layout<Entity> = Readonly<Record<Exclude<keyof Entity, 'ordinal' | 'version'>, 'plain' | 'json'>>;

/**
 * An entity's fields as columns. Those that are undefined are left out, and so is what is no field of the entity:
 * callers pass objects that know more. Throws TypeError for a number that is none: SQLite would quietly store NULL.
 */
export function encode<Columns>(fields: object, layout: Layout<unknown>): Columns {
  const columns: Record<string, unknown> = {};
  for (const [name, how] of Object.entries(layout)) {
    const value = (fields as Record<string, unknown>)[name];
    if (value === undefined) continue;
    if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${name} is not a number.`);
    columns[name] = how === 'json' && value !== null ? JSON.stringify(value) : clean(value);
  }
  return columns as Columns;
}

/** The reverse of `encode`. */
export function decode<Entity>(row: object, layout: Layout<unknown>): Entity {
  const entity: Record<string, unknown> = { ...row };
  for (const [name, how] of Object.entries(layout)) {
    const text = entity[name];
    if (how === 'json' && typeof text === 'string') entity[name] = JSON.parse(text);
  }
  return entity as Entity;
}

/**
 * PostgreSQL refuses a NUL in text, and neither database keeps half a surrogate pair. Some of our text comes from
 * inside a sandbox, and must not be able to make a write fail. (JSON escapes both.)
 */
function clean(value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value;
}
