// The marks of a job along a line: each from its moment to the next. Where long nothing happens the line is folded, so that a job that waited a night and
// ran a second shows the second.
import type { JobMark } from "../../jobs/job.ts";

export interface Span {
  readonly mark: JobMark;
  /** Several of a kind in a row are one. */
  readonly count: number;
  /** 0 … 1 of the whole width. */
  readonly from: number;
  readonly to: number;
  /** Until the next mark, or the end. */
  readonly lastsMs: number;
}

export interface Fold {
  readonly from: number;
  readonly to: number;
  readonly lastsMs: number;
}

export interface Waterfall {
  readonly spans: readonly Span[];
  readonly folds: readonly Fold[];
  readonly startMs: number;
  readonly endMs: number;
}

/** A gap this many times as long as all that is not a gap is folded. */
const LONG = 4;
const FOLD_WIDTH = 0.06;

/** `untilMs`: to where the last mark lasts, of a job that is not over. */
export function waterfallOf(marks: readonly JobMark[], untilMs: number): Waterfall {
  const shown = grouped(marks.filter(({ kind }) => kind !== "log").toSorted((one, other) => one.atMs - other.atMs));
  const startMs = shown[0]?.mark.atMs ?? 0;
  const endMs = Math.max(untilMs, shown.at(-1)?.mark.atMs ?? 0);
  const moments = [...new Set([...shown.map(({ mark }) => mark.atMs), endMs])];
  const { placeOf, folds } = scaleOf(moments);
  const spans = shown.map(({ mark, count }, index): Span => {
    const nextMs = shown[index + 1]?.mark.atMs ?? endMs;
    return { mark, count, from: placeOf(mark.atMs), to: placeOf(nextMs), lastsMs: nextMs - mark.atMs };
  });
  return { spans, folds, startMs, endMs };
}

function grouped(marks: readonly JobMark[]): { readonly mark: JobMark; readonly count: number }[] {
  const found: { mark: JobMark; count: number }[] = [];
  for (const mark of marks) {
    const last = found.at(-1);
    if (last !== undefined && mark.kind === "progress" && last.mark.kind === "progress" && last.mark.attempt === mark.attempt) found[found.length - 1] = { mark: { ...last.mark, ...(mark.text === undefined ? {} : { text: mark.text }) }, count: last.count + 1 };
    else found.push({ mark, count: 1 });
  }
  return found;
}

/** Moments grow; where they lie between 0 and 1. */
export function scaleOf(moments: readonly number[]): { placeOf(atMs: number): number; readonly folds: readonly Fold[] } {
  const gaps = moments.slice(1).map((atMs, index) => atMs - (moments[index] ?? atMs));
  const isLong = longOnes(gaps);
  const longCount = isLong.filter(Boolean).length;
  const shortMs = gaps.reduce((sum, gap, index) => (isLong[index] === true ? sum : sum + gap), 0);
  const foldWidth = Math.min(FOLD_WIDTH, 0.5 / Math.max(1, longCount));
  const room = shortMs === 0 ? 0 : 1 - longCount * foldWidth;
  const longWidth = shortMs === 0 && longCount > 0 ? 1 / longCount : foldWidth;
  const places = new Map<number, number>();
  const folds: Fold[] = [];
  let at = 0;
  moments.forEach((atMs, index) => {
    if (index > 0) {
      const gap = gaps[index - 1] ?? 0;
      const from = at;
      at = Math.min(1, at + (isLong[index - 1] === true ? longWidth : shortMs === 0 ? 0 : (gap / shortMs) * room));
      if (isLong[index - 1] === true) folds.push({ from, to: at, lastsMs: gap });
    }
    places.set(atMs, at);
  });
  return { placeOf: (atMs) => places.get(atMs) ?? 0, folds };
}

/** The greatest gap is folded while it is longer by far than all the others together; where there is only one, nothing is. */
function longOnes(gaps: readonly number[]): boolean[] {
  const isLong = gaps.map(() => false);
  const order = gaps.map((gap, index) => ({ gap, index })).sort((one, other) => other.gap - one.gap);
  let rest = gaps.reduce((sum, gap) => sum + gap, 0);
  for (const { gap, index } of order) {
    rest -= gap;
    if (rest <= 0 || gap < LONG * rest) break;
    isLong[index] = true;
  }
  return isLong;
}
