/** The word that a misspelled one was most likely meant to be: at most three letters away, or undefined. */
export function nearest(wrong: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 4;
  for (const word of words) {
    const away = distance(wrong, word);
    if (away < least) [best, least] = [word, away];
  }
  return best;
}

/** Levenshtein's distance, a row at a time. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, above[j] + 1, row[j - 1] + 1));
    }
    above = row;
  }
  return above[b.length];
}
