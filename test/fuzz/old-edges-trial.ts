// EventFlow's console and HTTP API of a real agent under hurt lines and requests, with real processes behind them: it must not crash, hang, grow, keep descriptors, or fail
// in a way that nobody foresaw; each line that is text has its answer, and at the end the config's file is whole and both ways tell the same.
import { once } from "node:events";
import { connect } from "node:net";
import { folder, until } from "../cli/run-dure.ts";
import { askOld, ConsoleUser, OldUser } from "../eventflow/old-user.ts";
import { Dice } from "./dice.ts";
import type { InputResult } from "./input-trial.ts";
import { mutated } from "./mutate.ts";

export const FUZZED_EDGES = ["console", "old-api"] as const;
export type FuzzedEdge = (typeof FUZZED_EDGES)[number];

const WORKERS = 12;
const ANSWER_MS = 60_000;
const MEMORY_MIB_MAX = 320;
const OPEN_FILES_MORE_MAX = 120;
/** The thread of the processes is made with the first of them, and has a loop of its own. */
const OPEN_FILES_OF_A_THREAD = 20;
const LOG_BYTES_MAX = 4 << 20;
const FAILURES_MAX = 10;
const NAMES = ["t0", "t1", "t2", "t3", "끝"];

/** Whatever they become, they harm nobody: no path, no address and no port stands in them. */
const LINES: readonly string[] = [
  ...NAMES.flatMap((name) => [`set task process:${name}:cat`, `act ${name}`, `trm ${name}`, `del task ${name}`, `set stdin ${name}:see a:b, c|d "e"`, `set recovery ${name}:x, 10:00`, `del task_queue ${name}`, `shw stdin ${name}`, `set group g|h:${name}`, `del group g:${name}`, `set schedule */5 * * * *:${name}:x, ##DATE_TIME##`, `del schedule */5 * * * *:${name}`, `sav ${name}`, `lad ${name}`]),
  "set task process:t0:cat,process:t1:\"cat -\",process:t2:sleep 1000",
  `set task process:t3:cat x.txt:x.txt:${Buffer.from("hello\n").toString("base64")}`,
  "set flow share:t0:t1|t2",
  "set flow broad:t0|t1:t2|t3,share:t3:끝",
  "del flow broad:t0|t1:t2|t3",
  "del flow share:t0:t1",
  "act t0,t1",
  "act g",
  "trm all",
  "del group g",
  "set conf kill wait time:1,recovery time out:1",
  "set conf error data file skip:True,max cmd queue size:100,scheduler run:False",
  ...["conf", "task", "flow", "group", "stdin", "schedule", "global_queue", "status", "recovery", "ready"].map((noun) => `shw ${noun}`),
  "shw task -t t0,t1 -y process -s ACT -a OK -p 1",
  "shw conf -k kill wait time -c Y",
  "shw flow -f t0 -t t1",
  "shw schedule -f */5 * * * * -t t0",
  "hlp",
  "set hlp",
  "",
];
const LINE_BYTES = LINES.map((line) => Buffer.from(line));
/** They end the connection or the agent, or ask for a password in the next line. */
const APART = /^\s*(?:q|quit|k|kil|kill|login|token)(?:\s|$)/;
const FOREIGN = /^\S+ \S+ (?:http|rtsp|sip|icap)\/\d/i;

interface OldRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

