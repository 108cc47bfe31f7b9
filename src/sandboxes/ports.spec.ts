import { parsePort } from './ports.js';

it.each([
  ['3000', '3000/tcp'],
  ['3000/tcp', '3000/tcp'],
  ['53/udp', '53/udp'],
  ['1', '1/tcp'],
  ['65535', '65535/tcp'],
])('reads %s as %s', (text, port) => {
  expect(parsePort(text)).toBe(port);
});

it.each([
  '0',
  '65536',
  '99999',
  '100000',
  '03000',
  '-1',
  '+1',
  '1.5',
  '',
  ' 80',
  '80 ',
  '80\n',
  '80/sctp',
  '80/TCP',
  '80/',
  '80:80',
  '٣',
])('refuses %j', (text) => {
  expect(parsePort(text)).toBeUndefined();
});
