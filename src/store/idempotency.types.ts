/** A request that carried an Idempotency-Key. */
export interface IdempotencyEntry {
  owner: string;
  key: string;
  /** Of the request's body, hex. */
  bodyHash: string;
  /** Unix ms. */
  createdAt: number;
  /** JSON of what was answered; null while the first request is under way. */
  answer: string | null;
}
