// What has to be there before something starts, and in which order things end: those that others depend on start first and end last.

export interface Dependency {
  readonly process: string;
  readonly until: "started" | "healthy" | "done";
}

/** How far something has come, as who depends on it asks. */
export interface Progress {
  readonly isStarted: boolean;
  readonly isHealthy: boolean;
  readonly isDone: boolean;
}

/** The first that is not met, in words; undefined when all are. */
export function unmet(dependencies: readonly Dependency[], progressOf: (name: string) => Progress | undefined): string | undefined {
  for (const { process, until } of dependencies) {
    const progress = progressOf(process);
    if (progress === undefined) return `${process} is not there`;
    const isMet = until === "done" ? progress.isDone : until === "healthy" ? progress.isHealthy : progress.isStarted;
    if (!isMet) return WORDS[until](process);
  }
  return undefined;
}

const WORDS = {
  started: (name: string) => `waits for ${name} to be started`,
  healthy: (name: string) => `waits for ${name} to be healthy`,
  done: (name: string) => `waits for ${name} to be done`,
} as const;

/** Names in groups: those of the first end first, for nobody else depends on them. What depends on itself in a circle ends together with the last. */
export function endOrder(nodes: readonly { readonly name: string; readonly dependsOn: readonly string[] }[]): string[][] {
  const order: string[][] = [];
  let left = [...nodes];
  while (0 < left.length) {
    const needed = new Set(left.flatMap(({ dependsOn, name }) => dependsOn.filter((each) => each !== name)));
    const free = left.filter(({ name }) => !needed.has(name));
    const ending = free.length === 0 ? left : free;
    order.push(ending.map(({ name }) => name));
    left = left.filter((each) => !ending.includes(each));
  }
  return order;
}
