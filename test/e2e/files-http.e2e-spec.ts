import { filesHere } from './support/files.js';

describe('files over HTTP, to the letter', () => {
  const here = filesHere({ ATOLL_MAX_RAW_BODY: '2000', ATOLL_AGENT_CALL_TIMEOUT: '3000' });

  it('refuses a condition that it cannot keep, and changes nothing', async () => {
    await here.files.put('/tmp/kept', 'kept');
    const headers = { 'if-match': '"zzz"' };
    const query = { path: '/tmp/kept' };
    for (const call of [
      { method: 'DELETE', query },
      { method: 'PATCH', query, body: { mode: '0600' } },
      { method: 'POST', call: '/move', query, body: { to: '/tmp/moved' } },
      { method: 'POST', call: '/replace', query, body: { search: 'kept', replace: 'lost' } },
    ])
      expect(await here.files.call({ ...call, headers })).toMatchObject({
        status: 400,
        json: { code: 'BAD_REQUEST', details: { field: 'If-Match' } },
      });
    expect(await here.truth('cat /tmp/kept; stat -c %a /tmp/kept')).toBe('kept644\n');
  });
});
