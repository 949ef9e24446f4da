// The screen of `dure top` as lines that fit it. What does not fit its width is left out, the least important column first.
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { cellsOf, printable } from "#kernel/config/cells.ts";
import type { LookRow } from "../look-table.ts";
import { problemsOf, stateText } from "../summary.ts";
import { plain } from "../terminal.ts";
import type { Style } from "../terminal.ts";
import { bytesText } from "#base/quantities.ts";
import { countText } from "../units.ts";
import { cut, padded } from "./fit.ts";
import { jobCount, jobLines } from "./jobs.ts";
import { oneJobLines } from "./one-job.ts";
import { processCount, processLines } from "./processes.ts";
import { viewLines } from "./views.ts";
import { HISTORY_SECONDS, rowsShown } from "./state.ts";
import type { TopState, View } from "./state.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Drawing {
  readonly style: Style;
  readonly hasUnicode: boolean;
}

interface Column {
  readonly head: Text;
  /** Kept before those with a higher number. */
  readonly rank: number;
  readonly isNumber: boolean;
  cell(row: LookRow, style: Style): string;
}

const NAME_CELLS_MAX = 24;
const NAME_CELLS_MIN = 8;
const SPARK_CELLS_MIN = 6;
const rate = (value: number | undefined, style: Style, text = compact): string => (value === undefined ? style.mark.skip : text(value));

/** In the order of their keys, 1 to 9. */
const COLUMNS: readonly Column[] = [
  { head: { en: "PIPELINE", ko: "파이프라인" }, rank: 0, isNumber: false, cell: ({ name }) => printable(name) },
  { head: { en: "STATE", ko: "상태" }, rank: 1, isNumber: false, cell: (row, style) => stateText(row, style) },
  { head: { en: "IN/S", ko: "입력/초" }, rank: 2, isNumber: true, cell: ({ recordsInPerSecond }, style) => rate(recordsInPerSecond, style) },
  { head: { en: "OUT/S", ko: "출력/초" }, rank: 3, isNumber: true, cell: ({ recordsOutPerSecond }, style) => rate(recordsOutPerSecond, style) },
  { head: { en: "BYTES/S", ko: "바이트/초" }, rank: 8, isNumber: true, cell: ({ bytesInPerSecond }, style) => rate(bytesInPerSecond, style, bytesText) },
  { head: { en: "IN", ko: "입력" }, rank: 6, isNumber: true, cell: ({ recordsIn }) => compact(recordsIn) },
  { head: { en: "OUT", ko: "출력" }, rank: 7, isNumber: true, cell: ({ recordsOut }) => compact(recordsOut) },
  { head: { en: "RETRY", ko: "재시도" }, rank: 4, isNumber: true, cell: ({ retries }) => compact(retries) },
  { head: { en: "DEAD", ko: "데드레터" }, rank: 5, isNumber: true, cell: ({ deadLetters }) => compact(deadLetters) },
];

export function topScreen(state: TopState, { columns, rows }: Size, drawing: Drawing): string[] {
  const head = titleLines(state, drawing);
  const foot = footLines(state, drawing);
  const room = Math.max(1, rows - head.length - foot.length);
  const body = state.isHelpShown ? helpLines() : state.view === "processes" ? processLines(state, drawing.style) : state.view === "jobs" ? jobLines(state, room, drawing.style) : state.view === "recent-jobs" || state.view === "job" ? oneJobLines(state, room, drawing.style) : state.view === "list" ? tableLines(state, columns, room, drawing) : viewLines(state, room, drawing);
  const middle = body.slice(0, Math.max(0, rows - head.length - foot.length));
  const blank = Array.from({ length: Math.max(0, rows - head.length - foot.length - middle.length) }, () => "");
  return [...head, ...middle, ...blank, ...foot].slice(0, rows).map((line) => cut(line, columns));
}

function titleLines(state: TopState, { style }: Drawing): string[] {
  const { look, trouble, isPaused } = state;
  const pipelines = look?.pipelines.length ?? 0;
  const failed = look?.pipelines.filter(({ state }) => state === "failed").length ?? 0;
  const retrying = look?.pipelines.filter(({ state, failing = [] }) => state === "running" && failing.some(({ isBypassed }) => isBypassed !== true)).length ?? 0;
  const retried = retrying === 0 ? "" : say({ en: `, ${retrying} retrying`, ko: `, 재시도 ${retrying}개` });
  const counted = say({ en: `${pipelines} pipelines, ${failed} failed${retried}`, ko: `파이프라인 ${pipelines}개, 실패 ${failed}개${retried}` }) + processCount(state) + jobCount(state);
  const waiting = say({ en: "waiting for the agent", ko: "에이전트를 기다리는 중" });
  const how = trouble === undefined ? (look === undefined ? "" : `${retrying + failed === 0 ? style.mark.ok : style.mark.warn} ${counted}`) : `${style.mark.bad} ${style.red(printable(trouble))} - ${waiting}`;
  const paused = isPaused ? `  ${style.mark.warn} ${say({ en: "paused", ko: "멈춤" })}` : "";
  return [`${style.bold("dure top")}  ${how}${paused}`, ""];
}

