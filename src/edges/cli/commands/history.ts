// `dure history`: what became of the agent and its config: starts, ends, reloads, and each revision of the config with who made it and why.
import { say } from "#base/lang.ts";
import { localTime } from "#base/local-time.ts";
import { printable } from "#kernel/config/cells.ts";
import type { AgentEvent } from "#kernel/events/event-hub.ts";
import { agentOf } from "../ask-agent.ts";
import type { ResultOf } from "../../all-commands.ts";
import type { Ask } from "../ask-agent.ts";
import type { Command } from "../command.ts";
import { valueText } from "../derived/value-text.ts";
import { saidEvent, saidValue } from "../derived/value-words.ts";
import { exitCode } from "../exit-codes.ts";
import { AgentRefusal } from "../failure.ts";
import { tableLines } from "../terminal.ts";
import { countOption } from "../units.ts";
import { lastEvents } from "./events.ts";

const LINES = 30;
const REVISIONS_MAX = 200;

type Revision = ResultOf<"config.history">["revisions"][number];

interface Entry {
  readonly atMs: number;
  readonly what: string;
  /** As people read it. */
  readonly said: string;
  readonly who: string;
  readonly note: string;
}

export const history: Command = async (call) => {
  const { options, globals, terminal, style, answer } = call;
  const most = countOption(options["lines"], "--lines") ?? LINES;
  const ask = await agentOf(call);
  const { events } = await lastEvents(ask, { most, sinceMs: undefined, name: "agent.*" }, new AbortController().signal);
  const revisions = await revisionsAt(ask, Math.min(most, REVISIONS_MAX));
  const entries = [...events.map(ofEvent), ...(revisions ?? []).map(ofRevision)].sort((one, other) => one.atMs - other.atMs).slice(-most);
  if (globals.isJson) {
    answer({ history: entries.map(({ said: _, ...entry }) => entry) });
    return exitCode.done;
  }
  const head = [say({ en: "WHEN", ko: "시각" }), say({ en: "WHAT", ko: "일" }), say({ en: "WHO", ko: "누가" }), say({ en: "NOTE", ko: "메모" })];
  terminal.print(tableLines([head.map((word) => style.bold(word)), ...entries.map(({ atMs, said, who, note }) => [localTime(atMs), printable(said), printable(who), printable(note)])]).join("\n"));
  if (revisions === undefined) terminal.talk(say({ en: "revisions of the config are for admins only", ko: "설정 이력은 관리자만 볼 수 있습니다" }));
  return exitCode.done;
};

/** Undefined for who may not see them. */
async function revisionsAt(ask: Ask, limit: number): Promise<readonly Revision[] | undefined> {
  try {
    return (await ask("config.history", { limit })).revisions;
  } catch (error) {
    if (error instanceof AgentRefusal && error.facts.code === "FORBIDDEN") return undefined;
    throw error;
  }
}

function ofEvent({ atMs, name, data }: AgentEvent): Entry {
  const { by = "", ...facts } = data;
  return { atMs, what: name, said: saidEvent(name), who: String(by), note: valueText("", facts).replace(/^-$/, "") };
}

function ofRevision({ revision, atMs, who, note, outcome, problem }: Revision): Entry {
  return { atMs, what: `config ${revision} ${outcome}`, said: say({ en: `config ${revision} ${outcome}`, ko: `설정 ${revision} ${saidValue("outcome", outcome)}` }), who, note: [note, problem ?? ""].filter((text) => text !== "").join(": ") };
}
