// Finds lines in the store. Three characters and more are looked up in the index of SQLite when that is quicker; fewer, and on MySQL, the lines
// themselves are looked through, of which there is a bounded number.
import { composed } from "#base/text.ts";
import type { SqlValue, Store } from "#sdk/store.ts";
import { ESCAPE, containing } from "../store/like.ts";
import { scan } from "../store/scan.ts";
import type { ScanLimits } from "../store/scan.ts";
import { levelNumber, lineOf } from "./log-line.ts";
import type { LineRow, LogFilter, LogLine } from "./log-line.ts";

export interface LogPageRequest extends LogFilter {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  /** Without it: the oldest with `after`, else the newest. */
  readonly order?: "newest" | "oldest" | undefined;
  readonly limit: number;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  /** There are more in this direction. */
  readonly hasMore: boolean;
}

/** Where more lines than this have the words, going through the lines finds the first of them as soon. */
const RARE_MAX = 1000;
/** So many of the words' trigrams are asked for: what they leave is looked at anyway. */
const TRIGRAMS_MAX = 12;
/** Terms of the index that begin with one or two characters. Where there are more of them, the lines are gone through. */
const TERMS_MAX = 100;
/** What the index folds as we do. */
const PLAIN = /^[ -~가-힣]+$/;
const COLUMNS = "l.id, l.at_ms, l.level, l.message, l.fields";

/** All of the request but `regex`. */
export async function searchLines(store: Store, agent: string, request: Omit<LogPageRequest, "regex">, limits: ScanLimits = {}): Promise<LogPage> {
  const { text, level, pipeline, step, fromMs, toMs, before, after, limit, order = after === undefined ? "newest" : "oldest" } = request;
  const words = text === undefined || text === "" ? undefined : composed(text);
  const conditions = ["l.agent = ?"];
  const params: SqlValue[] = [agent];
  const where = (condition: string, ...values: SqlValue[]): void => void (conditions.push(condition), params.push(...values));
  if (before !== undefined) where("l.id < ?", before);
  if (after !== undefined) where("l.id > ?", after);
  // As a number in the text: only so is the index of the few important lines found.
  if (level !== undefined && level !== "debug") where(`l.level >= ${levelNumber[level]}`);
  if (level === "error") where(`l.level >= ${levelNumber.warn}`); // The words of the index.
  if (pipeline !== undefined) where("l.pipeline = ?", pipeline);
  if (fromMs !== undefined) where("l.at_ms >= ?", fromMs);
  if (toMs !== undefined) where("l.at_ms <= ?", toMs);
  // Ids, not times, are the order of the lines: a range of times is given a range of ids, so that no other lines are gone through.
  if (fromMs !== undefined || toMs !== undefined) {
    const [range] = await store.all<{ first: number | null; last: number | null }>(`SELECT MIN(id) AS first, MAX(id) AS last FROM dure_log_lines ${store.dialect === "sqlite" ? "INDEXED BY dure_log_times" : ""} WHERE agent = ? AND at_ms >= ? AND at_ms <= ?`, [agent, fromMs ?? 0, toMs ?? Number.MAX_SAFE_INTEGER]);
    if (range?.first === null || range?.last === null || range === undefined) return { lines: [], hasMore: false };
    where("l.id >= ?", range.first);
    where("l.id <= ?", range.last);
  }
  const looked = { sql: [] as string[], params: [] as SqlValue[] };
  const lookFor = (condition: string, ...values: SqlValue[]): void => void (looked.sql.push(condition), looked.params.push(...values));
  if (words !== undefined) lookFor(`(l.message LIKE ? ${ESCAPE} OR l.fields LIKE ? ${ESCAPE})`, containing(words), containing(inJson(words)));
  if (step !== undefined) lookFor(`l.fields LIKE ? ${ESCAPE}`, containing(`"step":${JSON.stringify(composed(step))}`));

  const direction = order === "newest" ? "DESC" : "ASC";
  const match = store.dialect === "sqlite" && words !== undefined ? await indexQuery(store, words) : undefined;
  if (match === "") return { lines: [], hasMore: false };
  let rows: LineRow[];
  if (match !== undefined && (await isRare(store, match))) {
    rows = await store.all<LineRow>(`SELECT ${COLUMNS} FROM dure_log_text t CROSS JOIN dure_log_lines l ON l.seq = t.rowid WHERE t.dure_log_text MATCH ? AND ${[...conditions, ...looked.sql].join(" AND ")} ORDER BY l.id ${direction} LIMIT ?`, [match, ...params, ...looked.params, limit + 1]);
  } else if (looked.sql.length === 0) rows = await store.all<LineRow>(`SELECT ${COLUMNS} FROM dure_log_lines l WHERE ${conditions.join(" AND ")} ORDER BY l.id ${direction} LIMIT ?`, [...params, limit + 1]);
  else rows = await scan<LineRow>(store, { select: `SELECT ${COLUMNS}`, from: "dure_log_lines l", known: { sql: conditions, params }, looked, direction, limit: limit + 1 }, limits);
  return { lines: rows.slice(0, limit).map(lineOf), hasMore: limit < rows.length };
}

