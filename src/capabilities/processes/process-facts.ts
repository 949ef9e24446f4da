// Makes events and log lines of what happens to processes.
import type { SupervisedState } from "#kernel/supervisor/supervised.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Process } from "./process.ts";
import type { ExitRecord, ProcessNews } from "./processes.ts";

/** Of what it said last, so much is told with its end. */
const STDERR_LINES_TOLD = 5;

export class ProcessFacts {
  readonly #news: ProcessNews;
  readonly #log: Log;
  /** Processes that were said to end again and again. */
  readonly #looping = new Set<string>();

  constructor(news: ProcessNews, log: Log) {
    this.#news = news;
    this.#log = log;
  }

  changed(process: Process, instance: number, before: SupervisedState): void {
    const supervised = process.instances[instance - 1];
    if (supervised === undefined) return;
    const { state, pid, reason } = supervised;
    const facts = { process: process.name, instance };
    if (state === "running" && before === "starting") this.#tell("process.started", { ...facts, pid });
    else if (state === "running" && before === "unhealthy") this.#tell("process.healthy", facts);
    else if (state === "unhealthy" && before !== "unhealthy") {
      this.#tell("process.unhealthy", { ...facts, reason });
      this.#log.warn("a process is not well", { ...facts, reason });
    } else if (state === "failed" && before !== "failed") {
      this.#tell("process.failed", { ...facts, reason });
      this.#log.error("a process has failed and is not started again", { ...facts, reason, hint: `\`dure processes show ${process.name}\` has what it said last.` });
    }
    if (supervised.isCrashLooping !== this.#looping.has(process.name)) this.#loop(process, reason);
  }

  exited(process: Process, { instance, pid, code, signal, isWanted, reason, stderr, atMs, startedMs }: ExitRecord): void {
    const facts = { process: process.name, instance, pid, code, signal, isWanted, lastedMs: Math.max(0, atMs - startedMs), ...(reason === undefined ? {} : { reason }) };
    this.#tell("process.exited", { ...facts, stderr: stderr.slice(-STDERR_LINES_TOLD) });
    if (!isWanted && code !== 0) this.#log.warn("a process has ended", { ...facts, said: stderr.at(-1) });
    else this.#log.debug("a process has ended", facts);
  }

  stopped(process: string, by: string): void {
    this.#tell("process.stopped", { process, by });
  }

  #loop(process: Process, reason: string | undefined): void {
    const isLooping = process.instances.some(({ isCrashLooping }) => isCrashLooping);
    if (isLooping === this.#looping.has(process.name)) return;
    if (isLooping) {
      this.#looping.add(process.name);
      this.#tell("process.crash-looping", { process: process.name, reason });
      this.#log.error("a process ends again and again", { process: process.name, reason, hint: `\`dure processes show ${process.name}\` has what it said last.` });
    } else {
      this.#looping.delete(process.name);
      this.#tell("process.recovered", { process: process.name });
    }
  }

  #tell(name: string, data: Readonly<Record<string, unknown>>): void {
    this.#news.event({ name, data });
  }
}
