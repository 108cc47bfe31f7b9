const OLD = /^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d:\d\d:\d\d) GMT$/;
const OLDEST = /^([A-Z][a-z]{2}) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d) (\d{4})$/;
const FIFTY_YEARS_MS = 50 * 365.25 * 24 * 3600 * 1000;

/** A time in one of HTTP's three forms (RFC 9110, 5.6.7) in unix ms; NaN for all else, which `Date.parse` takes in part: `2030` is no time. */
export function httpDate(text: string, now = Date.now()): number {
  const old = OLD.exec(text);
  if (old) {
    const [, weekday, day, month, year, time] = old;
    const inCentury = (century: number) =>
      exact(`${weekday.slice(0, 3)}, ${day} ${month} ${century}${year} ${time} GMT`);
    const century = Math.floor(new Date(now).getUTCFullYear() / 100);
    const candidates = [century + 1, century, century - 1].map(inCentury);
    // The latest that is not more than 50 years ahead.
    return candidates.find((ms) => ms <= now + FIFTY_YEARS_MS) ?? NaN;
  }
  const oldest = OLDEST.exec(text);
  if (!oldest) return exact(text);
  const [, weekday, month, day, time, year] = oldest;
  return exact(`${weekday}, ${day.replace(' ', '0')} ${month} ${year} ${time} GMT`);
}

/** The form of today, to the letter. */
function exact(text: string): number {
  const date = new Date(text);
  return date.toUTCString() === text ? date.getTime() : NaN;
}
