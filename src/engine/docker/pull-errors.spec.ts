import { parseReference } from '../image-reference.js';
import { pullError } from './pull-errors.js';

const reference = parseReference('registry.example:5000/team/denied:404');
const NAME = 'registry.example:5000/team/denied:404';

/** What engines have said, those up to 28 and 29, by the status that they said it with. */
it.each([
  ['no_such_image', 404, `manifest for ${NAME} not found: manifest unknown: manifest unknown`],
  ['no_such_image', 404, `failed to resolve reference "${NAME}": ${NAME}: not found`],
  ['no_such_image', 404, 'repository name not known to registry'],
  ['no_such_image', 404, 'whatever'],
  [
    'registry_refuses',
    500,
    `Head "http://registry.example:5000/v2/team/denied/manifests/404": no basic auth credentials`,
  ],
  ['registry_refuses', 500, 'unauthorized: authentication required'],
  ['registry_refuses', 500, 'Get "https://registry-1.docker.io/v2/": unauthorized: incorrect username or password'],
  [
    'registry_refuses',
    404,
    "pull access denied for registry.example:5000/team/denied, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
  ],
  [
    'registry_refuses',
    500,
    `failed to resolve reference "${NAME}": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
  ],
  ['registry_refuses', 403, 'error from registry: requested access to the resource is denied'],
  [
    'registry_refuses',
    500,
    `failed to resolve reference "${NAME}": failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://auth.example/token: 401 Unauthorized`,
  ],
  [
    'registry_away',
    500,
    'Get "http://registry.example:5000/v2/": dial tcp 127.0.0.1:5009: connect: connection refused',
  ],
  ['registry_away', 500, 'Get "https://nohost.invalid/v2/": dial tcp: lookup nohost.invalid: no such host'],
  [
    'registry_away',
    500,
    `failed to resolve reference "${NAME}": failed to do request: Head "https://registry.example:5000/v2/team/denied/manifests/404": dial tcp 10.0.0.1:5000: i/o timeout`,
  ],
  ['registry_away', 200, 'unexpected EOF'],
  ['registry_away', 500, 'x509: certificate signed by unknown authority'],
  ['registry_away', 500, 'http: server gave HTTP response to HTTPS client'],
  ['registry_away', 500, 'received unexpected HTTP status: 503 Service Unavailable'],
  ['registry_away', 500, 'something that nobody has ever seen'],
  ['registry_busy', 500, 'toomanyrequests: You have reached your pull rate limit.'],
  ['unsupported', 404, 'no matching manifest for linux/amd64 in the manifest list entries'],
  [
    'unsupported',
    404,
    'no matching manifest for linux/arm64/v8 in the manifest list entries: no match for platform in manifest: not found',
  ],
  [
    'unsupported',
    404,
    `image with reference ${NAME} was found but does not provide the specified platform (linux/arm64)`,
  ],
  ['unsupported', 400, '"linux/arm64/v8/x": cannot parse platform specifier: invalid argument'],
  ['no_space', 200, 'write /var/lib/docker/tmp/GetImageBlob123: no space left on device'],
  ['no_space', 200, 'failed to register layer: write /usr/bin/x: no space left on device'],
  ['internal', 200, 'failed to register layer: write /usr/bin/x: input/output error'],
  ['internal', 500, 'open /var/lib/docker/tmp/GetImageBlob1: permission denied'],
  ['internal', 500, 'failed to prepare extraction snapshot "extract-1 sha256:0": context canceled'],
  [
    'unavailable',
    500,
    'connection error: desc = "transport: error while dialing: dial unix /run/containerd/containerd.sock"',
  ],
  ['registry_busy', 500, 'error parsing HTTP 429 response body: invalid character'],
  [
    'registry_busy',
    500,
    'unknown: failed to resolve reference "x": unexpected status from HEAD request to http://x/v2/: 429 Too Many Requests',
  ],
  ['registry_away', 200, 'short read: expected 4002420 bytes but got 462448: unexpected EOF'],
  ['registry_away', 200, 'failed commit on ref "config-sha256:0": commit failed: failed size validation: 262 != 5'],
  ['invalid', 400, 'invalid reference format: repository name must be lowercase'],
])('takes for %s: %i %s', (kind, status, said) => {
  const error = pullError(said, status, reference);
  expect(error.kind).toBe(kind);
  expect(error.message).not.toContain('/var/lib');
  if (['no_space', 'internal', 'unavailable'].includes(kind)) expect(error.details).toBeUndefined();
  else expect(error.details).toEqual({ registry: expect.any(String) });
});

it.each([
  'failed to register layer: Error processing tar file(exit status 1): unexpected EOF',
  'failed to register layer: ApplyLayer exit status 1 stdout: stderr: mkdir /var/lib/docker/x: not a directory',
  'failed to unpack image on snapshotter overlayfs: unexpected media type text/html for sha256:0: not found',
])('takes for a broken image: %s', (said) => {
  const error = pullError(said, 200, reference);
  expect([error.kind, error.details]).toEqual(['registry_away', undefined]);
  expect(error.message).toMatch(/can not unpack .* as the registry registry\.example:5000 has it/);
});

it('hands on no page of a server that is no registry, and no query', () => {
  const said = 'error parsing HTTP 404 response body: invalid character \'<\': "<html>secret</html>"';
  expect(JSON.stringify(pullError(said, 500, reference))).not.toContain('secret');
  const token = 'Get "https://auth.example/token?account=bob&service=x": dial tcp: no such host';
  expect(pullError(token, 500, reference).details).toEqual({
    registry: 'Get "https://auth.example/token": dial tcp: no such host',
  });
  expect(JSON.stringify(pullError('x'.repeat(5000), 500, reference).details).length).toBeLessThan(600);
});