function footLines(state: TopState, { style }: Drawing): string[] {
  const selected = state.look?.pipelines.find(({ name }) => name === state.selected);
  const error = selected === undefined ? undefined : problemsOf(selected)[0];
  const filter = say({ en: "filter", ko: "이름 검색" });
  const keys = say(KEYS[state.view]);
  const last = state.isTyping ? `${filter}: ${printable(state.filter)}_` : state.filter === "" ? style.dim(keys) : `${filter}: ${printable(state.filter)}  ${style.dim(keys)}`;
  return [error === undefined ? "" : `${printable(state.selected ?? "")}: ${style.red(printable(error))}`, last];
}

const KEYS: Readonly<Record<View, Text>> = {
  list: { en: "q quit  ? keys  Enter steps  t tap  l log  r reload  s sort  / filter  p pause", ko: "q 종료  ? 키  Enter 단계  t 탭  l 로그  r 다시 읽기  s 정렬  / 검색  p 멈춤" },
  processes: { en: "q quit  ? keys  Tab next  j k scroll  / filter  p pause", ko: "q 종료  ? 키  Tab 다음  j k 스크롤  / 검색  p 멈춤" },
  jobs: { en: "q quit  ? keys  Enter single jobs  Tab pipelines  j k scroll  / filter  p pause", ko: "q 종료  ? 키  Enter 작업 하나씩  Tab 파이프라인  j k 스크롤  / 규칙 검색  p 멈춤" },
  "recent-jobs": { en: "q back  ? keys  Enter in detail  j k select  / filter  p pause", ko: "q 뒤로  ? 키  Enter 자세히  j k 선택  / 검색  p 멈춤" },
  job: { en: "q back  ? keys  j k scroll  p pause", ko: "q 뒤로  ? 키  j k 스크롤  p 멈춤" },
  steps: { en: "q back  ? keys  j k select  t tap this step  l log  p pause", ko: "q 뒤로  ? 키  j k 선택  t 이 단계를 탭  l 로그  p 멈춤" },
  tap: { en: "q back  ? keys  l log  p pause", ko: "q 뒤로  ? 키  l 로그  p 멈춤" },
  log: { en: "q back  ? keys  t tap  p pause", ko: "q 뒤로  ? 키  t 탭  p 멈춤" },
  reload: { en: "y reload  n back", ko: "y 다시 읽기  n 뒤로" },
};

function helpLines(): string[] {
  const rows: readonly (readonly [string, Text])[] = [
    ["Ctrl-C", { en: "quit; q goes back first", ko: "종료; q는 먼저 뒤로" }],
    ["j k, arrows", { en: "select a pipeline; its error stands below", ko: "파이프라인 선택; 오류는 아래에 보임" }],
    ["Enter", { en: "its steps; there j k and t choose one to tap", ko: "그 단계들; 거기서 j k와 t로 한 단계를 탭" }],
    ["Tab", { en: "the processes, then the jobs, then the pipelines again", ko: "프로세스, 작업, 다시 파이프라인 차례로" }],
    ["Enter (jobs)", { en: "the newest jobs; there Enter shows one: timeline, attempts, what it printed", ko: "최근 작업들; 거기서 Enter로 하나를 자세히: 타임라인, 시도 이력, 출력" }],
    ["t, l", { en: "tap what leaves it; its log", ko: "나가는 레코드를 탭; 로그" }],
    ["r", { en: "reload the config: shows what would change, and asks", ko: "설정 다시 읽기: 바뀔 것을 보여 주고 물음" }],
    ["s, 1 ... 9", { en: "sort by the next column; by this one, twice: upwards", ko: "다음 열로 정렬; 그 열로 정렬, 두 번이면 반대로" }],
    ["p", { en: "pause: nothing moves until the next p", ko: "멈춤: 다시 p를 누를 때까지 움직이지 않음" }],
    ["/", { en: "only pipelines with this in their name; Enter keeps it, Esc ends it", ko: "이름에 이 글이 있는 것만; Enter로 유지, Esc로 해제" }],
    ["?", { en: "this; any key ends it", ko: "이 화면; 아무 키로 닫기" }],
  ];
  const columns = COLUMNS.map(({ head }, index) => `${index + 1} ${say(head)}`).join("  ");
  return [...rows.map(([key, text]) => `  ${padded(key, 12, false)}  ${say(text)}`), "", `  ${columns}`];
}

