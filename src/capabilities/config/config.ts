// The config of a running agent: the one way in which the agent goes over to another one, whoever asks for it: a command, the watched file, the
// dashboard's editor. One after the other; what became of it is told to whoever wants to know. It is loaded into every agent: what
// reads configs belongs into the process behind `ConfigWorker`.
import { toldOf, UsageError } from "#base/errors.ts";
import { say } from "#base/lang.ts";
import { Turns } from "#base/turns.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { PlanDifference, Reloaded } from "#kernel/config/plan-difference.ts";
import type { Problem } from "#kernel/config/problem.ts";
import type { Log } from "#sdk/plugin.ts";
import type { ConfigWorker } from "./config-worker.ts";
import type { Kept } from "./config-questions.ts";

export interface ConfigParts {
  readonly worker: ConfigWorker;
  readonly log: Log;
  /** What runs, and the hash of the text that it was made of, where that is known. */
  readonly plan: AgentPlan;
  readonly hash: string | undefined;
  /** That text, as base64. */
  readonly bytes?: string | undefined;
  /** The agent goes over to another plan, or says why it stays with what it has. */
  goOver(plan: AgentPlan): Promise<Reloaded>;
  compare(plan: AgentPlan): PlanDifference;
}

/** What became of a config. */
export interface ConfigFact {
  readonly what: "running" | "applied" | "reverted" | "refused";
  /** Who had the agent go over to it; `file`: nobody asked, the file had changed. */
  readonly who: string;
  /** The text was written in the file by whomever, and not applied. */
  readonly isByHand: boolean;
  readonly kept: Kept;
  readonly note?: string;
  /** Of a refused one. */
  readonly problem?: string;
  /** Of one that the agent went over to. */
  readonly reloaded?: Reloaded;
}

/** So many problems are said in a log. */
const PROBLEMS_SAID_MAX = 10;

export class RunningConfig {
  readonly file: string;
  readonly dataDir: string;
  readonly worker: ConfigWorker;
  readonly log: Log;
  readonly #parts: ConfigParts;
  readonly #turns = new Turns();
  readonly #listeners = new Set<(fact: ConfigFact) => Promise<void>>();
  #telling: Promise<unknown> = Promise.resolve();
  #hash: string | undefined;
  /** Of what the agent was started with, until it was told. */
  #bytes: string | undefined;
  #start: Promise<void> | undefined;

  constructor(parts: ConfigParts) {
    this.file = parts.plan.configFile;
    this.dataDir = parts.plan.dataDir;
    this.worker = parts.worker;
    this.log = parts.log;
    this.#parts = parts;
    this.#hash = parts.hash;
    this.#bytes = parts.bytes;
  }

  /** Of the text that runs; undefined where it was never read. */
  get runningHash(): string | undefined {
    return this.#hash;
  }

  compare(plan: AgentPlan): PlanDifference {
    return this.#parts.compare(plan);
  }

  /** Told what became of each config from now on, one after the other. */
  follow(listener: (fact: ConfigFact) => Promise<void>): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Nobody else changes the config, or what runs, meanwhile. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const end = await this.#turns.take();
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** What the file says now, as something that may run. Rejects with CONFIG_INVALID. */
  async plan(): Promise<{ readonly plan: AgentPlan; readonly hash: string | undefined }> {
    const { plan, problems, hash } = await this.worker.ask({ type: "plan", file: this.file, dataDir: this.dataDir });
    if (plan === undefined) throw invalidConfig(problems);
    return { plan, hash };
  }

  /** What a reload would change. */
  async difference(): Promise<PlanDifference> {
    return this.compare((await this.plan()).plan);
  }

  /** Goes over to what the file says now. */
  reload(who: string): Promise<Reloaded> {
    return this.inTurn(async () => {
      void this.tellStarted(); // While what the agent was started with is known.
      const { plan, hash } = await this.plan();
      return this.#reloadTo(plan, hash, who);
    });
  }

  /** The same when the file, or what it was made of, has changed; nobody looks on, so problems are said in the log. Gives the files to watch from now on. */
  reloadChanged(before: readonly string[]): Promise<readonly string[]> {
    return this.inTurn(async () => {
      try {
        void this.tellStarted();
        const { plan, problems, hash, filesRead } = await this.worker.ask({ type: "plan", file: this.file, dataDir: this.dataDir });
        if (plan === undefined) {
          const said = problems.filter(({ severity }) => severity === "error").slice(0, PROBLEMS_SAID_MAX);
          this.log.error("the changed config has errors; the config before runs on", { problems: said.map(({ place, text, code }) => `${place.file}:${place.line}:${place.column} ${say(text)} (${code})`) });
          // Where a config cannot be read to its end, what the one before was made of may be what has to be put right.
          return [...new Set([...filesRead, ...before])];
        }
        // What was written by an apply runs already, and so does what was put back.
        const { changed, added, removed, atOnce, processes } = this.compare(plan);
        const isRunning = hash !== undefined && hash === this.#hash && [changed, added, removed, atOnce, processes.changed, processes.added, processes.removed].every((names) => names.length === 0);
        if (isRunning) this.log.debug("the config's file has changed; what it says runs already");
        else await this.#reloadTo(plan, hash, "file");
        return plan.filesRead;
      } catch (error) {
        this.log.error("the changed config could not be read; the config before runs on", { error });
        return before;
      }
    });
  }

