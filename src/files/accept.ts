/** What a read can answer with. */
export const FORMS = ['application/json', 'application/octet-stream', 'application/x-tar', 'application/gzip'] as const;
export type Form = (typeof FORMS)[number];

/** The form that an Accept header likes best; JSON where it names none of them (old clients say all kinds of things). */
export function formOf(accept: string | undefined): Form {
  let best: { form: Form; quality: number } | undefined;
  for (const part of (accept ?? '').split(',')) {
    const [type, ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const form = FORMS.find((one) => one === type);
    const quality = Number(parameters.find((text) => text.startsWith('q='))?.slice(2) ?? 1);
    if (form && quality > 0 && quality > (best?.quality ?? 0)) best = { form, quality };
  }
  return best?.form ?? 'application/json';
}

/** Whether a gzip encoded answer is welcome. */
export const takesGzip = (acceptEncoding: string | undefined): boolean =>
  (acceptEncoding ?? '').split(',').some((part) => /^\s*(x-)?gzip\s*(;\s*q=(1|0\.\d*[1-9])\S*\s*)?$/i.test(part));
