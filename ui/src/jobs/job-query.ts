// What the list of jobs is asked for: the words of the address, and the search in which `name=value` stands for a field and all else for text.
import { jobStates, notifierOf } from "./job.ts";
import type { JobQuery, JobState } from "./job.ts";

export const spans = ["15m", "1h", "24h", "7d", "30d"] as const;
export type Span = (typeof spans)[number];

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export function spanMs(span: Span): number {
  const unit = span.at(-1) as keyof typeof UNIT_MS;
  return Number(span.slice(0, -1)) * UNIT_MS[unit];
}

/** What users want, what notifiers are told, or both. */
export const jobKinds = ["jobs", "notices", "all"] as const;
export type JobKind = (typeof jobKinds)[number];

/** As it stands in the address. */
export interface JobSearch {
  readonly kind: JobKind;
  readonly text: string;
  readonly states: readonly JobState[];
  readonly rule?: string;
  /** Back from now, or from one moment to another. */
  readonly span?: Span;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly order: "newest" | "oldest";
}

/** Words of the address that say what is searched; a saved view is these. */
export const SEARCH_WORDS = ["kind", "q", "state", "rule", "span", "from", "to", "order"] as const;

export function searchOf(params: URLSearchParams): JobSearch {
  const states = (params.get("state") ?? "").split(",");
  const span = params.get("span");
  const known = spans.find((each) => each === span);
  const [fromMs, toMs] = [momentOf(params.get("from")), momentOf(params.get("to"))];
  const rule = params.get("rule") ?? "";
  return {
    kind: kindOf(params),
    text: params.get("q") ?? "",
    states: jobStates.filter((each) => states.includes(each)),
    order: params.get("order") === "oldest" ? "oldest" : "newest",
    ...(rule === "" ? {} : { rule }),
    ...(known === undefined ? {} : { span: known }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  };
}

/** Whoever names a notifier as the rule means its notices. */
export function kindOf(params: URLSearchParams): JobKind {
  const usual = notifierOf(params.get("rule") ?? "") === undefined ? "jobs" : "notices";
  return jobKinds.find((each) => each === params.get("kind")) ?? usual;
}

export function isNarrowed({ kind, text, states, rule, span, fromMs, toMs }: JobSearch): boolean {
  return kind !== "jobs" || text.trim() !== "" || states.length > 0 || (rule ?? span ?? fromMs ?? toMs) !== undefined;
}

export type Filter = Omit<JobQuery, "limit" | "after" | "order" | "isOfHouse"> & { readonly kind?: JobKind };

/** What the agent is asked: times that go back from now are reckoned when it is. */
export function filterOf({ kind, text, states, rule, span, fromMs, toMs }: JobSearch, nowMs: number): Filter {
  const found = fieldsOf(text);
  const since = span === undefined ? fromMs : nowMs - spanMs(span);
  const wantedStates = found.states.length > 0 ? found.states : states;
  const wantedRule = rule ?? found.rule;
  return {
    ...(kind === "jobs" ? {} : { kind }),
    ...(wantedStates.length === 0 ? {} : { states: wantedStates }),
    ...(wantedRule === undefined ? {} : { rule: wantedRule }),
    ...(found.text === "" ? {} : { text: found.text }),
    ...(Object.keys(found.labels).length === 0 ? {} : { labels: found.labels }),
    ...(since === undefined ? {} : { fromMs: since }),
    ...(toMs === undefined || span !== undefined ? {} : { toMs }),
  };
}

export interface Fields {
  readonly text: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly states: readonly JobState[];
  readonly rule?: string;
}

const WORD = /([\p{L}\p{N}_.-]+)=("(?:[^"\\]|\\.)*"|\S+)|(\S+)/gu;

/** `company=1 rule=test.module:callme 길동`: fields, and the words that are left. */
export function fieldsOf(search: string): Fields {
  const labels: Record<string, string> = {};
  const states: JobState[] = [];
  const text: string[] = [];
  let rule: string | undefined;
  for (const [whole, name, quoted = ""] of search.matchAll(WORD)) {
    const value = unquoted(quoted);
    if (name === undefined || value === "") text.push(whole);
    else if (name === "rule") rule = value;
    else if (name === "state") states.push(...jobStates.filter((each) => value.split(",").includes(each)));
    else Object.defineProperty(labels, name, { value, enumerable: true, configurable: true, writable: true }); // `__proto__` is a name like any other.
  }
  return { text: text.join(" "), labels, states, ...(rule === undefined ? {} : { rule }) };
}

function unquoted(word: string): string {
  if (!word.startsWith('"')) return word;
  try {
    return String(JSON.parse(word));
  } catch {
    return word;
  }
}

function momentOf(word: string | null): number | undefined {
  const value = word === null || word === "" ? NaN : Number(word);
  return Number.isSafeInteger(value) ? value : undefined;
}
