import { refuseWithout } from '../common/validation/only-with.js';
import type { WriteQuery } from './dto/write.query.dto.js';

type Fields = Pick<WriteQuery, 'encoding' | 'mode' | 'uid' | 'gid' | 'append' | 'links'>;

/** What the form of a write has no use for is refused, unless it asks for the default: Swagger UI sends those. */
export function refuseUnused(form: 'archive' | 'bytes' | 'text', fields: Fields): void {
  const { mode, uid, gid } = fields;
  const append = besides(fields.append, 'false');
  const encoding = besides(fields.encoding, 'utf8');
  if (form === 'archive') refuseWithout('a single file', { mode, uid, gid, append });
  else refuseWithout('an archive', { links: besides(fields.links, 'refuse') });
  if (form !== 'text') refuseWithout('a JSON body', { encoding });
}

const besides = (value: string | undefined, usual: string) => (value === usual ? undefined : value);
