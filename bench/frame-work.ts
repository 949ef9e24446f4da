// What a page's frames cost its main thread, from the browser's own trace: CPU time of that thread, so that what else the machine does is not
// in it. Style, layout, paint and the rest, without what is inside of what.
import type { CDPSession } from "playwright-core";

export interface FrameWork {
  /** All that the thread did, in milliseconds. */
  readonly total: number;
  readonly script: number;
  readonly style: number;
  readonly layout: number;
  /** Preparing, painting, and handing on to who draws. */
  readonly paint: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: { readonly name?: string };
}

const KINDS: Readonly<Record<string, Exclude<keyof FrameWork, "total">>> = {
  FunctionCall: "script",
  EvaluateScript: "script",
  RunMicrotasks: "script",
  "v8.callFunction": "script",
  UpdateLayoutTree: "style",
  Layout: "layout",
  PrePaint: "paint",
  Paint: "paint",
  Layerize: "paint",
  Commit: "paint",
};

/** The work of the page's main thread while `run` goes on. */
export async function frameWork(session: CDPSession, run: () => Promise<void>): Promise<FrameWork> {
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => void events.push(...(value as unknown as TraceEvent[])));
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel"] } });
  await run();
  const ended = new Promise<void>((resolve) => session.once("Tracing.tracingComplete", () => resolve()));
  await session.send("Tracing.end");
  await ended;
  return summed(events);
}

function summed(events: readonly TraceEvent[]): FrameWork {
  const threads = new Set(events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain").map(({ pid, tid }) => `${pid} ${tid}`));
  const mine = Map.groupBy(events.filter(({ ph, pid, tid }) => ph === "X" && threads.has(`${pid} ${tid}`)), ({ pid, tid }) => `${pid} ${tid}`);
  // The page's: of all renderers the one that did most.
  const all = [...mine.values()].map(workOf);
  return all.sort((one, other) => other.total - one.total)[0] ?? { total: 0, script: 0, style: 0, layout: 0, paint: 0 };
}

function workOf(events: readonly TraceEvent[]): FrameWork {
  const work = { total: 0, script: 0, style: 0, layout: 0, paint: 0 };
  const open: { readonly endTs: number; readonly kind: keyof FrameWork | undefined }[] = [];
  for (const { name, ts, dur = 0, tdur = 0 } of events.toSorted((one, other) => one.ts - other.ts || (other.dur ?? 0) - (one.dur ?? 0))) {
    while (0 < open.length && (open.at(-1)?.endTs ?? 0) <= ts) open.pop();
    const ms = tdur / 1000;
    if (open.length === 0) work.total += ms;
    const kind = KINDS[name];
    const around = open.findLast((each) => each.kind !== undefined)?.kind;
    if (kind !== undefined && kind !== around) {
      work[kind] += ms;
      if (around !== undefined) work[around] -= ms;
    }
    open.push({ endTs: ts + dur, kind });
  }
  return work;
}