function tableLines(state: TopState, columns: number, linesMax: number, { style, hasUnicode }: Drawing): string[] {
  const all = rowsShown(state);
  if (all.length === 0) return state.look === undefined ? [] : [say({ en: "no pipeline fits the filter", ko: "검색에 맞는 파이프라인이 없습니다" })];
  const at = Math.max(0, all.findIndex(({ name }) => name === state.selected));
  const roomLines = Math.max(1, linesMax - 1);
  const from = Math.max(0, Math.min(at - Math.floor(roomLines / 2), all.length - roomLines));
  const rows = all.slice(from, from + roomLines);

  const arrow = (index: number): string => (index + 1 !== state.sortBy ? "" : hasUnicode ? (state.isDescending ? "▼" : "▲") : state.isDescending ? "v" : "^");
  const heads = COLUMNS.map(({ head }, index) => `${say(head)}${arrow(index)}`);
  const cells = all.map((row) => COLUMNS.map((column) => column.cell(row, style))); // Of all rows: scrolling moves no column.
  const widths = heads.map((head, column) => Math.max(cellsOf(head), ...cells.map((row) => cellsOf(plain(row[column] ?? "")))));
  widths[0] = Math.min(widths[0] ?? 0, NAME_CELLS_MAX);
  const { chosen, left } = columnsThatFit(widths, columns - 2); // Two for the mark of the selected row.
  const sparkCells = SPARK_CELLS_MIN < left ? Math.min(HISTORY_SECONDS, left - 1) : 0;
  const line = (texts: readonly string[], spark: string): string => [...chosen.map((column) => padded(texts[column] ?? "", widths[column] ?? 0, COLUMNS[column]?.isNumber === true)), spark].join(" ").trimEnd();

  const sparkHead = 0 < sparkCells ? cut(say({ en: "IN/S, LAST 60 S", ko: "최근 60초 입력" }), sparkCells) : "";
  const shown = rows.map((row, index) => {
    const text = line(cells[from + index] ?? [], spark(state.history.get(row.name) ?? [], sparkCells, hasUnicode));
    return row.name === state.selected ? style.bold(`> ${plain(text)}`) : `  ${text}`;
  });
  return [style.bold(`  ${line(heads, sparkHead)}`), ...shown];
}

/** The most important columns there is room for, from left to right; the name gives way before one that matters is left out. */
function columnsThatFit(widths: number[], room: number): { readonly chosen: readonly number[]; readonly left: number } {
  const needed = (chosen: readonly number[]): number => chosen.reduce((sum, column) => sum + (widths[column] ?? 0), chosen.length - 1);
  const byRank = [...COLUMNS.keys()].sort((one, other) => (COLUMNS[one]?.rank ?? 0) - (COLUMNS[other]?.rank ?? 0));
  let chosen: number[] = [];
  for (const column of byRank) {
    const more = [...chosen, column].sort((one, other) => one - other);
    // Bytes come only where the sparkline keeps a good half of its cells.
    const excess = needed(more) - (column === 4 ? room - HISTORY_SECONDS / 2 : room);
    const canGive = Math.max(0, (widths[0] ?? 0) - NAME_CELLS_MIN);
    if (canGive < excess && 0 < column) break;
    if (0 < excess) widths[0] = Math.max(1, (widths[0] ?? 0) - excess);
    chosen = more;
  }
  return { chosen, left: room - needed(chosen) };
}

const BARS = [..."▁▂▃▄▅▆▇█"];
const ASCII_BARS = [..."_.:-=+*#"];

/** The newest at the right; a cell that stands for several seconds shows the highest of them. */
export function spark(values: readonly number[], cells: number, hasUnicode: boolean): string {
  if (cells <= 0) return "";
  const bars = hasUnicode ? BARS : ASCII_BARS;
  const most = Math.max(0, ...values);
  const perCell = HISTORY_SECONDS / cells;
  let text = "";
  for (let cell = cells; 0 < cell; cell -= 1) {
    const [from, to] = [values.length - Math.round(cell * perCell), values.length - Math.round((cell - 1) * perCell)];
    const highest = Math.max(-1, ...values.slice(Math.max(0, from), Math.max(0, to)));
    text += highest < 0 ? " " : (bars[most === 0 ? 0 : Math.ceil((highest / most) * (bars.length - 1))] ?? "");
  }
  return text;
}

/** At most five characters. */
export function compact(count: number): string {
  if (count < 10_000) return countText(count);
  const units = ["k", "M", "G", "T", "P"];
  let [value, unit] = [count / 1000, 0];
  for (; 999.5 <= value && unit < units.length - 1; unit += 1) value /= 1000;
  return `${value < 99.95 ? value.toFixed(1) : Math.round(value)}${units[unit]}`;
}
