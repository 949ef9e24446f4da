// Which lines make one event: a small machine over lines. An event is in a state (what its last line was); a rule of that state whose
// pattern fits takes the line in and says the next state. A line no rule takes begins an event. Where the first byte shows that no rule
// can fit, nothing more is looked at.
import { LineTest } from "./line-test.ts";
import { readRegExp } from "./read-reg-exp.ts";

/** As written; states by name, the first state of an event is "line" unless `opens` says otherwise. */
export interface RuleText {
  /** States the rule is for; without it all. */
  readonly from?: readonly string[];
  readonly pattern: string;
  /** The rule takes lines that do not fit. */
  readonly isNot?: boolean;
  /** The state then; without it the same. */
  readonly to?: string;
}

export interface EventRulesText {
  /** What the first line of an event may be, other than a "line". */
  readonly opens?: readonly { readonly pattern: string; readonly to: string }[];
  readonly takes: readonly RuleText[];
  /** A line that ends its event. */
  readonly ends?: string | undefined;
}

interface Rule {
  readonly test: LineTest;
  readonly isNot: boolean;
  readonly to: number;
}

interface State {
  readonly rules: readonly Rule[];
  /** By first byte, the last for empty lines: 1 where some rule may take the line. */
  readonly mayTake: Uint8Array;
}

export const BEGINS = -1;
const FIRST_STATE = "line";
const EMPTY_LINE = 256;

export class EventRules {
  readonly #states: readonly State[];
  readonly #opens: readonly { readonly test: LineTest; readonly to: number }[];
  readonly #mayOpen: Uint8Array;
  readonly #ends: LineTest | undefined;

  constructor({ opens = [], takes, ends }: EventRulesText) {
    const names = [...new Set([FIRST_STATE, ...opens.map(({ to }) => to), ...takes.flatMap(({ from = [], to }) => [...from, ...(to === undefined ? [] : [to])])])];
    const compiled = takes.map((rule) => ({ ...rule, test: new LineTest(readRegExp(rule.pattern)) }));
    this.#states = names.map((name, index) => {
      const rules = compiled
        .filter(({ from }) => from === undefined || from.includes(name))
        .map(({ test, isNot = false, to }) => ({ test, isNot, to: to === undefined ? index : names.indexOf(to) }));
      return { rules, mayTake: byFirstByte((byte) => rules.some(({ test, isNot }) => isNot || test.mayFit(byte))) };
    });
    this.#opens = opens.map(({ pattern, to }) => ({ test: new LineTest(readRegExp(pattern)), to: names.indexOf(to) }));
    this.#mayOpen = byFirstByte((byte) => this.#opens.some(({ test }) => test.mayFit(byte)));
    this.#ends = ends === undefined ? undefined : new LineTest(readRegExp(ends));
  }

  /** The state of an event behind its next line, or BEGINS when the line is not part of it. */
  next(state: number, bytes: Buffer, pointer: number, length: number): number {
    const known = this.#states[state];
    if (known === undefined || known.mayTake[length === 0 ? EMPTY_LINE : (bytes[pointer] ?? 0)] === 0) return BEGINS;
    for (const { test, isNot, to } of known.rules) if (test.fits(bytes, pointer, length) !== isNot) return to;
    return BEGINS;
  }

  /** The state of an event that begins with this line. */
  first(bytes: Buffer, pointer: number, length: number): number {
    if (this.#mayOpen[length === 0 ? EMPTY_LINE : (bytes[pointer] ?? 0)] === 0) return 0;
    for (const { test, to } of this.#opens) if (test.fits(bytes, pointer, length)) return to;
    return 0;
  }

  get hasEnds(): boolean {
    return this.#ends !== undefined;
  }

  /** Whether an event ends with this line, whatever comes. */
  isEnd(bytes: Buffer, pointer: number, length: number): boolean {
    return this.#ends !== undefined && this.#ends.fits(bytes, pointer, length);
  }
}

function byFirstByte(may: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: EMPTY_LINE + 1 }, (_, byte) => (may(byte === EMPTY_LINE ? -1 : byte) ? 1 : 0));
}