/** The line, with so many before and after it, the oldest first; undefined when it is not there. */
export async function linesAround(store: Store, agent: string, id: number, lines: number): Promise<readonly LogLine[] | undefined> {
  const until = await searchLines(store, agent, { before: id + 1, limit: lines + 1 });
  if (until.lines[0]?.id !== id) return undefined;
  const behind = await searchLines(store, agent, { after: id, limit: lines });
  return [...until.lines.toReversed(), ...behind.lines];
}

async function isRare(store: Store, match: string): Promise<boolean> {
  const [row] = await store.all<{ many: number }>("SELECT COUNT(*) AS many FROM (SELECT rowid FROM dure_log_text WHERE dure_log_text MATCH ? LIMIT ?)", [match, RARE_MAX]);
  return (row?.many ?? 0) < RARE_MAX;
}

/** As the words stand in the JSON of the fields. */
function inJson(words: string): string {
  return JSON.stringify(words).slice(1, -1);
}

/** Lines that may hold the words, as the index is asked for them; empty: none can. undefined: it cannot be asked. */
async function indexQuery(store: Store, words: string): Promise<string | undefined> {
  return [...words].length < 3 ? beginningQuery(store, words) : trigramQuery(words);
}

/** Whatever is indexed ends with the brace of the fields, so that something follows on any two characters but these. */
async function beginningQuery(store: Store, words: string): Promise<string | undefined> {
  if (!PLAIN.test(words) || words.endsWith("}") || inJson(words) !== words) return undefined;
  const from = words.toLowerCase();
  const terms = await store.all<{ term: string }>("SELECT term FROM dure_log_terms WHERE term >= ? AND term < ? LIMIT ?", [from, `${from}\u{10ffff}`, TERMS_MAX + 1]);
  return TERMS_MAX < terms.length ? undefined : terms.map(({ term }) => quoted(term)).join(" OR ");
}

/** Lines that hold each of their trigrams. */
function trigramQuery(words: string): string | undefined {
  const [plain, escaped] = [trigramsOf(words), trigramsOf(inJson(words))];
  if (plain === undefined || escaped === undefined) return undefined;
  return plain === escaped ? plain : `(${plain}) OR (${escaped})`;
}

function trigramsOf(words: string): string | undefined {
  const characters = [...words];
  if (characters.length < 3 || words.includes("\0")) return undefined;
  const all = Array.from({ length: characters.length - 2 }, (_, at) => characters.slice(at, at + 3).join(""));
  const step = Math.max(1, all.length / TRIGRAMS_MAX);
  const some = Array.from({ length: Math.min(all.length, TRIGRAMS_MAX) }, (_, at) => all[Math.floor(at * step)] ?? "");
  return [...new Set(some)].map(quoted).join(" AND ");
}

function quoted(term: string): string {
  return `"${term.replaceAll('"', '""')}"`;
}
