// The processes of a running agent: their thread is made with the first of them, and all that is asked while there is none is answered here.
import type { MessagePort } from "node:worker_threads";
import type { FlowAlert, OutputLine } from "#capabilities/processes/flows/flows.ts";
import type { ProcessEngine, ProcessEvent, ProcessNews } from "#capabilities/processes/processes.ts";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import type { RunningProcesses } from "#edges/cli/agent-port.ts";
import type { ProcessPart } from "./process-part.ts";
import { dropEarly } from "./process-worker.ts";

export interface ProcessesParts {
  readonly plan: ProcessesPlan;
  readonly dataDir: string;
  readonly configDir: string;
  readonly log: Log;
}

/** What is held for who follows later. */
const HELD_MAX = 1000;

export class Processes implements RunningProcesses {
  readonly #parts: ProcessesParts;
  readonly #followers = new Set<ProcessNews>();
  readonly #held: (ProcessEvent | FlowAlert)[] = [];
  #plan: ProcessesPlan;
  #part: Promise<ProcessPart> | undefined;
  #isEnding = false;
  #unjoined: { join(port: MessagePort): void }[] = [];

  constructor(parts: ProcessesParts) {
    this.#parts = parts;
    this.#plan = parts.plan;
    if (0 < parts.plan.processes.length) this.#part = this.#start();
    else dropEarly();
  }

  get plan(): ProcessesPlan {
    return this.#plan;
  }

  /** Resolves when all that is wanted has been started once. */
  async begun(): Promise<void> {
    await (await this.#part)?.begun;
  }

  /** Undefined: there is no process. */
  async engine(): Promise<ProcessEngine | undefined> {
    return (await this.#part)?.engine;
  }

  async watchLines(process: string, show: (line: OutputLine) => void): Promise<() => void> {
    return (await this.#part)?.watchLines(process, show) ?? (() => {});
  }

  /** Gives each of these threads a way to the processes, as soon as there are some. */
  joinTo(thread: { join(port: MessagePort): void }): void {
    if (this.#part === undefined) this.#unjoined.push(thread);
    else void this.#part.then((part) => thread.join(part.join()));
  }

  /** Goes over to another plan. Gives why not, or nothing. */
  async apply(plan: ProcessesPlan): Promise<string | undefined> {
    if (this.#part === undefined) {
      this.#plan = plan;
      if (0 < plan.processes.length && !this.#isEnding) this.#part = this.#start();
      await this.begun();
      return undefined;
    }
    const problem = await (await this.#part).engine.apply(plan);
    if (problem === undefined) this.#plan = plan;
    return problem;
  }

  /** Tells what happens from now on, and what happened before anybody followed. */
  follow(news: ProcessNews): () => void {
    for (const held of this.#held.splice(0)) {
      if ("name" in held) news.event(held);
      else news.alert(held);
    }
    this.#followers.add(news);
    return () => void this.#followers.delete(news);
  }

  async drain(): Promise<void> {
    this.#isEnding = true;
    (await this.#part)?.drain();
  }

  async abort(): Promise<void> {
    this.#isEnding = true;
    (await this.#part)?.abort();
  }

  async kill(): Promise<void> {
    (await this.#part)?.kill();
  }

  /** Nobody gives or takes events any more: resolves when all processes have ended. */
  async finish(): Promise<void> {
    const part = await this.#part;
    part?.finish();
    await part?.ended;
  }

  get isAny(): boolean {
    return this.#part !== undefined;
  }

  /** EventFlow's console or HTTP API is open: who comes there begins with nothing. */
  get isVisited(): boolean {
    return this.#plan.console !== undefined || this.#plan.settings.oldApi.isOn;
  }

  async #start(): Promise<ProcessPart> {
    const { startProcessPart } = await import("./process-part.ts"); // Many agents have no processes.
    const tellAll = (tell: (news: ProcessNews) => void, held?: ProcessEvent | FlowAlert): void => {
      if (this.#followers.size === 0 && held !== undefined && this.#held.length < HELD_MAX) this.#held.push(held);
      for (const news of this.#followers) tell(news);
    };
    const news: ProcessNews = {
      event: (event) => tellAll((each) => each.event(event), event),
      alert: (alert) => tellAll((each) => each.alert(alert), alert),
      state: (status) => tellAll((each) => each.state(status)),
    };
    const part = startProcessPart({ ...this.#parts, plan: this.#plan, news });
    for (const thread of this.#unjoined.splice(0)) thread.join(part.join());
    return part;
  }
}
