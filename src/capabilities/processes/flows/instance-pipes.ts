// Through what an instance is connected: its standard output through a named pipe where the system has them, and two processes that nobody looks at
// by one pipe of the system's.
import fs from "node:fs";
import { Socket } from "node:net";
import { enlargePipe } from "#base/system-calls.ts";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import { openBothWays, openForReading, openForWriting } from "./fifos.ts";
import type { Fifos } from "./fifos.ts";
import type { InstanceIo, InstanceRequest, InstanceStdio } from "./instance-io.ts";
import type { Landing, Landings } from "./landing.ts";
import { ofFifo, ofStream } from "./output-source.ts";
import type { PipeHolder } from "./pipe-holder.ts";
import type { ProcessFlow } from "./process-flow.ts";
import { carryName } from "./results.ts";
import { RunningInstance } from "./running-instance.ts";
import type { InstanceParts } from "./event-in-hand.ts";

/** What one of two joined processes has of the other. */
export interface Join {
  readonly from: string;
  readonly to: string;
}

/**
 * Pairs that are joined by a pipe of the system's: nobody looks at what passes, no pipeline reads it, nobody asks for an acknowledgement, and one feeds one.
 * The next start of either takes it up or leaves it.
 */
export function joinsOf({ processes, flows, readers }: ProcessesPlan): readonly Join[] {
  const plans = new Map(processes.map((plan) => [plan.name, plan]));
  return flows.flatMap(({ isViewed, from, to }) => {
    const [producer, consumer] = [plans.get(from[0] ?? ""), plans.get(to[0] ?? "")];
    if (isViewed || from.length !== 1 || to.length !== 1 || producer === undefined || consumer === undefined || producer === consumer) return [];
    const isOnly = flows.filter((other) => other.from.includes(producer.name) || other.to.includes(consumer.name)).length === 1;
    const isRead = readers.some(({ process }) => process === producer.name);
    const isPlain = producer.instances === 1 && consumer.instances === 1 && consumer.ack.type === "none" && producer.ack.type === "none" && producer.output.file === undefined && producer.health?.type !== "line";
    return isOnly && isPlain && !isRead ? [{ from: producer.name, to: consumer.name }] : [];
  });
}

/** Of a pipe between two: fewer turns to take (2.4 GB/s, 2.1 with the 64 kB it has by itself), and still in the processor's cache (2.1 with 1 MB). */
const JOIN_BYTES = 256 << 10;

export class InstancePipes {
  readonly #fifos: Fifos;
  readonly #landings: Landings;
  readonly #holder: PipeHolder;
  readonly #parts: InstanceParts;
  /** One end of each pipe between two stays open, so that what is in it outlives both. */
  readonly #kept = new Map<string, number>();
  #joins: readonly Join[] = [];

  constructor(fifos: Fifos, landings: Landings, holder: PipeHolder, parts: InstanceParts) {
    this.#fifos = fifos;
    this.#landings = landings;
    this.#holder = holder;
    this.#parts = parts;
  }

  apply(plan: ProcessesPlan): void {
    this.#joins = joinsOf(plan);
    const names = new Set(plan.processes.map(({ name }) => name));
    this.#landings.dropGone((process) => names.has(process));
    const paths = new Set(this.#joins.map(({ from, to }) => this.#fifos.joinPath(from, to)));
    for (const [path, fd] of this.#kept) {
      if (paths.has(path)) continue;
      fs.closeSync(fd);
      this.#kept.delete(path);
      fs.rmSync(path, { force: true });
    }
  }

  /** What the agent before had left in pipes between two, before whoever holds them is ended. */
  keepLeft(): void {
    for (const { from, to } of this.#joins) {
      const path = this.#fifos.joinPath(from, to);
      if (this.#fifos.isThere(path)) this.#keep(path);
    }
  }

  async prepare(flow: ProcessFlow, request: InstanceRequest): Promise<InstanceStdio> {
    const { name } = flow.plan;
    const isFirst = request.instance === 1;
    // A consumer that is no process came: it wants the lines by way of us.
    const behind = isFirst && flow.behind.length === 1 ? await this.#joinOf(({ from }) => from === name) : undefined;
    const before = isFirst ? await this.#joinOf(({ to }) => to === name) : undefined;
    const path = this.#fifos.outputPath(name, request.instance);
    const reader = behind === undefined && (await this.#fifos.make(path)) ? openIfPossible(path) : undefined;
    const output = reader === undefined ? undefined : path;
    if (reader !== undefined && 0 < flow.behind.length) await this.#holder.hold(path);
    const forChild: number[] = [];
    const bothWays = (of: string): number => {
      const fd = openBothWays(of);
      forChild.push(fd);
      return fd;
    };
    const stdin = before === undefined ? "pipe" : bothWays(before);
    const stdout = behind === undefined ? (output === undefined ? "pipe" : bothWays(output)) : bothWays(behind);
    const close = (): void => {
      for (const fd of forChild.splice(0)) fs.closeSync(fd);
    };
    return {
      stdio: [stdin, stdout, "pipe"],
      attach: (child) => {
        const input = before === undefined ? child.stdin : new Socket({ fd: openForWriting(before), readable: false, writable: true });
        close();
        const out = reader !== undefined ? ofFifo(reader, () => this.#landingOf(flow, request.instance)) : child.stdout === null ? null : ofStream(child.stdout);
        const instance = new RunningInstance(flow, request, { stdin: input, stdout: out, stderr: child.stderr, isOutliving: reader !== undefined }, this.#parts);
        return output === undefined ? instance : removingLeft(instance, output);
      },
      drop() {
        close();
        if (reader !== undefined) fs.closeSync(reader);
      },
    };
  }

  close(): void {
    for (const fd of this.#kept.values()) fs.closeSync(fd);
    this.#kept.clear();
  }

  /**
   * Where lines have nobody to go to, nothing is lost. Of contracts that look at each line of standard output, what was printed for an event comes again with it, and
   * a chunk becomes several steps.
   */
  #landingOf({ plan, behind }: ProcessFlow, instance: number): Landing | undefined {
    const isKept = 0 < behind.length && (plan.ack.type === "none" || plan.ack.type === "stderr-echo");
    return isKept ? this.#landings.of(this.#fifos.landingPath(plan.name, instance), carryName(plan.name, instance)) : undefined;
  }

  async #joinOf(isIt: (join: Join) => boolean): Promise<string | undefined> {
    const join = this.#joins.find(isIt);
    if (join === undefined) return undefined;
    const path = this.#fifos.joinPath(join.from, join.to);
    if (!(await this.#fifos.make(path))) return undefined;
    this.#keep(path);
    await this.#holder.hold(path);
    return path;
  }

  #keep(path: string): void {
    if (this.#kept.has(path)) return;
    const fd = openBothWays(path);
    enlargePipe(fd, JOIN_BYTES);
    this.#kept.set(path, fd);
  }
}

/** Somebody it had started may still write to its pipe: the next instance gets another one. */
function removingLeft(instance: RunningInstance, path: string): InstanceIo {
  return {
    async died(end) {
      await instance.died(end);
      if (!instance.isEndSeen) fs.rmSync(path, { force: true });
    },
    drain: () => instance.drain(),
    lastStderr: () => instance.lastStderr(),
    closeInput: () => instance.closeInput(),
  };
}

function openIfPossible(path: string): number | undefined {
  try {
    return openForReading(path);
  } catch {
    return undefined; // A plain pipe does, then.
  }
}
