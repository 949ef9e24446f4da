// How a process is, in one word with a shape and a colour of its own, the worst first; and why, where there is a why.
import { reasonText } from "#kernel/supervisor/reason-words.ts";
import type { Mark } from "../parts/state-mark.tsx";
import { withoutStyles } from "../parts/text/ansi.ts";
import { say } from "../words/say.ts";
import type { Text } from "../words/say.ts";
import { words } from "../words/processes.ts";
import type { ExitRecord, ProcessStatus } from "./look.ts";

export interface ProcessMood extends Mark {
  readonly label: Text;
  /** Those that need somebody come first. */
  readonly rank: number;
}

export const processMoods = {
  failed: { label: words.failed, shape: "cross", tone: "bad", rank: 0 },
  unhealthy: { label: words.unhealthy, shape: "triangle", tone: "warn", rank: 1 },
  backoff: { label: words.backoff, shape: "diamond", tone: "warn", rank: 2 },
  waiting: { label: words.waiting, shape: "ring", tone: "calm", rank: 3 },
  starting: { label: words.starting, shape: "ring", tone: "calm", rank: 4 },
  stopping: { label: words.stopping, shape: "square", tone: "calm", rank: 5 },
  running: { label: words.running, shape: "disc", tone: "good", rank: 6 },
  stopped: { label: words.stopped, shape: "square", tone: "calm", rank: 7 },
  done: { label: words.done, shape: "ring", tone: "calm", rank: 8 },
} as const satisfies Readonly<Record<ProcessStatus["state"], ProcessMood>>;

export function processMood({ state }: Pick<ProcessStatus, "state">): ProcessMood {
  return processMoods[state];
}

/** It runs though it should not, or the other way round, and nothing is under way that would change it. */
export function differsFromWanted({ state, wanted }: Pick<ProcessStatus, "state" | "wanted">): boolean {
  return wanted === "running" ? state === "stopped" || state === "failed" : state === "running" || state === "unhealthy";
}

/** How one end was: `exit 1`, `ended by SIGKILL`. */
export function exitWords({ code, signal, reason }: Pick<ExitRecord, "code" | "signal" | "reason">): string {
  const how = code !== null ? say(words.exitCode, { code: String(code) }) : signal !== null ? say(words.exitSignal, { signal }) : undefined;
  return [how, said(reason)].filter((part) => part !== undefined).join(" · ") || say(words.exitUnknown);
}

const WHY_MAX = 160;

/** Why it waits, tries again or has given up; undefined where all is as it should be. */
export function whyOf(process: ProcessStatus, all: readonly ProcessStatus[], nowMs: number): string | undefined {
  const { state, instances, lastExit, reason, dependsOn } = process;
  if (state === "waiting") return waitsFor(dependsOn, all, reason);
  if (state === "backoff" || state === "failed") {
    const last = lastExit?.stderr.map(withoutStyles).findLast((line) => line.trim() !== "");
    const why = short([lastExit === undefined ? said(reason) : exitWords(lastExit), last === undefined ? undefined : `“${last.trim()}”`].filter((part) => part !== undefined && part !== "").join(" "));
    if (state === "failed") return say(words.gaveUp, { why: why === "" ? "–" : why });
    const nextMs = Math.min(...instances.flatMap(({ nextTryMs }) => (nextTryMs === undefined ? [] : [nextTryMs])));
    const seconds = Number.isFinite(nextMs) ? Math.ceil((nextMs - nowMs) / 1000) : 0;
    return seconds > 0 ? say(words.triesAgain, { seconds, why }) : say(words.triesNow, { why });
  }
  return said(reason);
}

/** As the reader speaks; the agent's own words are English. */
function said(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : say(reasonText(reason));
}

/** What is said of a dependency goes by the agent's own reason, which knows what it waits for; without one, by who does not run. */
function waitsFor(dependsOn: readonly string[], all: readonly ProcessStatus[], reason: string | undefined): string | undefined {
  const missing = dependsOn.filter((name) => {
    const state = all.find((each) => each.name === name)?.state;
    return state !== "running" && state !== "done";
  });
  const names = (missing.length === 0 ? dependsOn : missing).join(", ");
  if (names === "") return said(reason);
  if (reason !== undefined && /\bhealthy\b/.test(reason)) return say(words.waitsHealthy, { names });
  if (reason !== undefined && /\bdone\b/.test(reason)) return say(words.waitsDone, { names });
  return say(words.waitsFor, { names });
}

function short(text: string): string {
  return text.length <= WHY_MAX ? text : `${text.slice(0, WHY_MAX)}…`;
}

/** Whether somebody should look at it. */
export function isTroubled({ state, isCrashLooping }: Pick<ProcessStatus, "state" | "isCrashLooping">): boolean {
  return state === "failed" || state === "unhealthy" || state === "backoff" || isCrashLooping;
}
