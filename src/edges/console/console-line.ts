// One line of EventFlow's console to the lines of its answer. Whatever the line is, there is an answer; what is said stands in it.
import { say } from "#base/lang.ts";
import { ask, oneLine, reasonOf } from "./old-answers.ts";
import type { OldCaller, OldResult, OldRow } from "./old-answers.ts";
import * as changes from "./old-changes.ts";
import { OldGrammarError, readFilters, readItems, readNames, readPairs, readTasks, readWithRest } from "./old-grammar.ts";
import * as lists from "./old-lists.ts";
import { oldTable } from "./old-table.ts";
import { helpLines, isVerb, shapesOf } from "./console-help.ts";

export interface ConsoleAnswer {
  readonly lines: readonly string[];
  /** `quit`: the connection is closed; `kill`: the agent is asked to end. */
  readonly then?: "quit" | "kill";
}

type Line = (call: OldCaller, text: string) => Promise<readonly OldResult[]>;
type Show = (call: OldCaller, text: string) => Promise<readonly string[]>;

export async function answerLine(call: OldCaller, line: string): Promise<ConsoleAnswer> {
  try {
    return await answered(call, line.trim());
  } catch (error) {
    return { lines: [resultLine({ isDone: false, message: reasonOf(error) })] };
  }
}

async function answered(call: OldCaller, line: string): Promise<ConsoleAnswer> {
  const [verb, rest] = firstWord(line);
  const [word, after] = firstWord(rest);
  if (verb === "hlp" && isVerb(word)) return { lines: helpLines(word, firstWord(after)[0]) }; // `hlp set task`, as other consoles have it.
  if (verb === "" || verb === "hlp") return { lines: helpLines() };
  if (isVerb(verb) && /^(?:\S+\s+)?hlp\s*$/.test(rest.slice(0, 200))) return { lines: helpLines(verb, word) };
  if (verb === "q" || verb === "quit") return { lines: ["BYE"], then: "quit" };
  if (verb === "k" || verb === "kil" || verb === "kill") return { lines: ["BYE"], then: "kill" };
  const onNames = namesOnly[verb];
  if (onNames !== undefined) {
    const names = readNames(rest);
    if (names.length === 0) throw new OldGrammarError(shapesOf(verb));
    return { lines: resultLines(await onNames(call, names)) };
  }
  const [noun, text] = firstWord(rest);
  if (verb === "shw") {
    const show = shows[noun];
    if (show === undefined) throw new OldGrammarError(shapesOf("shw"));
    return { lines: await show(call, text) };
  }
  const change = verb === "set" ? sets[noun] : verb === "del" ? dels[noun] : undefined;
  if (change === undefined) throw verb === "set" || verb === "del" ? new OldGrammarError(shapesOf(verb)) : new Unknown();
  if (text === "") throw new OldGrammarError(shapesOf(verb, noun));
  return { lines: resultLines(await change(call, text)) };
}

const namesOnly: Readonly<Record<string, (call: OldCaller, names: readonly string[]) => Promise<readonly OldResult[]>>> = {
  __proto__: null as never,
  act: changes.act,
  trm: changes.trm,
  lad: changes.loadQueues,
  sav: changes.saveQueues,
};

const sets: Readonly<Record<string, Line>> = {
  __proto__: null as never,
  conf: (call, text) => changes.setConfigs(call, readPairs(text)),
  task: async (call, text) => changes.setTasks(call, readTasks(text, await knownTypes(call))),
  flow: (call, text) => changes.setFlows(call, readItems(text).map((item) => flowOf(item, "set flow"))),
  group: (call, text) => changes.setGroups(call, readItems(text).map((item) => groupOf(item, true))),
  async stdin(call, text) {
    const [task = "", message = ""] = readWithRest(text, 1, shapesOf("set", "stdin"));
    return [await changes.sendTo(call, task, message)];
  },
  async schedule(call, text) {
    const [cron = "", task = "", message = ""] = readWithRest(text, 2, shapesOf("set", "schedule"));
    return [await changes.setSchedule(call, { cron, task, message })];
  },
  async recovery(call, text) {
    const [task = "", message = ""] = readWithRest(text, 1, shapesOf("set", "recovery"));
    return [await changes.recover(call, task, message)];
  },
};

const dels: Readonly<Record<string, Line>> = {
  __proto__: null as never,
  task: (call, text) => changes.deleteTasks(call, readNames(text)),
  task_queue: (call, text) => changes.clearQueues(call, readNames(text)),
  flow: (call, text) => changes.deleteFlows(call, readItems(text).map((item) => flowOf(item, "del flow"))),
  group: (call, text) => changes.deleteGroups(call, readItems(text).map((item) => groupOf(item, false))),
  async schedule(call, text) {
    const [cron = "", task = ""] = readWithRest(text, 1, shapesOf("del", "schedule"));
    return [await changes.deleteSchedules(call, { cron, task })];
  },
};

