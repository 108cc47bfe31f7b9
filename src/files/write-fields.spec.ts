import { refuseUnused } from './write-fields.js';

const usual = { encoding: 'utf8', append: 'false', links: 'refuse' } as const;

it.each([
  ['archive', {}, undefined],
  ['archive', usual, undefined],
  ['archive', { links: 'keep' }, undefined],
  ['archive', { mode: '0700' }, 'mode'],
  ['archive', { uid: '0' }, 'uid'],
  ['archive', { gid: '0' }, 'gid'],
  ['archive', { append: 'true' }, 'append'],
  ['archive', { encoding: 'base64' }, 'encoding'],
  ['bytes', usual, undefined],
  ['bytes', { mode: '0700', uid: '1', gid: '1', append: 'true' }, undefined],
  ['bytes', { encoding: 'base64' }, 'encoding'],
  ['bytes', { links: 'keep' }, 'links'],
  ['text', { ...usual, encoding: 'base64', mode: '0700', append: 'true' }, undefined],
  ['text', { links: 'keep' }, 'links'],
] as const)('of %s %j, %s is refused', (form, fields, field) => {
  const check = () => refuseUnused(form, fields);
  if (field === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: 'BAD_REQUEST', details: { field } }));
});
