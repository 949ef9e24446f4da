// Which job is next: of each rule the first few that wait, in their order, as the table has them. The table is asked again when they are used up, so memory does
// not grow with what waits, and a rule that is held back costs nothing, however much of it there is.

export interface Head {
  readonly seq: number;
  readonly priority: number;
}

interface Line {
  /** The first of them, next one last. */
  readonly heads: Head[];
  /** How many wait, these included. */
  count: number;
}

const HEADS_MAX = 64;

export class Waiting {
  readonly #lines = new Map<number, Line>();
  readonly #first: (rule: number, limit: number) => readonly Head[];
  #count = 0;

  /** `first` reads them from the table, the next one first. */
  constructor(first: (rule: number, limit: number) => readonly Head[]) {
    this.#first = first;
  }

  get count(): number {
    return this.#count;
  }

  /** As the table has them at the start. */
  known(rule: number, count: number): void {
    this.#count += count;
    this.#lines.set(rule, { heads: [], count });
  }

  add(rule: number, head: Head): void {
    const line = this.#line(rule);
    const knowsAll = line.heads.length === line.count;
    line.count += 1;
    this.#count += 1;
    const last = line.heads[0];
    // Behind those we do not know it has its place in the table.
    if (!knowsAll && (last === undefined || isBefore(last, head))) return;
    let at = line.heads.length;
    while (0 < at && isBefore(line.heads[at - 1] as Head, head)) at -= 1;
    line.heads.splice(at, 0, head);
    if (HEADS_MAX < line.heads.length) line.heads.shift();
  }

  /** Takes the next one whose rule is wanted, off the line; undefined: there is none. The caller takes it off the table. */
  next(isHeldBack: (rule: number) => boolean): Head | undefined {
    let best: Head | undefined;
    let from: Line | undefined;
    for (const [rule, line] of this.#lines) {
      if (line.count === 0 || isHeldBack(rule)) continue;
      if (line.heads.length === 0) line.heads.push(...this.#first(rule, HEADS_MAX).toReversed());
      const head = line.heads.at(-1);
      if (head === undefined || (best !== undefined && !isBefore(head, best))) continue;
      best = head;
      from = line;
    }
    if (from === undefined) return undefined;
    from.heads.pop();
    from.count -= 1;
    this.#count -= 1;
    return best;
  }

  /** It waits no longer, for another reason. */
  remove(rule: number, seq: number): void {
    const line = this.#line(rule);
    line.count -= 1;
    this.#count -= 1;
    const at = line.heads.findIndex((head) => head.seq === seq);
    if (at !== -1) line.heads.splice(at, 1);
  }

  /** What was taken or added since is not true: the table was put back. */
  forget(counts: Iterable<readonly [rule: number, count: number]>): void {
    this.#lines.clear();
    this.#count = 0;
    for (const [rule, count] of counts) this.known(rule, count);
  }

  #line(rule: number): Line {
    const known = this.#lines.get(rule);
    if (known !== undefined) return known;
    const line = { heads: [], count: 0 };
    this.#lines.set(rule, line);
    return line;
  }
}

/** The greater priority first, then the older. */
function isBefore(one: Head, other: Head): boolean {
  return one.priority === other.priority ? one.seq < other.seq : other.priority < one.priority;
}
