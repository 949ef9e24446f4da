// Recoveries: a second, private instance of a process gets one message, while the first goes on. What it prints goes to those behind the process, as what the
// first prints does; queues, journal and restarts have no part in it. Which there were stands in a small file; one that ran when the agent ended has failed.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { ChildEnd, ChildTree } from "#base/child/child-tree.ts";
import type { Clock } from "#base/clock.ts";
import { systemCode, toError } from "#base/errors.ts";
import { localStamp } from "#base/local-time.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { ProcessPlan } from "#kernel/config/process-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import { linesOf } from "./lines-of.ts";
import type { Recovery } from "./processes.ts";

/** Of the flows' contract (`flows/contract.ts`), what is needed here. */
export interface RecoveryContract {
  /** False: the event is done when the child has ended by itself, after its input was closed. */
  readonly isAcked: boolean;
  written(event: { readonly id: string; readonly line: Buffer; readonly attempt: number }): Buffer;
  ofStdout(line: Buffer, event: { readonly id: string; readonly line: Buffer; readonly attempt: number } | undefined): { readonly is: string };
  ofStderr(line: Buffer, event: { readonly id: string; readonly line: Buffer; readonly attempt: number } | undefined): { readonly is: string };
}

export interface RecoveriesParts {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Now, for a recovery goes by the settings of when it began. */
  settings(): { readonly timeoutMs: number; readonly keepMs: number };
  /** Starts the process with pipes, apart from its instances. */
  startApart(plan: ProcessPlan): Promise<ChildTree>;
  contractOf(plan: ProcessPlan): RecoveryContract;
  /** As the process reads it. */
  encode(message: string, plan: ProcessPlan): Buffer;
  /** A line that it printed, for those behind the process; waits while their queues are full. */
  result(plan: ProcessPlan, line: Buffer, signal: AbortSignal): Promise<void>;
  /** A line for people. */
  say?(plan: ProcessPlan, line: Buffer): void;
  onEnd?(recovery: Recovery): void;
}

/** As EventFlow waited: ten times a tenth of a second. */
const READY_MS = 1000;
const NAME_LENGTH_MAX = 200;
const KEPT_MAX = 1000;

export class Recoveries {
  readonly #parts: RecoveriesParts;
  readonly #closing = new AbortController();
  readonly #underWay = new Map<string, Promise<void>>();
  /** The newest last. */
  #entries: Recovery[];

  constructor(parts: RecoveriesParts) {
    this.#parts = parts;
    const now = parts.clock.now();
    this.#entries = readEntries(parts).map((entry) => (entry.state === "running" ? { ...entry, state: "FAIL", endMs: now } : entry));
    this.#forget();
  }

  /** The newest first. */
  list(): readonly Recovery[] {
    this.#forget();
    return this.#entries.toReversed();
  }

