// Values of answers that are words of programs, as people read them; the dashboard says the same. With --json they stay as they are.
import { lang, say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { eventText } from "#kernel/events/event-words.ts";
import { jobMarks, jobQueueStates, jobStates, jobWorkerStates } from "../job-words.ts";
import { processStates } from "../process-state.ts";
import { stateWords } from "../summary.ts";

/** Of a revision of the config. */
const OUTCOMES: ReadonlyMap<string, Text> = new Map([
  ["running", { en: "ran", ko: "실행" }],
  ["applied", { en: "applied", ko: "적용" }],
  ["reverted", { en: "taken back", ko: "되돌림" }],
  ["refused", { en: "refused", ko: "거부" }],
]);
const BY_KEY: Readonly<Record<string, ReadonlyMap<string, Text>>> = { state: new Map([...jobWorkerStates, ...jobStates, ...processStates, ...stateWords]), kind: jobMarks, is: jobQueueStates, outcome: OUTCOMES };

export function saidValue(key: string, value: string): string {
  const text = Object.hasOwn(BY_KEY, key) ? BY_KEY[key]?.get(value) : undefined;
  return text === undefined ? value : say(text);
}

/** In English the name of an event is its words; in Korean it stands behind them, for it is what `--name` takes. */
export function saidEvent(name: string): string {
  const text = lang() === "ko" ? eventText(name) : undefined;
  return text === undefined ? name : `${text.ko} (${name})`;
}