const shows: Readonly<Record<string, Show>> = {
  __proto__: null as never,
  async conf(call, text) {
    const { k = [], n = [], c = [], "": plain = [] } = readFilters(text, "nck");
    return oldTable(["KEY", "VALUE", "CHANGEABLE"], lists.filtered(await lists.configs(call), { KEY: [...plain, ...n, ...k], CHANGEABLE: c }));
  },
  async task(call, text) {
    const { t = [], y = [], s = [], a = [], p = [], "": plain = [] } = readFilters(text, "tysap");
    return oldTable(["TYPE", "NAME", "STATUS", "ACT-STATUS", "ACT-COUNT", "ACT-TIME", "PID"], lists.filtered(await lists.tasks(call), { NAME: [...plain, ...t], TYPE: y, STATUS: s, "ACT-STATUS": a, PID: p }));
  },
  async flow(call, text) {
    const { f = [], t = [] } = readFilters(text, "ft");
    return oldTable(["FLOW_TYPE", "FLOW_FROM", "FLOW_TO"], lists.filtered(await lists.flows(call), { FLOW_FROM: f, FLOW_TO: t }));
  },
  async group(call, text) {
    const { g = [], t = [], "": plain = [] } = readFilters(text, "gt");
    return oldTable(["GROUP_NAME", "TASK_LIST"], lists.groupsWith(await lists.groups(call), [...plain, ...g], t));
  },
  async schedule(call, text) {
    const { f = [], t = [] } = readFilters(text, "ft");
    return oldTable(["TIME_FORMAT", "TASK", "MESSAGE"], lists.filtered(await lists.schedules(call), { TIME_FORMAT: 1 < f.length ? [...f, f.join(",")] : f, TASK: t })); // A time may have commas of its own.
  },
  stdin: async (call, text) => oldTable(["NAME", "ERROR", "BROADCASTING STDIN", "SHARING STDIN"], ofNames(await lists.queues(call), text)),
  status: async (call, text) => oldTable(["NAME", "STATUS", "ACT-STATUS", "STATE", "REASON"], ofNames(await lists.status(call), text)),
  ready: async (call, text) => oldTable(["NAME", "READY"], ofNames(await lists.ready(call), text)),
  global_queue: async (call, text) => oldTable(["DATETIME", "DIRECTION", "MESSAGE"], lists.movementsOf(await lists.movements(call), namesIn(text))),
  recovery: async (call, text) => oldTable(["NAME", "START_TIME", "END_TIME"], lists.recoveriesOf(await lists.recoveries(call), namesIn(text))),
};

/** `shw status etl,load` and `shw status -t etl,load` are the same. */
function namesIn(text: string): readonly string[] {
  const { t = [], "": plain = [] } = readFilters(text, "t");
  return [...plain, ...t];
}

function ofNames(rows: readonly OldRow[], text: string): OldRow[] {
  return lists.filtered(rows, { NAME: namesIn(text) });
}

function flowOf(item: readonly (readonly string[])[], shape: string): changes.OldFlow {
  const [type = [], from = [], to = []] = item;
  if (item.length !== 3 || type.length !== 1 || [...from, ...to].some((name) => name === "") || from.length === 0 || to.length === 0) throw new OldGrammarError(shapesOf(shape.slice(0, 3), "flow"));
  return { type: type[0] ?? "", from, to };
}

function groupOf(item: readonly (readonly string[])[], areTasksNeeded: boolean): changes.OldGroup {
  const [groups = [], tasks = []] = item;
  if (2 < item.length || (areTasksNeeded && item.length !== 2) || groups.length === 0 || [...groups, ...tasks].some((name) => name === "")) throw new OldGrammarError(shapesOf(areTasksNeeded ? "set" : "del", "group"));
  return { groups, tasks };
}

async function knownTypes(call: OldCaller): Promise<ReadonlySet<string>> {
  const { processes } = await ask(call, "processes.list", {});
  return new Set(["process", "talend", ...processes.map(({ type }) => type)]);
}

function resultLines(results: readonly OldResult[]): string[] {
  return results.map(resultLine);
}

export function resultLine({ isDone, message }: OldResult): string {
  return `${isDone ? "OK" : "NOK"} : ${harmless(oneLine(message))}`;
}

/** What a line of ours begins with, and what a terminal would obey, cannot be said by a name. */
function harmless(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "�");
}

function firstWord(line: string): readonly [string, string] {
  const end = line.search(/\s/);
  return end === -1 ? [line, ""] : [line.slice(0, end), line.slice(end).trim()];
}

class Unknown extends OldGrammarError {
  override readonly isShape = false;
  constructor() {
    super(say({ en: "there is no such command. hlp shows them", ko: "그런 명령은 없습니다. hlp로 확인하세요" })); // Not the word itself: a password typed here by mistake would come back.
  }
}
