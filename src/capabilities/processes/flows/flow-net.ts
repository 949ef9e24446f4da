// Which queue lies between which processes, as the plan says.
import type { ProcessesPlan, ProcessPlan } from "#kernel/config/process-plan.ts";
import type { EventQueue, QueueBounds } from "./event-queue.ts";
import { ProcessFlow } from "./process-flow.ts";
import type { FlowParts } from "./process-flow.ts";

interface NetParts extends FlowParts {
  /** The queue of that name: as it was found in the journal, or a new one. */
  queue(key: string, bounds: QueueBounds): EventQueue;
  /** Of all queues, those that the journal knew among them. */
  keys(): readonly string[];
  /** Of a process that is gone: what it holds goes with it. */
  dropQueue(key: string): void;
  onFullness(process: ProcessFlow, isFull: boolean): void;
}

export class FlowNet {
  readonly processes = new Map<string, ProcessFlow>();
  /** Consumers that are no processes: queues that get all that a process prints. */
  readonly taps = new Map<string, Set<EventQueue>>();
  readonly #parts: NetParts;

  constructor(parts: NetParts) {
    this.#parts = parts;
  }

  apply(plan: ProcessesPlan): void {
    const plans = new Map(plan.processes.map((process) => [process.name, process]));
    for (const name of this.processes.keys()) {
      if (plans.has(name)) continue;
      this.processes.get(name)?.close();
      this.processes.delete(name);
    }
    for (const key of this.#parts.keys()) if (OF_PROCESS.test(key) && !plans.has(key.replace(OF_PROCESS, ""))) this.#parts.dropQueue(key);
    for (const process of plans.values()) this.#take(process);
    for (const [name, flow] of this.processes) this.#connect(name, flow, plan);
    const readers = this.#readers();
    for (const flow of this.processes.values()) this.#listen(flow, readers);
  }

  /** A consumer came or went. */
  changeTaps(process: string, change: (taps: Set<EventQueue>) => void): void {
    const taps = this.taps.get(process) ?? new Set();
    const flow = this.processes.get(process);
    if (flow !== undefined) flow.behind = flow.behind.filter((queue) => !taps.has(queue));
    change(taps);
    this.taps.set(process, taps);
    if (flow !== undefined) flow.behind = [...flow.behind, ...taps];
  }

  #take(plan: ProcessPlan): void {
    const { name, queue: bounds } = plan;
    const known = this.processes.get(name);
    if (known === undefined) {
      const own = this.#parts.queue(`own:${name}`, bounds);
      const shared = this.#parts.queue(`shared:${name}`, bounds);
      this.processes.set(name, new ProcessFlow(plan, own, shared, this.#parts));
      return;
    }
    known.changePlan(plan);
    known.own.bound(bounds);
    known.shared.bound(bounds);
  }

  #connect(name: string, flow: ProcessFlow, { flows }: ProcessesPlan): void {
    const behind = new Set<EventQueue>();
    const sources = new Set([flow.own]);
    for (const { type, from, to } of flows) {
      if (from.includes(name)) for (const queue of type === "share" ? [flow.shared] : to.flatMap((other) => this.processes.get(other)?.own ?? [])) behind.add(queue);
      if (type === "share" && to.includes(name)) for (const other of from.flatMap((producer) => this.processes.get(producer)?.shared ?? [])) sources.add(other);
    }
    for (const queue of this.taps.get(name) ?? []) behind.add(queue);
    flow.behind = [...behind];
    flow.sources = [...sources];
  }

  /** Who takes its events from a queue. */
  #readers(): ReadonlyMap<EventQueue, readonly ProcessFlow[]> {
    const readers = new Map<EventQueue, ProcessFlow[]>();
    for (const flow of this.processes.values()) {
      for (const queue of flow.sources) {
        const known = readers.get(queue);
        if (known === undefined) readers.set(queue, [flow]);
        else known.push(flow);
      }
    }
    return readers;
  }

  #listen(flow: ProcessFlow, readersOf: ReadonlyMap<EventQueue, readonly ProcessFlow[]>): void {
    for (const queue of [flow.own, flow.shared]) {
      queue.onFullness = (isFull) => this.#parts.onFullness(flow, isFull);
      const readers = readersOf.get(queue) ?? [];
      queue.onPut = () => {
        for (const reader of readers) reader.wake();
      };
    }
    for (const instance of flow.instances) instance.replan();
  }
}

const OF_PROCESS = /^(own|shared):/;
