import { familiarName, type ImageReference } from '../engine/image-reference.js';

/**
 * Whether a glob allows a reference: `*` is all but a slash, `**` all, `?` one character. One without a tag allows every tag; one with a tag allows no
 * digest, since it is the digest that decides what is pulled. Docker's first registry may be left out, as in references.
 */
export function allows(glob: string, reference: ImageReference): boolean {
  const pattern = toPattern(glob);
  return formsOf(reference).some((form) => pattern.test(form));
}

function formsOf(reference: ImageReference): string[] {
  const { domain, path, tag, digest } = reference;
  const behind = digest === undefined ? `:${tag}` : `@${digest}`;
  return [`${domain}/${path}`, familiarName(reference)].flatMap((name) => [name, name + behind]);
}

const WILD: Record<string, string> = { '**': '.*', '*': '[^/]*', '?': '[^/]' };

function toPattern(glob: string): RegExp {
  const parts = glob.split(/(\*{2,}|\*|\?)/).map((part) => WILD[part.replace(/^\*{3,}$/, '**')] ?? escape(part));
  return new RegExp(`^${parts.join('')}$`);
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