const REQUESTS: readonly OldRequest[] = [
  ...["configs", "tasks", "flows", "groups", "schedules", "global_queue", "recovery", "tasks?STATUS=ACT&TASK=t0,t1"].map((path) => ({ method: "GET", path })),
  ...NAMES.map(encodeURIComponent).flatMap((name): OldRequest[] => [
    { method: "GET", path: `tasks/${name}` },
    { method: "DELETE", path: `tasks/${name}` },
    { method: "GET", path: `tasks/${name}/status` },
    { method: "PUT", path: `tasks/${name}/status`, body: { STATUS: "act" } },
    { method: "PUT", path: `tasks/${name}/status`, body: { STATUS: "trm" } },
    { method: "DELETE", path: `tasks/${name}/queue` },
    { method: "GET", path: `tasks/${name}/queue/stdin` },
    { method: "PUT", path: `tasks/${name}/queue/stdin`, body: { MESSAGE: "see a:b, c|d" } },
    { method: "GET", path: `tasks/${name}/ready` },
  ]),
  ...NAMES.map((NAME): OldRequest => ({ method: "POST", path: "tasks", body: { TASKS: [{ TYPE: "process", NAME, COMMAND: "cat" }] } })),
  { method: "POST", path: "tasks", body: { TASKS: [{ TYPE: "process", NAME: "t3", COMMAND: "cat x.txt", FILE_NAME: "x.txt", ENC_DATA: "aGVsbG8K" }] } },
  { method: "PUT", path: "configs", body: { CONFIGS: [{ KEY: "kill wait time", VALUE: "1" }, { KEY: "recovery time out", VALUE: 1 }] } },
  { method: "GET", path: "tasks", body: { STATUS: "ACT", TASK: ["t0"] } },
  { method: "POST", path: "flows", body: { FLOWS: [{ FLOW_TYPE: "share", FLOW_FROM: "t0", FLOW_TO: "t1,t2" }] } },
  { method: "DELETE", path: "flows", body: { FLOWS: [{ FLOW_TYPE: "share", FLOW_FROM: "t0", FLOW_TO: ["t1"] }] } },
  { method: "POST", path: "groups", body: { GROUPS: [{ GROUP: "g", TASK: "t0|t1" }] } },
  { method: "DELETE", path: "groups", body: { GROUPS: [{ GROUP: "g" }] } },
  { method: "PUT", path: "groups", body: { GROUP: "g", STATUS: "trm" } },
  { method: "POST", path: "schedules", body: { SCHEDULES: [{ TIME_FORMAT: "0,30 * * * 0", TASK: "t0", MESSAGE: "x" }] } },
  { method: "DELETE", path: "schedules", body: { SCHEDULES: [{ TIME_FORMAT: "0,30 * * * 0", TASK: "t0" }] } },
  { method: "POST", path: "recovery", body: { RECOVERY: [{ TASK: "t0", MESSAGE: "x" }] } },
];
const BODIES = REQUESTS.flatMap(({ body }) => (body === undefined ? [] : [Buffer.from(JSON.stringify(body))]));

export interface OldEdgeTrial {
  readonly edge: FuzzedEdge;
  readonly messages: number;
  readonly seed: number;
  /** A drain that is cut short takes 35. */
  readonly stopSecondsMax?: number;
}

