// Work that takes much and says the same to all: who asks while it is under way gets what comes of it, instead of having it done once more.

export function sharedWork<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let underWay: Promise<Result> | undefined;
  return () => (underWay ??= work().finally(() => (underWay = undefined)));
}
