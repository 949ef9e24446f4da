// `dure events`: what happened to the agent and its pipelines, the oldest first; with -f what happens from then on, without a gap between.
import { once } from "node:events";
import type { JsonValue } from "#base/json.ts";
import { say } from "#base/lang.ts";
import type { AgentEvent } from "#kernel/events/event-hub.ts";
import { agentOf } from "../ask-agent.ts";
import type { Ask } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { eventLine } from "../derived/render-result.ts";
import { countOption, timeOption } from "../units.ts";
import { untilStopped } from "../until-stopped.ts";

const LINES = 50;
const PAGE = 1000;
/** With --since: no more are fetched. */
const FETCHED_MAX = 100_000;

export const events: Command = async (call) => {
  const { options, globals, terminal } = call;
  const sinceMs = timeOption(options["since"], "--since");
  const most = countOption(options["lines"], "--lines") ?? (sinceMs === undefined ? LINES : FETCHED_MAX);
  const name = options["name"] as string | undefined;
  const ask = await agentOf(call);
  return untilStopped(undefined, async (signal) => {
    const { events: past, isWhole } = await lastEvents(ask, { most, sinceMs, name }, signal);
    for (const event of past) await show(call, event);
    if (!isWhole && !globals.isJson) terminal.talk(say({ en: "the store does not answer: what happened before is not shown", ko: "저장소가 응답하지 않아 그 전의 일은 보이지 않습니다" }));
    if (past.length === 0 && options["follow"] !== true && !globals.isJson) terminal.talk(say({ en: "nothing that fits has happened", ko: "조건에 맞는 일이 없었습니다" }));
    if (options["follow"] !== true) return;
    const after = past.at(-1)?.id ?? (await lastEvents(ask, { most: 1, sinceMs: undefined, name: undefined }, signal)).events.at(-1)?.id ?? 0;
    const onEvent = (event: AgentEvent): void => void show(call, event);
    await ask("events.follow", { after, ...(name === undefined ? {} : { name }) }, { onEvent, signal });
  });
};

async function show({ globals, terminal, style, answer }: Call, event: AgentEvent): Promise<void> {
  if (globals.isJson) answer({ event });
  else terminal.print(eventLine(event as unknown as JsonValue, style));
  if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
}

interface Wanted {
  readonly most: number;
  readonly sinceMs: number | undefined;
  readonly name: string | undefined;
}

/** The last of them, the oldest first. */
export async function lastEvents(ask: Ask, { most, sinceMs = 0, name }: Wanted, signal: AbortSignal): Promise<{ readonly events: readonly AgentEvent[]; readonly isWhole: boolean }> {
  const found: AgentEvent[] = [];
  let isWhole = true;
  for (let before: number | undefined; found.length < most; before = found.at(-1)?.id) {
    const page = await ask("events.list", { limit: Math.min(PAGE, most - found.length), ...(before === undefined ? {} : { before }), ...(name === undefined ? {} : { name }) }, { signal });
    const fitting = page.events.filter(({ atMs }) => sinceMs <= atMs);
    found.push(...fitting);
    isWhole &&= page.isWhole;
    if (!page.hasMore || page.events.length === 0 || fitting.length < page.events.length) break;
  }
  return { events: found.reverse(), isWhole };
}
