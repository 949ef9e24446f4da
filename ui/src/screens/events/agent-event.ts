// One past fact of the agent, and how it is told.
import type { EventOf } from "#edges/all-commands.ts";
import { eventText } from "#kernel/events/event-words.ts";
import { time } from "../../parts/figures.ts";
import type { Shape, Tone } from "../../parts/state-mark.tsx";
import { words as factWords } from "../../words/event-facts.ts";
import { say } from "../../words/say.ts";

export type AgentEvent = EventOf<"events.follow">;

export const tones = ["bad", "warn", "good", "calm"] as const satisfies readonly Tone[];

const BAD = /\.(?:failed|failing|unavailable|away|crashed|crash-looping)$/;
const WARN = /(?:-failed|-refused|-full|-skipped|\.written|\.lost|\.restarted|\.dropped|\.unhealthy|\.alert|\.missed|\.blocked|^worker\.exited)$/;
const GOOD = /(?:^queue\.open|\.recovered|\.available|\.resumed|\.replayed|\.healthy|\.queue-free)$/;

/** An end that nobody asked for is worth a look, unless it went well. */
export function toneOf({ name, data }: Pick<AgentEvent, "name" | "data">): Tone {
  if (name === "process.exited") return data["isWanted"] === true || data["code"] === 0 ? "calm" : "warn";
  if (BAD.test(name)) return "bad";
  if (WARN.test(name)) return "warn";
  return GOOD.test(name) ? "good" : "calm";
}

export const shapes = { bad: "cross", warn: "triangle", good: "disc", calm: "ring" } as const satisfies Record<Tone, Shape>;

export function eventTitle(name: string): string {
  const text = eventText(name);
  return text === undefined ? name : say(text);
}

/** What it is about, where the event says so: `process.exited` has it in `process`. */
export function subjectOf({ name, data }: AgentEvent): string | undefined {
  const [noun = ""] = name.split(".");
  const subject = data["pipeline"] ?? data[noun] ?? (noun === "job" ? data["rule"] : undefined) ?? data["user"] ?? data["subject"] ?? data["name"];
  return typeof subject === "string" ? subject : undefined;
}

/** Where what it is about has a page. */
export function hrefOfSubject({ name, data: { pipeline, process, id } }: AgentEvent): string | undefined {
  if (name.startsWith("job.") && typeof id === "string") return `/jobs/${encodeURIComponent(id)}`;
  if (/^(?:worker|queue)\./.test(name)) return "/operator";
  if (typeof pipeline === "string") return `/pipelines/${encodeURIComponent(pipeline)}`;
  return typeof process === "string" ? `/processes/${encodeURIComponent(process)}` : undefined;
}

/** The rest of it, on one line. */
export function factsLine(event: AgentEvent): string {
  const subject = subjectOf(event);
  return Object.entries(event.data)
    .filter(([, value]) => value !== subject && value !== false && value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => (value === true ? factName(name) : `${factName(name)}: ${factText(name, value)}`))
    .join(" · ");
}

function factName(name: string): string {
  return Object.hasOwn(factWords, name) ? say(factWords[name as keyof typeof factWords]) : name.replace(/Ms$/, "");
}

/** Times since 1970 are told from durations by their size. */
const YEAR_2001_MS = 1e12;

function factText(name: string, value: unknown): string {
  if (typeof value === "number" && name.endsWith("Ms")) return YEAR_2001_MS < value ? time(value) : `${value} ms`;
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value.join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
