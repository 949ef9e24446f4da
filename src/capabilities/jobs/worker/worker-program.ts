// The worker: one event loop with as many jobs under way as the agent gives it. It decides nothing: it runs, and says what came of it.
import { AsyncLocalStorage } from "node:async_hooks";
import { formatWithOptions } from "node:util";
import { toError } from "#base/errors.ts";
import type { RuleContext, NoticeText } from "#sdk/rule.ts";
import { Tap } from "../tap.ts";
import { bytesAbove } from "../text-bytes.ts";
import type { FromWorker, ToWorker } from "../worker-protocol.ts";
import { endsWithUs } from "./agent-watch.ts";
import { JobVoice, LOG_CHARACTERS_MAX } from "./job-voice.ts";
import type { LogLevel } from "./job-voice.ts";
import type { OwnThreads } from "./own-threads.ts";
import { givenBy } from "#sdk/rule-result.ts";
import { loadRulesFolder } from "./rules-folder.ts";
import type { LoadedRule } from "./rules-folder.ts";
import { timeMs } from "./rule-facts.ts";
import { withoutSecretsOf } from "./secret-words.ts";

export interface WorkerOptions {
  readonly rulesDir: string;
  readonly resultBytesMax: number;
  readonly line: Line;
  /** Runs rules that compute in threads of their own; undefined: this is one. */
  readonly threads?: OwnThreads;
  /** Files of the rules folder that are left out, and why. */
  readonly unloadable?: ReadonlyMap<string, string>;
  /** The agent is gone and has not said that it goes. */
  readonly abandoned?: () => void;
}

/** How it speaks with whoever gives it jobs. */
export interface Line {
  /** Whole lines. */
  write(text: string): void;
  read(each: (line: string) => void, ended: () => void): void;
  /** When all is written. */
  end(done: () => void): void;
}

const BEAT_MS = 1000;
const STACK_CHARACTERS_MAX = 8000;
const MESSAGE_CHARACTERS_MAX = 8000;
const KIND_CHARACTERS_MAX = 200;

interface Job {
  readonly number: number;
  readonly voice: JobVoice;
  /** Made when the rule first asks for its signal: most never do. */
  controller: AbortController | undefined;
  cancelled: Error | undefined;
}

/** Resolves when the agent has nothing more, and all has ended. */
export async function runWorker({ rulesDir, resultBytesMax, line, threads, abandoned, unloadable }: WorkerOptions): Promise<void> {
  const current = new AsyncLocalStorage<Job>();
  const jobs = new Map<number, Job>();
  let waiting: string[] = [];
  let isDraining = false;
  const flush = (): void => {
    const lines = waiting;
    waiting = [];
    line.write(`${lines.join("\n")}\n`);
  };
  const sayLine = (text: string): void => {
    if (waiting.push(text) === 1) setImmediate(flush);
  };
  const say = (message: FromWorker): void => sayLine(JSON.stringify(message));
  const nobodys = new Tap((text) => say({ type: "log", level: "warn", text }));
  printInto((level, text) => {
    const job = current.getStore();
    if (job !== undefined) job.voice.print(level, text);
    else if (nobodys.mayPass()) say({ type: "log", level, text: text.slice(0, LOG_CHARACTERS_MAX) });
  });

  // Past what waits for the end of the turn: the turn may have none.
  const { rules, problems } = await loadRulesFolder(rulesDir, { loading: (file) => line.write(`${JSON.stringify({ type: "loading", file } satisfies FromWorker)}\n`), ...(unloadable === undefined ? {} : { unloadable }) });
  say({ type: "ready", pid: process.pid, rules: [...rules.values()].map(({ facts }) => facts), problems });
  const beat = setInterval(() => say({ type: "beat", jobs: jobs.size, memoryBytes: process.memoryUsage.rss() }), BEAT_MS);

  const fail = (job: Job, thrown: unknown): void => {
    try {
      sayFailed(job, thrown);
    } catch {
      // A getter of what was thrown throws itself.
      say({ type: "failed", job: job.number, error: { kind: "Error", message: "it threw something that cannot be read" } });
    }
  };
  const sayFailed = (job: Job, thrown: unknown): void => {
    const { name: kind, message, stack } = toError(thrown);
    const { isFinal, after } = (typeof thrown === "object" && thrown !== null ? thrown : {}) as { isFinal?: unknown; after?: unknown };
    const retryAfterMs = after === undefined ? undefined : whenOf(after);
    const { shown } = job.voice;
    say({ type: "failed", job: job.number, error: { kind: shown(String(kind), KIND_CHARACTERS_MAX), message: shown(String(message), MESSAGE_CHARACTERS_MAX), ...(stack === undefined ? {} : { stack: shown(ownStack(String(stack)), STACK_CHARACTERS_MAX) }), ...(isFinal === true ? { isFinal } : {}), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } });
  };
  const finish = (job: Job, value: unknown): void => {
    let given: ReturnType<typeof givenBy>;
    try {
      given = givenBy(value);
    } catch (error) {
      return say({ type: "failed", job: job.number, error: { kind: "INVALID_RESULT", message: `what it gave back cannot be written as JSON: ${toError(error).message.split("\n", 1)[0] ?? ""}`, isFinal: true } });
    }
    const { result, text } = given;
    const bytes = bytesAbove(resultBytesMax, result);
    if (bytes !== undefined) return say({ type: "failed", job: job.number, error: { kind: "TOO_LARGE", message: `its result has ${bytes} bytes; ${resultBytesMax} are allowed`, isFinal: true } });
    sayLine(`{"type":"done","job":${job.number},${text === undefined ? "" : `"text":${JSON.stringify(text)},`}"result":${result}}`);
  };
  const ended = (job: Job): void => {
    jobs.delete(job.number);
    job.voice.end();
    if (isDraining && jobs.size === 0) end();
  };

  const run = (message: Extract<ToWorker, { readonly type: "run" }>): void => {
    const rule = rules.get(message.rule);
    const job: Job = { number: message.job, voice: new JobVoice(message.job, say, withoutSecretsOf(message.data, rule?.facts.secrets)), controller: undefined, cancelled: undefined };
    jobs.set(job.number, job);
    if (rule?.facts.ownThread === true && threads !== undefined) return threads.run(message, sayLine, () => ended(job));
    if (rule === undefined) {
      say({ type: "failed", job: job.number, error: { kind: "NO_RULE", message: `there is no rule ${message.rule}`, isFinal: true } });
      return ended(job);
    }
    current.run(job, () => {
      let value: unknown;
      let isPending: boolean;
      try {
        value = call(rule, message, job);
        isPending = isThenable(value);
      } catch (thrown) {
        fail(job, thrown);
        return ended(job);
      }
      if (!isPending) {
        finish(job, value);
        return ended(job);
      }
      // Its `then` may be anybody's: only a promise of our own answers once. What a timer of the rule has failed meanwhile is answered already.
      void Promise.resolve(value).then((given) => jobs.has(job.number) && finish(job, given), (thrown: unknown) => jobs.has(job.number) && fail(job, thrown)).then(() => jobs.has(job.number) && ended(job));
    });
  };
  const end = (): void => {
    clearInterval(beat);
    if (0 < waiting.length) flush();
    line.end(() => process.exit(0));
  };

  process.on("uncaughtException", (error) => {
    const job = current.getStore();
    if (job !== undefined && jobs.has(job.number)) {
      // Thrown where nobody waits, in a timer of the rule: what it holds open may be anything, so its result counts no more.
      fail(job, error);
      ended(job);
    } else say({ type: "log", level: "error", text: `thrown outside of any job: ${error.stack ?? error.message}`.slice(0, LOG_CHARACTERS_MAX) });
  });
  line.read((text) => {
    const message = JSON.parse(text) as ToWorker;
    if (message.type === "run") return run(message);
    if (message.type === "beside") return endsWithUs("python", message.pid);
    if (message.type === "cancel") threads?.cancel(message);
    if (message.type === "cancel") return cancel(jobs.get(message.job), message.why);
    isDraining = true;
    if (jobs.size === 0) end();
  }, () => {
    if (!isDraining) abandoned?.();
    isDraining = true;
    if (jobs.size === 0) end();
  });
}

