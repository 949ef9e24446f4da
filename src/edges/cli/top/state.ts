// What `dure top` knows and what its keys do: every change makes a new state, which screen.ts draws.
import type { Look } from "../agent-server.ts";
import { rowsOf } from "../look-table.ts";
import type { LookRow } from "../look-table.ts";

export interface TopState {
  readonly look?: Look;
  /** Records that came in each second, the newest last. */
  readonly history: ReadonlyMap<string, readonly number[]>;
  /** Why there is no newer look. */
  readonly trouble?: string;
  readonly selected?: string;
  /** The number of a column, from 1. */
  readonly sortBy: number;
  readonly isDescending: boolean;
  readonly filter: string;
  readonly isTyping: boolean;
  readonly isHelpShown: boolean;
}

export const HISTORY_SECONDS = 60;
const FILTER_LENGTH_MAX = 60;

export const START: TopState = { history: new Map(), sortBy: 1, isDescending: false, filter: "", isTyping: false, isHelpShown: false };

/** By the number of their key. */
const SORT_VALUES: readonly ((row: LookRow) => number | string)[] = [
  ({ name }) => name,
  ({ state }) => state,
  ({ recordsInPerSecond }) => recordsInPerSecond ?? -1,
  ({ recordsOutPerSecond }) => recordsOutPerSecond ?? -1,
  ({ bytesInPerSecond }) => bytesInPerSecond ?? -1,
  ({ recordsIn }) => recordsIn,
  ({ recordsOut }) => recordsOut,
  ({ retries }) => retries,
  ({ deadLetters }) => deadLetters,
];

export function withLook(state: TopState, look: Look): TopState {
  const { trouble: _, ...rest } = state;
  const history = new Map(rowsOf(look).map(({ name, recordsInPerSecond }) => [name, [...(state.history.get(name) ?? []), recordsInPerSecond ?? 0].slice(-HISTORY_SECONDS)]));
  return { ...rest, look, history };
}

export function withTrouble(state: TopState, trouble: string): TopState {
  return { ...state, trouble };
}

/** The pipelines that fit the filter, sorted. */
export function rowsShown({ look, filter, sortBy, isDescending }: TopState): LookRow[] {
  const rows = look === undefined ? [] : rowsOf(look).filter(({ name }) => name.toLowerCase().includes(filter.normalize().toLowerCase()));
  const valueOf = SORT_VALUES[sortBy - 1] ?? (({ name }: LookRow) => name);
  const compared = (one: LookRow, other: LookRow): number => {
    const [first, second] = [valueOf(one), valueOf(other)];
    const order = first < second ? -1 : second < first ? 1 : 0;
    return (isDescending ? -order : order) || (one.name < other.name ? -1 : 1);
  };
  return rows.sort(compared);
}

/** The keys in what a terminal has sent; arrows and the like are one key of several characters. */
export function keysOf(text: string): string[] {
  return text.match(/\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[^]/gu) ?? [];
}

/** The state after a key; undefined: to end. */
export function afterKey(state: TopState, key: string): TopState | undefined {
  if (key === "\x03") return undefined; // Ctrl-C, which a terminal in raw mode sends as a character.
  if (state.isTyping) return afterTyping(state, key);
  if (state.isHelpShown) return key === "q" ? undefined : { ...state, isHelpShown: false };
  if (/^[1-9]$/.test(key)) return sorted(state, Number(key));
  switch (key) {
    case "q":
      return undefined;
    case "?":
      return { ...state, isHelpShown: true };
    case "/":
      return { ...state, isTyping: true, filter: "" };
    case "\x1b":
      return { ...state, filter: "" };
    case "j":
    case "\x1b[B":
    case "\x1bOB":
      return moved(state, 1);
    case "k":
    case "\x1b[A":
    case "\x1bOA":
      return moved(state, -1);
    default:
      return state;
  }
}

function afterTyping(state: TopState, key: string): TopState {
  if (key === "\r" || key === "\n") return { ...state, isTyping: false };
  if (key === "\x1b") return { ...state, isTyping: false, filter: "" };
  if (key === "\x7f" || key === "\b") return { ...state, filter: [...state.filter].slice(0, -1).join("") };
  if (key.length > 2 || key < " " || FILTER_LENGTH_MAX <= state.filter.length) return state; // Arrows and other controls.
  return { ...state, filter: state.filter + key };
}

/** Numbers begin with the largest; the same key again turns the order round. */
function sorted(state: TopState, sortBy: number): TopState {
  return { ...state, sortBy, isDescending: sortBy === state.sortBy ? !state.isDescending : 2 < sortBy };
}

function moved(state: TopState, by: number): TopState {
  const names = rowsShown(state).map(({ name }) => name);
  const at = names.indexOf(state.selected ?? "");
  const selected = names[at === -1 ? 0 : Math.min(Math.max(at + by, 0), names.length - 1)];
  return selected === undefined ? state : { ...state, selected };
}
