// What one can ask of the processes, and tell them.
import { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { ended } from "#base/signals.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { flowCommands } from "./flow-commands.ts";
import { groupCommands } from "./group-commands.ts";
import { exists, noProcess } from "./process-failures.ts";
import { changesWithout, named, only, planOf, shownCommand, tell } from "./process-words.ts";
import { exitSchema, lineSchema, lookSchema, probeSchema, programSchema, statusSchema } from "./process-schemas.ts";
import type { ProcessesPort } from "./processes-port.ts";
import { programCommands } from "./program-commands.ts";
import { recoveryCommands } from "./recovery-commands.ts";
import { scheduleCommands } from "./schedule-commands.ts";
import { settingsCommands } from "./settings-commands.ts";

const define = defineCommand<ProcessesPort>();

const LINES_MAX = 1000;
const MESSAGE_CHARACTERS_MAX = 1 << 20;

const isOneLine = (text: string): boolean => !text.includes("\n");
const ONE_LINE = { error: "is one line", params: { ko: "한 줄만 쓸 수 있습니다" } };

const name = z.string().min(1).max(200).meta({ description: "The process.", ko: "프로세스 이름." });
const oneByName = z.strictObject({ name });
const oneOrAll = z.strictObject({ name: z.string().min(1).max(200).meta({ description: "The process; `all` is every one.", ko: "프로세스 이름. `all`이면 모두." }) });
/** As it stands in a config under the name. */
export const definition = z.record(z.string(), z.json()).meta({ description: "As it stands in a config under its name: `{\"command\": [\"python3\", \"etl.py\"]}`.", ko: "설정에서 이름 아래에 쓰는 그대로: `{\"command\": [\"python3\", \"etl.py\"]}`." });

const list = define({
  name: "processes.list",
  summary: { en: "what the processes do now, and what is wanted of them", ko: "프로세스의 지금 상태와 원하는 상태" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: lookSchema,
  run: async (_params, _call, { engine }) => ({ atMs: Date.now(), processes: await engine.list() }),
});

const show = define({
  name: "processes.show",
  summary: { en: "one process: how it is, how it ended before, what it is made of", ko: "프로세스 하나의 상태, 종료 기록, 구성" },
  role: "viewer",
  effect: "read",
  key: "name",
  params: oneByName,
  result: z.strictObject({
    status: statusSchema,
    exits: z.array(exitSchema).describe("The newest first."),
    probes: z.array(probeSchema).describe("The newest first."),
    command: z.array(z.string()).describe("Program and arguments as they are started."),
    written: z.union([z.string(), z.array(z.string())]).describe("As it stands in the config."),
    env: z.record(z.string(), z.string()).describe("Without secrets."),
    cwd: z.string(),
    workDir: z.string(),
    user: z.string().optional(),
    limits: z.strictObject({ memoryBytesMax: z.number().optional(), processesMax: z.number().optional(), filesMax: z.number().optional(), cpus: z.number().optional() }),
    start: z.enum(["auto", "manual"]),
    restart: z.strictObject({ when: z.enum(["always", "on-failure", "never"]), firstMs: z.number(), mostMs: z.number(), attemptsMax: z.number().nullable(), steadyMs: z.number() }),
    stop: z.strictObject({ signal: z.string(), waitMs: z.number() }),
    ack: z.strictObject({ type: z.enum(["stderr-echo", "line", "json", "none"]), timeoutMs: z.number(), onFailure: z.enum(["retry", "skip"]), attemptsMax: z.number().nullable() }),
    programs: z.array(programSchema),
    place: z.strictObject({ file: z.string(), line: z.number(), column: z.number() }).describe("Where it stands in the config."),
  }),
  async run({ name: wanted }, _call, port) {
    const plan = planOf(wanted, port);
    const [all, detail, programs] = await Promise.all([port.engine.list(), port.engine.show(wanted), port.programs.list()]);
    const status = all.find((each) => each.name === wanted);
    if (status === undefined) throw noProcess(wanted, all.map((each) => each.name));
    const { written, shownEnv: env, user, limits, start, restart, stop, ack, place } = plan;
    return { status, ...detail, command: shownCommand(detail.command, plan), written, env, limits, start, restart, stop, ack, place, programs: programs.find(({ process }) => process === wanted)?.versions ?? [], ...(user === undefined ? {} : { user }) };
  },
});

const watch = define({
  name: "processes.watch",
  summary: { en: "what the processes do, once a second", ko: "프로세스의 상태를 1초마다" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.null(),
  event: lookSchema,
  async run(_params, { emit, signal }, port) {
    const away = port.watch((look) => void emit(look as unknown as JsonValue));
    await ended(signal);
    away();
    return null;
  },
});

const output = define({
  name: "processes.output",
  summary: { en: "what a process printed and read last", ko: "프로세스가 마지막에 출력하고 읽은 줄" },
  role: "operator",
  effect: "read",
  isAudited: true,
  key: "name",
  params: z.strictObject({ name, limit: z.int().min(1).max(LINES_MAX).default(100).meta({ description: "So many lines at most.", ko: "최대 줄 수." }) }),
  result: z.strictObject({ lines: z.array(lineSchema).describe("The oldest first.") }),
  examples: [{ line: "dure processes output etl --limit 50", text: { en: "its last 50 lines", ko: "마지막 50줄" } }],
  run: async ({ name: wanted, limit }, _call, { engine }) => ({ lines: await engine.lines(wanted, limit) }),
});

const follow = define({
  name: "processes.follow",
  summary: { en: "what a process prints and reads, as it does", ko: "프로세스가 출력하고 읽는 줄을 실시간으로 봄" },
  role: "operator",
  effect: "read",
  isAudited: true,
  key: "name",
  params: z.strictObject({ name, last: z.int().min(0).max(LINES_MAX).default(50).meta({ description: "Begin with so many lines of before.", ko: "이전 줄 가운데 이만큼부터 보여 줌." }) }),
  result: z.null(),
  event: lineSchema,
  async run({ name: wanted, last }, { emit, signal }, port) {
    let shownTo = 0;
    const held: Parameters<Parameters<ProcessesPort["watchLines"]>[1]>[0][] = [];
    let isCaughtUp = false;
    const away = await port.watchLines(wanted, (line) => (isCaughtUp ? void emit(line as unknown as JsonValue) : void held.push(line)));
    try {
      for (const line of last === 0 ? [] : await port.engine.lines(wanted, last)) {
        emit(line as unknown as JsonValue);
        shownTo = line.id;
      }
      for (const line of held) if (shownTo < line.id) emit(line as unknown as JsonValue);
      isCaughtUp = true;
      await ended(signal);
    } finally {
      away();
    }
    return null;
  },
});

const start = define({
  name: "processes.start",
  summary: { en: "start a process and keep it alive", ko: "프로세스를 시작하고 계속 살려 둠" },
  role: "operator",
  effect: "change",
  key: "name",
  params: oneOrAll,
  result: lookSchema,
  examples: [{ line: "dure processes start etl", text: { en: "it stays started over a restart of the agent", ko: "에이전트를 다시 시작해도 유지됩니다" } }],
  run: (params, call, port) => tell(params.name, call, port, (names, by) => port.engine.start(names, by)),
});

const stop = define({
  name: "processes.stop",
  summary: { en: "ask a process and all it started to end", ko: "프로세스와 그 하위 프로세스를 정상 종료" },
  role: "operator",
  effect: "change",
  key: "name",
  params: oneOrAll,
  result: lookSchema,
  examples: [{ line: "dure processes stop etl", text: { en: "it stays stopped over a restart of the agent", ko: "에이전트를 다시 시작해도 멈춰 있습니다" } }],
  run: (params, call, port) => tell(params.name, call, port, (names, by) => port.engine.stop(names, by)),
});

const restart = define({
  name: "processes.restart",
  summary: { en: "end a process and start it anew", ko: "프로세스를 끝내고 다시 시작" },
  role: "operator",
  effect: "change",
  key: "name",
  params: oneOrAll,
  result: lookSchema,
  run: (params, call, port) => tell(params.name, call, port, (names, by) => port.engine.restart(names, by)),
});

const kill = define({
  name: "processes.kill",
  summary: { en: "end a process and all it started at once, without asking it", ko: "프로세스와 그 하위 프로세스를 바로 강제 종료" },
  role: "operator",
  effect: "change",
  key: "name",
  params: oneByName,
  result: lookSchema,
  run: (params, call, port) => tell(params.name, call, port, ([only = params.name], by) => port.engine.kill(only, by)),
});

const signal = define({
  name: "processes.signal",
  summary: { en: "send a signal to a process", ko: "프로세스에 시그널을 보냄" },
  role: "operator",
  effect: "change",
  key: "name",
  params: z.strictObject({
    name,
    signal: z.string().refine((text) => /^SIG[A-Z0-9]{2,8}$/.test(text), { error: "is written SIGHUP", params: { ko: "SIGHUP처럼 쓰세요" } }).meta({ description: "`SIGHUP`, `SIGUSR1`, …", ko: "`SIGHUP`, `SIGUSR1` 등." }),
    instance: z.int().min(1).optional().meta({ description: "Only this instance.", ko: "이 인스턴스에만." }),
  }),
  result: z.strictObject({ sent: z.number().describe("To so many instances.") }),
  examples: [{ line: "dure processes signal nginx --signal SIGHUP", text: { en: "have it read its config again", ko: "설정을 다시 읽게 함" } }],
  async run({ name: wanted, signal: which, instance }, { changed }, port) {
    planOf(wanted, port);
    changed({ subject: wanted, after: { signal: which } });
    return { sent: await port.engine.signal(wanted, which, instance) };
  },
});

const send = define({
  name: "processes.send",
  summary: { en: "give a process a line to read", ko: "프로세스의 표준 입력에 한 줄을 보냄" },
  role: "operator",
  effect: "change",
  key: "name",
  secret: ["message"],
  params: z.strictObject({ name, message: z.string().max(MESSAGE_CHARACTERS_MAX).refine(isOneLine, ONE_LINE).meta({ description: "The line, without its end. It waits in the process's queue.", ko: "보낼 한 줄. 프로세스의 큐에서 차례를 기다립니다." }) }),
  result: z.strictObject({ queued: z.number().describe("What waits in its queue now.") }),
  examples: [{ line: "dure processes send etl 'run 2026-11-23'", text: { en: "kept over a crash until the process has taken it", ko: "프로세스가 받을 때까지 보관되며 장애가 나도 남습니다" } }],
  async run({ name: wanted, message }, { changed }, port) {
    planOf(wanted, port);
    changed({ subject: wanted });
    await port.engine.send(wanted, message);
    return { queued: (await port.engine.list()).find((each) => each.name === wanted)?.queue.own ?? 0 };
  },
});

const closeInput = define({
  name: "processes.close-input",
  summary: { en: "tell a process that nothing more comes on its standard input", ko: "프로세스의 표준 입력을 닫음(EOF)" },
  role: "operator",
  effect: "change",
  key: "name",
  params: oneByName,
  result: z.null(),
  async run({ name: wanted }, { changed }, port) {
    planOf(wanted, port);
    changed({ subject: wanted });
    await port.engine.closeInput(wanted);
    return null;
  },
});

const clearQueue = define({
  name: "processes.clear-queue",
  summary: { en: "drop the events that wait for a process", ko: "프로세스를 기다리는 이벤트를 모두 버림" },
  role: "operator",
  effect: "change",
  key: "name",
  params: oneByName,
  result: z.strictObject({ dropped: z.number() }),
  async run({ name: wanted }, { changed }, port) {
    planOf(wanted, port);
    changed({ subject: wanted });
    const dropped = await port.engine.clearQueue(wanted);
    changed({ after: { dropped } });
    return { dropped };
  },
});

const [saveQueues, loadQueues] = [
  dumpCommand("processes.save-queues", { en: "write what waits for a process into dump files", ko: "프로세스를 기다리는 이벤트를 덤프 파일로 저장" }, (engine, names) => engine.saveQueues(names)),
  dumpCommand("processes.load-queues", { en: "put what stands in a process's dump files into its queues", ko: "덤프 파일의 이벤트를 프로세스의 큐에 넣음" }, (engine, names) => engine.loadQueues(names)),
];

const scale = define({
  name: "processes.scale",
  summary: { en: "run so many instances of a process", ko: "프로세스의 인스턴스 수를 바꿈" },
  role: "operator",
  effect: "change",
  key: "name",
  params: z.strictObject({ name, instances: z.int().min(1).max(1000).meta({ description: "How many.", ko: "개수." }) }),
  result: lookSchema,
  async run({ name: wanted, instances }, call, port) {
    return tell(wanted, call, port, ([only = wanted], by) => port.engine.scale(only, instances, by), { instances });
  },
});

const movements = define({
  name: "processes.movements",
  summary: { en: "the last events that went to and came from processes", ko: "프로세스로 들어가고 나온 최근 이벤트" },
  role: "operator",
  effect: "read",
  isAudited: true,
  params: z.strictObject({ limit: z.int().min(1).max(LINES_MAX).default(100).meta({ description: "So many at most.", ko: "최대 개수." }) }),
  result: z.strictObject({ movements: z.array(z.strictObject({ atMs: z.number(), process: z.string(), direction: z.enum(["stdin -> task", "task -> stdout", "task -> stderr"]), text: z.string() })).describe("The oldest first.") }),
  run: async ({ limit }, _call, { engine }) => ({ movements: await engine.movements(limit) }),
});

const create = define({
  name: "processes.create",
  summary: { en: "add a process to the config, and start it", ko: "설정에 프로세스를 추가하고 시작" },
  role: "admin",
  effect: "change",
  key: "name",
  secret: ["definition"],
  params: z.strictObject({ name: name.refine((text) => /^[^\s/\\:,|"'.~][^\s/\\:,|"']*$/.test(text), { error: "a name has no spaces, quotes, slashes, `:`, `,` or `|`", params: { ko: "이름에는 빈칸, 따옴표, 빗금, `:`, `,`, `|`를 쓸 수 없습니다" } }), definition }),
  result: lookSchema,
  examples: [{ line: "echo '{\"command\": [\"python3\", \"etl.py\"]}' | dure processes create etl --definition-stdin", text: { en: "written into the config's file, which keeps its comments", ko: "설정 파일에 쓰며, 주석은 그대로 둡니다" } }],
  async run({ name: wanted, definition: value }, { caller, changed }, port) {
    changed({ subject: wanted });
    await port.edit(() => {
      if (port.plan().processes.some((each) => each.name === wanted)) throw exists({ en: "process", ko: "프로세스가" }, wanted);
      return [{ path: ["processes", wanted], value: value as JsonValue }];
    }, caller.name, `processes.create ${wanted}`);
    return only(wanted, port);
  },
});

const update = define({
  name: "processes.update",
  summary: { en: "write another definition of a process into the config", ko: "설정에서 프로세스의 정의를 바꿈" },
  role: "admin",
  effect: "change",
  key: "name",
  secret: ["definition"],
  params: z.strictObject({ name, definition }),
  result: lookSchema,
  async run({ name: wanted, definition: value }, { caller, changed }, port) {
    planOf(wanted, port);
    changed({ subject: wanted });
    await port.edit(() => [{ path: ["processes", planOf(wanted, port).name], value: value as JsonValue }], caller.name, `processes.update ${wanted}`);
    return only(wanted, port);
  },
});

const remove = define({
  name: "processes.remove",
  summary: { en: "end a process and take it out of the config, its flows, groups and schedules with it", ko: "프로세스를 끝내고 설정에서 플로우, 그룹, 일정과 함께 지움" },
  role: "admin",
  effect: "change",
  key: "name",
  params: oneByName,
  result: z.null(),
  async run({ name: wanted }, { caller, changed }, port) {
    planOf(wanted, port);
    changed({ subject: wanted });
    await port.edit(() => changesWithout(planOf(wanted, port).name, port), caller.name, `processes.remove ${wanted}`);
    await port.programs.remove(wanted);
    return null;
  },
});

export const processCommands = [list, show, watch, output, follow, start, stop, restart, kill, signal, send, closeInput, clearQueue, saveQueues, loadQueues, scale, movements, create, update, remove, ...programCommands, ...flowCommands, ...groupCommands, ...scheduleCommands, ...recoveryCommands, ...settingsCommands] as const satisfies readonly CommandDefinition<ProcessesPort>[];

function dumpCommand<Name extends string>(commandName: Name, summary: { readonly en: string; readonly ko: string }, move: (engine: ProcessesPort["engine"], names: readonly string[]) => Promise<number>) {
  return define({
    name: commandName,
    summary,
    role: "operator",
    effect: "change",
    key: "name",
    params: oneOrAll,
    result: z.strictObject({ events: z.number() }),
    async run({ name: wanted }, { changed }, port) {
      changed({ subject: wanted });
      return { events: await move(port.engine, named(wanted, port)) };
    },
  });
}
