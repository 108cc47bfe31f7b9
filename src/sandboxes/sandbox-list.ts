import { Injectable } from '@nestjs/common';
import { cursorOf, ordinalOf } from '../common/cursor.js';
import type { Sandbox } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';
import type { ListSandboxesQuery } from './dto/list-sandboxes.query.dto.js';
import { VISIBLE } from './sandbox-view.js';

export interface SandboxPage {
  rows: Sandbox[];
  /** There when there are more. */
  nextCursor?: string;
}

/** Rows that are looked at for one with the label, at a time. */
const BATCH = 200;

/** The list, in the order of creation: all of it, or page by page. */
@Injectable()
export class SandboxLister {
  constructor(private readonly sandboxes: SandboxesRepository) {}

  async list({ state, image, label, limit, cursor }: ListSandboxesQuery): Promise<SandboxPage> {
    const filter = { status: state ? [state] : [...VISIBLE], image };
    const matches = labelFilter(label);
    const after = cursor === undefined ? undefined : ordinalOf(cursor);
    if (limit === undefined) return { rows: (await this.sandboxes.list({ ...filter, after })).filter(matches) };
    const rows: Sandbox[] = [];
    for (let from = after; rows.length <= limit;) {
      const batch = await this.sandboxes.list({ ...filter, after: from, limit: BATCH });
      rows.push(...batch.filter(matches));
      if (batch.length < BATCH) break;
      from = batch.at(-1)?.ordinal;
    }
    const page = rows.slice(0, limit);
    return { rows: page, nextCursor: rows.length > limit ? cursorOf(page[limit - 1]) : undefined };
  }
}

function labelFilter(label: string | undefined): (row: Sandbox) => boolean {
  if (label === undefined) return () => true;
  const [key, value] = label.split('=', 2) as [string, string?];
  return ({ labels }) => Object.hasOwn(labels, key) && (value === undefined || labels[key] === value);
}
