// Many that look at something now and then do it together, some at a time: a thread that wakes up for each of five hundred spends as much on
// waking up as on looking. Not all of them in one go: nobody else has his turn meanwhile.

const TOGETHER_MAX = 64;

interface Group {
  readonly looks: Set<() => void>;
  readonly timer: NodeJS.Timeout;
}

/** Of this thread, by how often they look. */
const groups = new Map<number, Set<Group>>();

/** Calls `look` each `everyMs`, the first time within that; what comes back ends it. */
export function inStep(everyMs: number, look: () => void): () => void {
  const all = groups.get(everyMs) ?? new Set();
  groups.set(everyMs, all);
  const group = [...all].find(({ looks }) => looks.size < TOGETHER_MAX) ?? begin(everyMs);
  all.add(group);
  const mine = (): void => look(); // Who comes twice is called twice.
  group.looks.add(mine);
  return () => {
    if (!group.looks.delete(mine) || 0 < group.looks.size) return;
    clearInterval(group.timer);
    all.delete(group);
    if (all.size === 0) groups.delete(everyMs);
  };
}

function begin(everyMs: number): Group {
  const looks = new Set<() => void>();
  const timer = setInterval(() => {
    for (const look of looks) look();
  }, everyMs);
  return { looks, timer };
}
