/** The same work, but where it fails after the signal it fails with the signal's reason: all else is only what giving up looks like from below. */
export async function untilAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}
