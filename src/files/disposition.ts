/** A `Content-Disposition` that saves under the last name of a path: for old programs in ASCII, exact for all others (RFC 6266). */
export function disposition(path: Buffer, suffix = ''): string {
  const name = path.toString().replace(/\/+$/, '').split('/').at(-1) || 'root';
  const whole = name.toWellFormed() + suffix;
  const ascii = whole.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const exact = encodeURIComponent(whole).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${exact}`;
}
