// How many leases there are, of all rules and of each, and whether there may be one more.

export class LeasesInUse {
  readonly #ofRule = new Map<number, number>();
  readonly #rule: (name: string) => number | undefined;
  #total = 0;
  #limits = new Map<number, number>();
  #limitsByName: ReadonlyMap<string, number> = new Map();
  #heldBack: ReadonlySet<string> = new Set();
  slots = 0;

  /** `rule`: the number of a rule that there has been a job of. */
  constructor(rule: (name: string) => number | undefined) {
    this.#rule = rule;
  }

  get hasRoom(): boolean {
    return this.#total < this.slots;
  }

  isWanted(rule: number, name: (rule: number) => string): boolean {
    if (0 < this.#limits.size && (this.#limits.get(rule) ?? Number.POSITIVE_INFINITY) <= (this.#ofRule.get(rule) ?? 0)) return false;
    return this.#heldBack.size === 0 || !this.#heldBack.has(name(rule));
  }

  limit(limits: ReadonlyMap<string, number>): void {
    this.#limitsByName = limits;
    this.learn();
  }

  holdBack(rules: ReadonlySet<string>): void {
    this.#heldBack = rules;
  }

  /** Rules may have got their numbers since. */
  learn(): void {
    this.#limits = new Map();
    for (const [name, max] of this.#limitsByName) {
      const rule = this.#rule(name);
      if (rule !== undefined) this.#limits.set(rule, max);
    }
  }

  take(rule: number): void {
    this.#total += 1;
    this.#ofRule.set(rule, (this.#ofRule.get(rule) ?? 0) + 1);
  }

  free(rule: number): void {
    this.#total -= 1;
    this.#ofRule.set(rule, (this.#ofRule.get(rule) ?? 0) - 1);
  }

  /** As if these were all. */
  recount(leases: Iterable<{ readonly rule: number }>): void {
    this.#total = 0;
    this.#ofRule.clear();
    for (const { rule } of leases) this.take(rule);
  }
}
