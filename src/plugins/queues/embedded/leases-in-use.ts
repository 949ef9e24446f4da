// How many leases there are, of all rules and of each, and whether there may be one more. The house's own rules have room of their own: a mail waits for no rule that takes hours.
import { HOUSE } from "#sdk/queue.ts";

export class LeasesInUse {
  readonly #ofRule = new Map<number, number>();
  readonly #numberOf: (name: string) => number | undefined;
  readonly #nameOf: (rule: number) => string;
  readonly #houseRules = new Map<number, boolean>();
  #total = 0;
  #houseTotal = 0;
  #limits = new Map<number, number>();
  #limitsByName: ReadonlyMap<string, number> = new Map();
  #heldBack: ReadonlySet<string> = new Set();
  slots = 0;
  houseSlots = 0;

  /** `numberOf`: of a rule that there has been a job of. */
  constructor(numberOf: (name: string) => number | undefined, nameOf: (rule: number) => string) {
    this.#numberOf = numberOf;
    this.#nameOf = nameOf;
  }

  get hasRoom(): boolean {
    return this.#total < this.slots || this.#houseTotal < this.houseSlots;
  }

  isWanted(rule: number): boolean {
    if (this.#isOfHouse(rule) ? this.houseSlots <= this.#houseTotal : this.slots <= this.#total) return false;
    if (0 < this.#limits.size && (this.#limits.get(rule) ?? Number.POSITIVE_INFINITY) <= (this.#ofRule.get(rule) ?? 0)) return false;
    return this.#heldBack.size === 0 || !this.#heldBack.has(this.#nameOf(rule));
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
    this.#houseRules.clear();
    this.#limits = new Map();
    for (const [name, max] of this.#limitsByName) {
      const rule = this.#numberOf(name);
      if (rule !== undefined) this.#limits.set(rule, max);
    }
  }

  take(rule: number): void {
    this.#add(rule, 1);
  }

  free(rule: number): void {
    this.#add(rule, -1);
  }

  /** As if these were all. */
  recount(leases: Iterable<{ readonly rule: number }>): void {
    this.#total = 0;
    this.#houseTotal = 0;
    this.#ofRule.clear();
    for (const { rule } of leases) this.take(rule);
  }

  #add(rule: number, by: 1 | -1): void {
    if (this.#isOfHouse(rule)) this.#houseTotal += by;
    else this.#total += by;
    this.#ofRule.set(rule, (this.#ofRule.get(rule) ?? 0) + by);
  }

  #isOfHouse(rule: number): boolean {
    const known = this.#houseRules.get(rule);
    if (known !== undefined) return known;
    const isOfHouse = this.#nameOf(rule).startsWith(HOUSE);
    this.#houseRules.set(rule, isOfHouse);
    return isOfHouse;
  }
}
