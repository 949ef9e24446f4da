// Abort signals that follow others.

/** A signal, until it is disposed of. */
export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Aborts as soon as one of the sources does. Unlike with AbortSignal.any, listeners on it cost little to add and take away; in return
 * it has to be disposed of, or sources that live long would keep it.
 */
export function eitherOf(...sources: readonly AbortSignal[]): LinkedSignal {
  const either = new AbortController();
  const follow = ({ target }: Event): void => either.abort((target as AbortSignal).reason);
  for (const source of sources) {
    if (source.aborted) either.abort(source.reason);
    source.addEventListener("abort", follow, { once: true });
  }
  return {
    signal: either.signal,
    [Symbol.dispose]() {
      for (const source of sources) source.removeEventListener("abort", follow);
    },
  };
}

/** Resolves when the signal aborts. */
export function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true })));
}
