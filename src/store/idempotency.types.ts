/** A create that carried an Idempotency-Key. */
export interface IdempotencyEntry {
  owner: string;
  key: string;
  /** Of the request's body, hex. */
  bodyHash: string;
  /** Unix ms. */
  createdAt: number;
  /** The sandbox that the create makes, or made; null in entries of versions that did not know. */
  sandboxId: string | null;
  /** JSON of what was answered; null until that sandbox runs. When there is no such sandbox then, the create came to nothing. */
  answer: string | null;
}
