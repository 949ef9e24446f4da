// Abort signals that follow others.

/**
 * Aborts as soon as one of the sources does. Unlike AbortSignal.any's, its listeners cost little to add and take away; it stays
 * attached to its sources, so that they should not live longer than it by much.
 */
export function eitherOf(...sources: readonly AbortSignal[]): AbortSignal {
  const either = new AbortController();
  for (const source of sources) {
    if (source.aborted) either.abort(source.reason);
    else source.addEventListener("abort", () => either.abort(source.reason), { once: true });
  }
  return either.signal;
}
