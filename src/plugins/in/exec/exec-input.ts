// Runs of one command, one after the other, and the lines they print.
import { resolve } from "node:path";
import { backoffMs } from "#base/backoff.ts";
import { eitherOf } from "#base/signals.ts";
import type { Delivery, Input, PluginContext } from "#sdk/plugin.ts";
import { howItEnded, startChild } from "../parts/child.ts";
import type { Child } from "../parts/child.ts";
import { LineReader } from "../parts/line-reader.ts";
import { sparingly } from "../parts/said-sparingly.ts";
import { Stopwatch } from "./stopwatch.ts";

export interface ExecOptions {
  readonly command: string | readonly string[];
  /** undefined: the command goes on printing, and is started again by `restart`. */
  readonly intervalMs: number | undefined;
  readonly restart: "always" | "on-failure" | "never";
  readonly timeoutMs: number | undefined;
  readonly encoding: string;
  readonly lineBytesMax: number;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly tag: string;
}

interface Run {
  readonly child: Child;
  readonly lines: LineReader;
  readonly watch: Stopwatch;
  readonly startedMs: number;
  /** The time was up, and the command was ended. */
  isTimeUp: boolean;
  /** Aborts when its output, held open by what has left its group, is waited for no longer. */
  readonly givenUp: AbortSignal;
}

/** For the rest of its output after it was ended. */
const LAST_WORDS_MS = 500;

/** A command that ran this long has not failed at once. */
const LASTED_MS = 10_000;

export class ExecInput implements Input {
  readonly #options: ExecOptions;
  readonly #context: PluginContext;
  readonly #sayStderr: (message: string, fields: Record<string, unknown>) => void;
  /** Ways to end that were said. There are 256 exit codes and a few dozen signals. */
  readonly #endsSaid = new Set<string>();
  #tooLongSaid = false;
  #run: Run | undefined;
  #runs = 0;
  #failures = 0;
  /** Before the next run. */
  #waitMs = 0;
  #isOver = false;

  constructor(options: ExecOptions, context: PluginContext) {
    this.#options = options;
    this.#context = context;
    this.#sayStderr = sparingly(context.log, () => context.clock.now());
  }

  async read(signal: AbortSignal): Promise<Delivery | undefined> {
    while (!this.#isOver && !signal.aborted) {
      if (this.#run === undefined) {
        const { clock } = this.#context;
        const sinceMs = clock.now();
        if (0 < this.#waitMs) await clock.pause(this.#waitMs, signal);
        if (signal.aborted) {
          this.#waitMs = Math.max(0, this.#waitMs - Math.max(0, clock.now() - sinceMs)); // The next read waits for the rest.
          return undefined;
        }
        this.#run = this.#start();
      }
      const run = this.#run;
      using stopping = eitherOf(signal, run.givenUp);
      run.watch.start();
      const batch = await run.lines.read(stopping.signal);
      if (batch === "end" || (batch === undefined && !signal.aborted)) {
        await this.#finish(run, stopping.signal, signal);
        continue;
      }
      run.watch.stop();
      return batch === undefined ? undefined : { batch };
    }
    return undefined;
  }

  async readRest(signal: AbortSignal): Promise<Delivery | undefined> {
    this.#run?.watch.stop();
    this.#run?.child.stdout.finish();
    const batch = await this.#run?.lines.read(signal);
    return batch === undefined || batch === "end" ? undefined : { batch };
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#run?.watch.stop();
    await this.#run?.child.close();
    this.#run = undefined;
  }

  #start(): Run {
    const { command, cwd, env, encoding, lineBytesMax, tag, timeoutMs } = this.#options;
    const { pool, configDir, count, log } = this.#context;
    this.#runs += 1;
    count("exec_runs_total");
    const child = startChild(command, {
      cwd: resolve(configDir, cwd ?? "."),
      env: { ...env, DURE_TAG: tag },
      encoding,
      onStderr: (line) => {
        count("exec_stderr_lines_total");
        this.#sayStderr("the command says on its standard error", { line });
      },
    });
    const givenUp = new AbortController();
    const watch = new Stopwatch(timeoutMs, () => {
      if (run.isTimeUp) return givenUp.abort();
      run.isTimeUp = true;
      child.end();
      watch.extend(LAST_WORDS_MS);
    });
    const onTooLong = (lines: number): void => {
      count("lines_too_long_total", lines);
      if (!this.#tooLongSaid) log.warn("a line of the command is too long and was cut; more are only counted", { lineBytesMax });
      this.#tooLongSaid = true;
    };
    // While memory is full the command waits for us, not we for it.
    const room = async (bytes: number, signal: AbortSignal): Promise<void> => {
      watch.stop();
      await pool.room(bytes, signal);
      watch.start();
    };
    const lines = new LineReader(child.stdout, { encoding, lineBytesMax, tag, source: "exec", onTooLong, room }, this.#context);
    const run: Run = { child, lines, watch, startedMs: this.#context.clock.now(), isTimeUp: false, givenUp: givenUp.signal };
    return run;
  }

  /** Its output has ended, or its time is up: waits for its end and says what comes next. */
  async #finish(run: Run, stopped: AbortSignal, signal: AbortSignal): Promise<void> {
    await endOrAbort(run.child.ended, stopped);
    run.watch.stop();
    if (signal.aborted) return;
    const isTimeUp = run.isTimeUp;
    await run.child.close();
    this.#run = undefined;
    const end = await run.child.ended;
    const isGood = end.code === 0 && !isTimeUp;
    if (!isGood) this.#sayEnd(isTimeUp ? `not within ${this.#options.timeoutMs} ms` : howItEnded(end));
    const { intervalMs, restart } = this.#options;
    this.#isOver = this.#context.mode === "test" || (intervalMs === undefined && (restart === "never" || (restart === "on-failure" && isGood)));
    const lasted = LASTED_MS <= this.#context.clock.now() - run.startedMs;
    this.#failures = lasted ? 1 : this.#failures + 1;
    this.#waitMs = intervalMs ?? backoffMs(this.#failures);
  }

  #sayEnd(how: string): void {
    this.#context.count("exec_failures_total");
    if (this.#endsSaid.has(how)) return;
    this.#endsSaid.add(how);
    this.#context.log.warn("the command failed; when it ends like this again it is only counted", { ended: how, run: this.#runs });
  }
}

function endOrAbort(ended: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener("abort", done);
      resolve();
    };
    signal.addEventListener("abort", done, { once: true });
    void ended.then(done);
  });
}