  /** Within a turn; whoever asks tells what became of it. */
  async goOver(plan: AgentPlan, hash: string | undefined): Promise<Reloaded> {
    const reloaded = await this.#parts.goOver(plan).catch((error: unknown) => {
      // What the config asks for cannot be had now, as a port that is taken: who asked has given nothing wrong.
      throw error instanceof UsageError ? new CommandFailure("CONFLICT", toldOf(error), { cause: error }) : error;
    });
    if (reloaded.problem === undefined) this.#hash = hash;
    return reloaded;
  }

  /** Resolves when all who follow have heard it. */
  tell(fact: ConfigFact): Promise<void> {
    return this.#inOrder(async () => {
      for (const listener of this.#listeners) await listener(fact).catch((error: unknown) => this.log.warn("what became of the config could not be kept", { error }));
    });
  }

  /** Tells once what the agent was started with, whatever stands in the file by now. */
  tellStarted(): Promise<void> {
    if (this.#start === undefined) {
      this.#start = this.#tellOfFile({ what: "running", who: "file", isByHand: true }, this.#hash, this.#bytes);
      this.#bytes = undefined;
    }
    return this.#start;
  }

  /** The text of the file as it is now, with its secrets hidden. */
  read(): Promise<Kept> {
    return this.#readText(undefined);
  }

  /** Of the text with this hash, when it was read lately, or of these bytes. */
  async #readText(hash: string | undefined, bytes?: string): Promise<Kept> {
    const kept = await this.worker.ask({ type: "read", file: this.file, dataDir: this.dataDir, hash, bytes });
    if ("masked" in kept) return kept;
    throw new CommandFailure("CONFLICT", { message: `${this.file} cannot be read (${kept.errorCode})`, hint: "The config before runs on.", ko: { message: `${this.file} 파일을 읽을 수 없습니다 (${kept.errorCode})`, hint: "이전 설정이 계속 실행됩니다." } });
  }

  async #reloadTo(plan: AgentPlan, hash: string | undefined, who: string): Promise<Reloaded> {
    const reloaded = await this.goOver(plan, hash);
    const { problem } = reloaded;
    // Whoever waits for the reload need not wait for this.
    void this.#tellOfFile({ what: problem === undefined ? "running" : "refused", who, isByHand: true, reloaded, ...(problem === undefined ? {} : { problem }) }, hash);
    return reloaded;
  }

  #tellOfFile(fact: Omit<ConfigFact, "kept">, hash: string | undefined, bytes?: string): Promise<void> {
    return this.#inOrder(async () => {
      if (this.#listeners.size === 0) return;
      const kept = await this.#readText(hash, bytes).catch((error: unknown) => {
        if (this.#listeners.size === 0) return undefined; // The agent is ending.
        throw error;
      });
      if (kept === undefined) return;
      // Somebody may have written again meanwhile: that text is another matter.
      if (kept.hash === hash) for (const listener of this.#listeners) await listener({ ...fact, kept });
    }).catch((error: unknown) => this.log.warn("what became of the config could not be kept", { error }));
  }

  #inOrder(work: () => Promise<void>): Promise<void> {
    const mine = this.#telling.then(work);
    this.#telling = mine.catch(() => {});
    return mine;
  }
}

/** The words are those of the first error; `details` has all of them with their places. */
export function invalidConfig(problems: readonly Problem[]): CommandFailure {
  const errors = problems.filter(({ severity }) => severity === "error");
  const [first] = errors;
  const where = first === undefined ? "" : ` (${first.code}, ${first.place.line}:${first.place.column})`;
  return new CommandFailure(
    "CONFIG_INVALID",
    {
      message: `the config has ${errors.length} error${errors.length === 1 ? "" : "s"}${where}`,
      hint: "`dure validate` shows each with its place; what runs is not touched.",
      ko: { message: `설정에 오류가 ${errors.length}개 있습니다${where}`, hint: "`dure validate`로 위치를 확인하세요. 실행 중인 설정은 그대로입니다." },
    },
    { details: { problems: JSON.parse(JSON.stringify(errors)) as [] } },
  );
}