export async function oldEdgeTrial({ edge, messages, seed, stopSecondsMax = Infinity }: OldEdgeTrial): Promise<InputResult> {
  await using here = folder();
  const user = await OldUser.arrive(here);
  const { agent } = user;
  const failures: string[] = [];
  const counts: Record<string, number> = {};
  let sent = 0;
  let [memoryMiB, openFiles] = [0, 0];
  const openAtFirst = agent.openFiles() ?? 0;
  const look = (): void => {
    memoryMiB = Math.max(memoryMiB, agent.memoryMiB() ?? 0);
    openFiles = Math.max(openFiles, agent.openFiles() ?? 0);
  };
  const watch = setInterval(look, 200);
  const startedAt = performance.now();
  try {
    await user.does("set task process:t0:cat,process:t1:cat", "act all");
    const burst = edge === "console" ? consoleBurst : oldApiBurst;
    await Promise.all(
      Array.from({ length: WORKERS }, async (_, worker) => {
        for (let turn = 0; sent < messages && failures.length < FAILURES_MAX; turn += 1) {
          const own = seed + worker * 1_000_003 + turn;
          const { count, outcome, problem } = await burst(user, new Dice(own));
          sent += count;
          counts[outcome] = (counts[outcome] ?? 0) + 1;
          if (problem !== undefined) failures.push(`dice ${own}: ${problem}`);
        }
      }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    // Afterwards it is asked as by anybody: both ways say the same, and what was written is a config.
    const [told, shown] = [((await user.ask("GET", "tasks")).body["TASKS"] ?? []).length, (await user.say("shw task")).join("\n")];
    for (const { NAME = "" } of (await user.ask("GET", "tasks")).body["TASKS"] ?? []) if (NAME.length < 20 && !shown.includes(NAME)) failures.push(`the console does not show ${NAME}`);
    user.leave();
    const validated = await here.dure(["validate", "dure.yml", "--lang", "en"]);
    if (validated.code !== 0) failures.push(`the config is not valid afterwards: ${validated.stdout.slice(0, 1000)}${validated.stderr.slice(0, 1000)}`);
    const perProcess = 12;
    await until(() => (agent.openFiles() ?? 0) <= openAtFirst + OPEN_FILES_OF_A_THREAD + perProcess * told, "the agent lets go of the connections").catch(() => failures.push(`${agent.openFiles()} descriptors stay open; ${openAtFirst} were at first`));
    look();
    const log = agent.log();
    const stoppingAt = performance.now();
    await agent.stop();
    const [settledSeconds, stopSeconds] = [(stoppingAt - startedAt) / 1000 - seconds, (performance.now() - stoppingAt) / 1000];
    if (MEMORY_MIB_MAX < memoryMiB) failures.push(`resident memory reached ${memoryMiB.toFixed(0)} MiB; ${MEMORY_MIB_MAX} are allowed`);
    if (openAtFirst + OPEN_FILES_MORE_MAX < openFiles) failures.push(`${openFiles} descriptors were open at once; ${openAtFirst} were at first`);
    if (LOG_BYTES_MAX < log.length) failures.push(`the log has ${log.length} bytes`);
    if (stopSecondsMax < stopSeconds) failures.push(`the stop took ${stopSeconds.toFixed(0)} s: ${agent.log().slice(log.length).slice(-3000)}`);
    const errors = log.split("\n").filter((line) => / ERROR /.test(line) && !/ends again and again/.test(line)); // What a hurt command becomes may well do that.
    if (0 < errors.length) failures.push(`the log has ${errors.length} errors: ${errors.slice(0, 5).join("\n").slice(0, 2000)}`);
    return { failures, detail: `${Math.round(sent / seconds)} a second; ${JSON.stringify(counts)}; RSS ${memoryMiB.toFixed(0)} MiB, ${openFiles} descriptors at most; ${log.length} bytes of log; quiet after ${settledSeconds.toFixed(1)} s, stopped in ${stopSeconds.toFixed(1)} s` };
  } catch (error) {
    return { failures: [...failures, `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${agent.log().slice(-3000)}`], detail: `${sent} messages` };
  } finally {
    clearInterval(watch);
    user.leave();
  }
}

interface Burst {
  readonly count: number;
  readonly outcome: string;
  readonly problem?: string;
}

/** Lines of one connection: whole text is answered line by line; other bytes may end it, and who leaves in the middle is nobody's trouble. */
async function consoleBurst({ consolePort }: OldUser, dice: Dice): Promise<Burst> {
  const count = 1 + dice.below(12);
  const lines = Array.from({ length: count }, () => (dice.chance(0.25) ? dice.pick(LINE_BYTES) : mutated(dice.pick(LINE_BYTES), LINE_BYTES, dice)));
  if (dice.chance(0.3)) {
    // As it lies on the wire, and cut where chance has it.
    const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]));
    if (bytes.toString("latin1").split(/[\r\n\0]/).some((line) => APART.test(line.replaceAll(/[^ -~]/g, "")))) return { count: 0, outcome: "left out" };
    const socket = connect({ port: consolePort, host: "127.0.0.1" }).on("error", () => {});
    socket.resume();
    await once(socket, "connect");
    socket.write(bytes.subarray(0, dice.below(bytes.length + 1)));
    if (dice.chance(0.5)) socket.destroy();
    else socket.end();
    await Promise.race([once(socket, "close"), new Promise((resolve) => setTimeout(resolve, ANSWER_MS).unref())]).catch(() => {});
    const isClosed = socket.closed || socket.destroyed;
    socket.destroy();
    return { count, outcome: "cut", ...(isClosed ? {} : { problem: "a connection that was ended stays open" }) };
  }
  const texts = lines.map((line) => line.toString("utf8").replaceAll(/[\r\n\0\b\u007f\ufffd\u00ff]/g, "")).filter((text) => !APART.test(text));
  if (FOREIGN.test(texts[0] ?? "")) return { count: 0, outcome: "left out" };
  const person = await ConsoleUser.connect(consolePort);
  try {
    person.socket.write(texts.map((text) => `${text}\n`).join(""));
    for (const text of texts) {
      const answer = await within(person.answer(), `no answer to ${JSON.stringify(text.slice(0, 300))}`);
      const problem = problemOf(answer.join("\n"));
      if (problem !== undefined) return { count, outcome: "text", problem: `${JSON.stringify(text.slice(0, 300))}: ${problem}: ${answer.join("\n").slice(0, 500)}` };
    }
    return { count, outcome: "text" };
  } catch (error) {
    return { count, outcome: "text", problem: `${String(error)}; lines: ${JSON.stringify(texts).slice(0, 1500)}` };
  } finally {
    person.close();
  }
}

