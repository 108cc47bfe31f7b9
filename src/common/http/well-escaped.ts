/** Whether every percent escape of a URL is one, and all of them together are UTF-8. A lenient parser would replace what is not. */
export function isWellEscaped(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
