// Which job is next: of each rule those that are first in its line, in their order, as the table has them. So much of them is held in memory, whole where they came a moment ago; the
// table is asked again when they are used up. So memory does not grow with what waits, and a rule that is held back costs nothing, however much of it there is.
import type { QueuedJob } from "#sdk/queue.ts";

export interface Place {
  readonly seq: number;
  readonly rule: number;
  readonly priority: number;
}

export interface Head extends Place {
  /** Of a small one: it need not be read again. */
  readonly job?: QueuedJob;
  /** The last one that it was given by; missing: it has had none. */
  readonly lease?: number;
}

interface Line {
  readonly rule: number;
  /** The first that wait, in their order. */
  heads: Head[];
  /** Where the next one is among them: those before it are taken. */
  at: number;
  /** How many wait, these included. */
  count: number;
}

/** So many are read at a time. */
const READ_MAX = 256;
/** Of all lines together; a job has these beside its own data. */
const HELD_CHARACTERS_MAX = 16 << 20;
const HEAD_CHARACTERS = 200;
/** Taken ones are let go of together. */
const TAKEN_MAX = 256;

export class Waiting {
  readonly #lines = new Map<number, Line>();
  readonly #first: (rule: number, limit: number) => readonly Head[];
  #count = 0;
  #heldCharacters = 0;

  /** `first` reads them from the table, the next one first. */
  constructor(first: (rule: number, limit: number) => readonly Head[]) {
    this.#first = first;
  }

  get count(): number {
    return this.#count;
  }

  add(head: Head): void {
    const line = this.#line(head.rule);
    const { heads } = line;
    const knowsAll = heads.length - line.at === line.count;
    line.count += 1;
    this.#count += 1;
    const last = heads.at(-1);
    // Behind those we do not know it has its place in the table.
    const isLast = last === undefined || isBefore(last, head);
    if (isLast && !knowsAll) return;
    if (isLast) heads.push(head);
    else heads.splice(placeOf(line, head), 0, head);
    this.#heldCharacters += charactersOf(head);
    while (HELD_CHARACTERS_MAX < this.#heldCharacters && READ_MAX < heads.length - line.at) this.#heldCharacters -= charactersOf(heads.pop());
  }

  /** Takes the next one whose rule is wanted, off the line; undefined: there is none. The caller takes it off the table. */
  next(isHeldBack: (rule: number) => boolean): Head | undefined {
    let best: Head | undefined;
    let from: Line | undefined;
    for (const line of this.#lines.values()) {
      if (line.count === 0 || isHeldBack(line.rule)) continue;
      if (line.at === line.heads.length) this.#read(line);
      const head = line.heads[line.at];
      if (head === undefined || (best !== undefined && !isBefore(head, best))) continue;
      best = head;
      from = line;
    }
    if (from === undefined) return undefined;
    from.at += 1;
    from.count -= 1;
    this.#count -= 1;
    this.#heldCharacters -= charactersOf(best);
    if (from.at === from.heads.length || TAKEN_MAX <= from.at) {
      from.heads.splice(0, from.at);
      from.at = 0;
    }
    return best;
  }

  /** It waits no longer, for another reason. */
  remove(place: Place): void {
    const line = this.#line(place.rule);
    line.count -= 1;
    this.#count -= 1;
    const at = placeOf(line, place);
    if (line.heads[at]?.seq === place.seq) this.#heldCharacters -= charactersOf(line.heads.splice(at, 1)[0]);
  }

  /** What was taken or added since is not true: the table was put back. So many wait there. */
  forget(counts: Iterable<readonly [rule: number, count: number]>): void {
    this.#lines.clear();
    this.#count = 0;
    this.#heldCharacters = 0;
    for (const [rule, count] of counts) {
      this.#count += count;
      this.#lines.set(rule, { rule, heads: [], at: 0, count });
    }
  }

  #read(line: Line): void {
    line.heads = [...this.#first(line.rule, READ_MAX)];
    line.at = 0;
    for (const head of line.heads) this.#heldCharacters += charactersOf(head);
  }

  #line(rule: number): Line {
    const known = this.#lines.get(rule);
    if (known !== undefined) return known;
    const line = { rule, heads: [], at: 0, count: 0 };
    this.#lines.set(rule, line);
    return line;
  }
}

/** Among those that are known: the first that does not come before it. */
function placeOf({ heads, at }: Line, place: Place): number {
  let low = at;
  let high = heads.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(heads[middle] as Head, place)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The greater priority first, then the older. */
function isBefore(one: Place, other: Place): boolean {
  return one.priority === other.priority ? one.seq < other.seq : other.priority < one.priority;
}

function charactersOf(head: Head | undefined): number {
  return head === undefined ? 0 : HEAD_CHARACTERS + (head.job?.data.length ?? 0);
}