async function oldApiBurst({ httpPort }: OldUser, dice: Dice): Promise<Burst> {
  const { method, path, body } = dice.pick(REQUESTS);
  const text = body === undefined ? Buffer.alloc(0) : dice.chance(0.25) ? Buffer.from(JSON.stringify(body)) : mutated(Buffer.from(JSON.stringify(body)), BODIES, dice);
  if (dice.chance(0.2)) {
    const whole = Buffer.concat([Buffer.from(`${method} /api/v1/${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: ${text.length}\r\n\r\n`), text]);
    const socket = connect({ port: httpPort, host: "127.0.0.1" }).on("error", () => {});
    await once(socket, "connect");
    let said = "";
    socket.setEncoding("utf8").on("data", (part: string) => (said += part));
    socket.end(mutated(whole, [whole], dice));
    await Promise.race([once(socket, "close"), new Promise((resolve) => setTimeout(resolve, ANSWER_MS).unref())]).catch(() => {});
    const isClosed = socket.destroyed;
    socket.destroy();
    const problem = !isClosed ? "a request that was ended stays open" : /^HTTP\/1\.1 5/.test(said) && !/^HTTP\/1\.1 50[13]/.test(said) ? "status 5xx" : problemOf(said);
    return { count: 1, outcome: "outside", ...(problem === undefined ? {} : { problem: `${JSON.stringify(whole.toString("latin1")).slice(0, 500)}: ${problem}: ${said.slice(0, 500)}` }) };
  }
  const hurtPath = dice.chance(0.2) ? mutated(Buffer.from(path), [Buffer.from("tasks/t0/queue/stdin")], dice).toString("latin1").replaceAll(/[^!-~]/g, "%") : path;
  try {
    const { status, text: said } = await within(askRaw(httpPort, method, `/api/v1/${hurtPath}`, text), "no answer");
    const problem = 500 <= status && status !== 503 ? `status ${status}` : problemOf(said);
    return { count: 1, outcome: String(status), ...(problem === undefined ? {} : { problem: `${method} ${hurtPath} ${text.toString("latin1").slice(0, 500)}: ${problem}: ${said.slice(0, 500)}` }) };
  } catch (error) {
    return { count: 1, outcome: "none", problem: `${method} ${hurtPath} ${text.toString("latin1").slice(0, 500)}: ${String(error)}` };
  }
}

function askRaw(port: number, method: string, path: string, body: Buffer): ReturnType<typeof askOld> {
  return askOld(port, method, path, body.length === 0 ? undefined : body);
}

/** Why an answer is not as it should be. */
function problemOf(text: string): string | undefined {
  if (/\n\s+at .*\(|node_modules|\.ts:\d|file:\/\/\//.test(text)) return "it holds a stack or a path of ours";
  if (/inside the agent|에이전트 내부/.test(text)) return "a failure that nobody foresaw";
  return undefined;
}

function within<Result>(work: Promise<Result>, what: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error(`${what} within ${ANSWER_MS} ms`)), ANSWER_MS)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