function cancel(job: Job | undefined, why: string): void {
  if (job === undefined) return;
  job.cancelled = new Error(why === "timeout" ? "its time is over" : "it was cancelled");
  job.controller?.abort(job.cancelled);
}

function call(rule: LoadedRule, { id, attempt, key, data }: Extract<ToWorker, { readonly type: "run" }>, job: Job): unknown {
  const { voice } = job;
  const context: RuleContext = {
    id,
    attempt,
    key,
    get signal() {
      job.controller ??= new AbortController();
      if (job.cancelled !== undefined) job.controller.abort(job.cancelled);
      return job.controller.signal;
    },
    get log() {
      return voice.log;
    },
    progress: (share: number, text?: string): void => voice.progress(share, text),
    mark: (name: string, text?: string): void => voice.mark(name, text),
    notify: (notifier: string, notice: string | NoticeText): void => voice.notify(notifier, notice),
  };
  const { schema } = rule;
  if (schema === undefined) return rule.call(data, context);
  const checked = schema.safeParse(data);
  if (checked.success) return rule.call(checked.data, context);
  const issues = checked.error.issues.map(({ path, message }) => `${path.length === 0 ? "data" : path.join(".")}: ${message}`);
  throw Object.assign(new Error(issues.join("; ")), { name: "INVALID_DATA", isFinal: true, stack: undefined });
}

const OURS = new URL(".", import.meta.url).href;

/** Without the frames below the rule: they are the worker's, and the same in each. */
function ownStack(stack: string): string {
  const lines = stack.split("\n");
  const end = lines.findIndex((line) => /^\s+at /u.test(line) && line.includes(OURS));
  return end < 1 ? stack : lines.slice(0, end).join("\n");
}

function whenOf(after: unknown): number | undefined {
  try {
    return typeof after === "string" || typeof after === "number" ? timeMs(after) : undefined;
  } catch {
    return undefined;
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** Whatever a rule prints is told of its job, and never gets between the lines of the protocol. */
function printInto(tell: (level: LogLevel, text: string) => void): void {
  const at = (level: LogLevel) => (...values: readonly unknown[]): void => tell(level, formatWithOptions({ colors: false }, ...values));
  Object.assign(console, { log: at("info"), info: at("info"), debug: at("debug"), warn: at("warn"), error: at("error"), trace: at("warn") });
  const write = (level: "info" | "error") => (chunk: unknown, encoding?: unknown, done?: unknown): boolean => {
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString("utf8");
    tell(level, text.endsWith("\n") ? text.slice(0, -1) : text);
    const callback = typeof encoding === "function" ? encoding : done;
    if (typeof callback === "function") process.nextTick(callback as () => void);
    return true;
  };
  process.stdout.write = write("info") as typeof process.stdout.write;
  process.stderr.write = write("error") as typeof process.stderr.write;
}