  /** Begins one, and gives it as it is then. Throws CONFLICT while the process has another. */
  start(plan: ProcessPlan, message: string): Recovery {
    if (this.#underWay.has(plan.name)) {
      throw new CommandFailure("CONFLICT", {
        message: `a recovery of ${plan.name} is under way`,
        hint: "Wait until it has ended: `dure recoveries list`.",
        ko: { message: `${plan.name} 프로세스의 복구가 진행 중입니다`, hint: "끝날 때까지 기다리세요: `dure recoveries list`" },
      });
    }
    this.#forget();
    const startMs = this.#parts.clock.now();
    const entry: Recovery = { name: this.#nameOf(plan.name, message, startMs), process: plan.name, message, startMs, endMs: null, state: "running" };
    this.#entries.push(entry);
    this.#save();
    const work = this.#run(plan, entry).then((state) => {
      this.#underWay.delete(plan.name);
      this.#end(entry, state);
    });
    this.#underWay.set(plan.name, work);
    return entry;
  }

  /** Ends what is under way; it has failed then. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#underWay.values());
  }

  async #run(plan: ProcessPlan, entry: Recovery): Promise<Recovery["state"]> {
    const { clock, log, startApart, settings } = this.#parts;
    const over = new AbortController();
    const abort = (): void => over.abort();
    this.#closing.signal.addEventListener("abort", abort);
    const starting = startApart(plan);
    let hasBegun = false;
    try {
      const child = await Promise.race([starting, clock.pause(READY_MS, over.signal)]);
      if (child === undefined || child.pid === undefined || over.signal.aborted) {
        const error = child === undefined ? new Error(`not ready within ${READY_MS} ms`) : child.pid === undefined ? (await child.ended).error : undefined;
        if (error !== undefined) log.warn("a recovery could not start", { process: plan.name, error });
        return "FAIL";
      }
      hasBegun = true;
      const timeout = clock.pause(settings().timeoutMs, over.signal).then((): Recovery["state"] => (this.#closing.signal.aborted ? "FAIL" : "TIME_OUT"));
      const state = await Promise.race([this.#handle(plan, entry, child, over.signal), timeout]);
      over.abort();
      await child.end(plan.stop);
      return state;
    } catch (error) {
      log.warn("a recovery failed", { process: plan.name, error });
      return "FAIL";
    } finally {
      this.#closing.signal.removeEventListener("abort", abort);
      over.abort();
      // One that came up after all is nobody's.
      if (!hasBegun) void starting.then((child) => child.end({ signal: "SIGKILL", waitMs: 0 })).catch(() => {});
    }
  }

  /** Gives it the message and waits until that is done, and all it printed has gone where it goes. */
  async #handle(plan: ProcessPlan, entry: Recovery, child: ChildTree, signal: AbortSignal): Promise<"done" | "FAIL"> {
    const { contractOf, encode, result, say, clock } = this.#parts;
    const contract = contractOf(plan);
    let event: Parameters<RecoveryContract["written"]>[0] | undefined = { id: entry.name, line: encode(entry.message, plan), attempt: 1 };
    const acked = Promise.withResolvers<"ack" | "nack">();
    const settle = (is: string): void => {
      if (is !== "ack" && is !== "nack" && is !== "result-ack") return;
      event = undefined;
      acked.resolve(is === "nack" ? "nack" : "ack");
    };
    const reading = Promise.all([
      eachLine(child.stdout, plan.lineBytesMax, signal, async (line) => {
        const { is } = contract.ofStdout(line, event);
        if (is === "result" || is === "result-ack") await result(plan, line, signal);
        settle(is);
      }),
      eachLine(child.stderr, plan.lineBytesMax, signal, async (line) => {
        const { is } = contract.ofStderr(line, event);
        if (is === "message") say?.(plan, line);
        settle(is);
      }),
    ]);
    // What fails to read or to hand on fails the recovery; until it is waited for, it is nobody's.
    reading.catch(() => {});
    child.stdin?.on("error", () => {}); // It has gone: its end says so.
    child.stdin?.write(contract.written(event));
    if (!contract.isAcked) child.stdin?.end();
    const first = await Promise.race([acked.promise, child.ended, reading.then(() => child.ended)]);
    if (typeof first === "string") {
      // It has done what it was asked; the rest of what it prints is waited for as long as an end may take.
      child.stdin?.end();
      await Promise.race([child.ended, clock.pause(plan.stop.waitMs, signal)]);
    }
    await child.end(plan.stop); // What it has started and left behind would hold the streams open.
    await reading;
    if (typeof first === "string") return first === "ack" ? "done" : "FAIL";
    return !contract.isAcked && isWell(first) ? "done" : event === undefined ? "done" : "FAIL";
  }

  #end(entry: Recovery, state: Recovery["state"]): void {
    const ended: Recovery = { ...entry, state, endMs: this.#parts.clock.now() };
    this.#entries = this.#entries.map((each) => (each === entry ? ended : each));
    this.#save();
    this.#parts.onEnd?.(ended);
  }

  /** `process-message-YYYYMMDDHHMMSS`. */
  #nameOf(process: string, message: string, atMs: number): string {
    const name = `${process}-${message.slice(0, NAME_LENGTH_MAX)}-${localStamp(atMs)}`;
    const taken = new Set(this.#entries.map((each) => each.name));
    let unique = name;
    for (let count = 2; taken.has(unique); count += 1) unique = `${name}-${count}`;
    return unique;
  }

  #forget(): void {
    const oldest = this.#parts.clock.now() - this.#parts.settings().keepMs;
    const kept = this.#entries.filter(({ endMs }) => endMs === null || oldest < endMs).slice(-KEPT_MAX);
    if (kept.length === this.#entries.length) return;
    this.#entries = kept;
    this.#save();
  }

  #save(): void {
    const { file, log } = this.#parts;
    try {
      writeFileSync(`${file}.new`, JSON.stringify(this.#entries), { flush: true });
      renameSync(`${file}.new`, file);
    } catch (error) {
      log.warn("recoveries could not be kept", { file, error });
    }
  }
}

function isWell({ code, error }: ChildEnd): boolean {
  return error === undefined && code === 0;
}

async function eachLine(stream: ChildTree["stdout"], bytesMax: number, signal: AbortSignal, take: (line: Buffer) => Promise<void>): Promise<void> {
  if (stream === null) return;
  try {
    for await (const line of linesOf(stream, bytesMax)) {
      if (signal.aborted) return;
      await take(line);
    }
  } catch (error) {
    if (!signal.aborted) throw toError(error);
  }
}

const STATES: readonly string[] = ["running", "done", "FAIL", "TIME_OUT"] satisfies Recovery["state"][];

function readEntries({ file, log }: RecoveriesParts): Recovery[] {
  try {
    const read: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(read) ? read.filter(isRecovery) : [];
  } catch (error) {
    if (systemCode(error) !== "ENOENT") log.warn("recoveries cannot be read; they are forgotten", { file, error });
    return [];
  }
}

function isRecovery(value: unknown): value is Recovery {
  if (typeof value !== "object" || value === null) return false;
  const { name, process, message, startMs, endMs, state } = value as Partial<Recovery>;
  return [name, process, message].every((text) => typeof text === "string") && typeof startMs === "number" && (endMs === null || typeof endMs === "number") && STATES.includes(state ?? "");
}
