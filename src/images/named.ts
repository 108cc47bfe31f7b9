import { fullName, type ImageReference, isReference, isShortId, parseReference } from '../engine/image-reference.js';
import type { ImageInfo } from '../engine/types.js';

/** The reference by which an image was found; undefined where that was its id, or the beginning of it. */
export function referenceBy(name: string, { tags }: Pick<ImageInfo, 'tags'>): ImageReference | undefined {
  if (!isReference(name)) return undefined;
  const reference = parseReference(name);
  // What may be the beginning of an id may be a name too.
  return !isShortId(name) || tags.some((tag) => isSame(tag, reference)) ? reference : undefined;
}

/** Whether a text is this reference, however it is written. */
export const isSame = (text: string, reference: ImageReference): boolean =>
  isReference(text) && fullName(parseReference(text)) === fullName(reference);

/** Whether a name goes when a reference is removed. With a digest, engines of containerd's store take all of the image's tags in that repository. */
export function goesWith(name: string, reference: ImageReference): boolean {
  if (reference.digest === undefined) return isSame(name, reference);
  if (!isReference(name)) return false;
  const { domain, path } = parseReference(name);
  return domain === reference.domain && path === reference.path;
}
