import { isOvertaken, toEngineError } from './docker-errors.js';

const said = (statusCode: number, message: string) => Object.assign(new Error(message), { statusCode });

/** What Engine 29 says of an image that goes while a container is made of it: it has lost the type of the error. */
it.each([
  'NotFound: content digest sha256:16e5cd96ac5eb5be: not found',
  'rpc error: code = NotFound desc = content digest sha256:16e5cd96ac5eb5be: not found',
  'failed to stat parent: parent snapshot sha256:0edc47e04eccd5f8 does not exist: not found',
])('takes for a missing image: %s', (text) => {
  expect(toEngineError(said(500, text), { what: 'create the container' }).kind).toBe('no_such_image');
});

it('knows when an engine wants to be asked again', () => {
  const text = 'consistency error: data changed during operation, retry';
  expect(isOvertaken(toEngineError(said(500, text), { what: 'look at the image' }))).toBe(true);
  expect(isOvertaken(toEngineError(said(500, 'x'), { what: 'look at the image' }))).toBe(false);
});
