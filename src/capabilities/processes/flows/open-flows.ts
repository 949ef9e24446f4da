// Opens the flows: what `flows.ts` promises, out of the parts of this folder.
import { Bell } from "#base/bell.ts";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import { UsageError } from "#base/errors.ts";
import { EventQueue } from "./event-queue.ts";
import { FlowNet } from "./flow-net.ts";
import type { Flows, FlowsParts, Movement, OutputLine, QueueStatus } from "./flows.ts";
import type { InstanceRequest, InstanceStdio } from "./instance-io.ts";
import { KeptLines } from "./kept-lines.ts";
import { encoded } from "./line-text.ts";
import { countLines } from "./line-bytes.ts";
import { movementOf } from "./process-flow.ts";
import type { AboutMovement, ProcessFlow } from "./process-flow.ts";
import { QueueStore } from "./queue-store.ts";
import { RunningInstance } from "./running-instance.ts";
import type { InstanceParts } from "./running-instance.ts";

const MOVEMENT_BYTES_MAX = 8 << 20;

export async function openFlows(parts: FlowsParts): Promise<Flows> {
  const flows = new OpenFlows(parts);
  await flows.apply(parts.plan);
  return flows;
}

class OpenFlows implements Flows {
  readonly #movements: KeptLines<AboutMovement>;
  readonly #net: FlowNet;
  readonly #store = new QueueStore();
  readonly #diskBell = new Bell();
  readonly #closing = new AbortController();
  readonly #instanceParts: InstanceParts;

  constructor(parts: FlowsParts) {
    this.#movements = new KeptLines(parts.plan.settings.eventsKept, MOVEMENT_BYTES_MAX);
    const { clock, log } = parts;
    this.#instanceParts = {
      clock,
      log,
      store: this.#store,
      diskBell: this.#diskBell,
      closing: this.#closing.signal,
      onAlert: (alert) => parts.onAlert(alert),
      setAside: (flow, taken, reason) => {
        flow.skipped += taken.count;
        parts.onFact("process.event-skipped", { process: flow.plan.name, reason, attempts: taken.failures + 1 });
        return true;
      },
    };
    this.#net = new FlowNet({
      clock,
      movements: this.#movements,
      queue: (key, bounds) => new EventQueue(key, clock.now() * SEQUENCES_A_MS, bounds),
      dropQueue() {},
      onFullness: ({ plan, own, shared }, isFull) => parts.onFact(isFull ? "process.queue-full" : "process.queue-free", { process: plan.name, events: own.events + shared.events }),
    });
  }

  async prepare(request: InstanceRequest): Promise<InstanceStdio> {
    const flow = this.#flow(request.process);
    return { stdio: ["pipe", "pipe", "pipe"], attach: (child) => new RunningInstance(flow, request, child, this.#instanceParts), drop() {} };
  }

  async apply(plan: ProcessesPlan): Promise<void> {
    this.#movements.linesMax = plan.settings.eventsKept;
    this.#net.apply(plan);
  }

  async send(process: string, message: string, signal: AbortSignal): Promise<void> {
    const { plan } = this.#flow(process);
    const lines = encoded(`${message.replaceAll(/\r?\n/g, " ")}\n`, plan.encoding);
    await this.produce(process, lines, signal);
  }

  async produce(process: string, lines: Buffer, signal: AbortSignal): Promise<void> {
    const { own } = this.#flow(process);
    const count = countLines(lines);
    for (;;) {
      signal.throwIfAborted();
      if (own.isFull) await whenFree(own, signal);
      else if (this.#store.commit({ put: { queues: [own], bytes: lines, count } })) return;
      else await this.#diskBell.rung(signal);
    }
  }

  async clear(process: string): Promise<number> {
    const { own, shared } = this.#flow(process);
    return [...own.takeAll(), ...shared.takeAll()].reduce((sum, { count }) => sum + count, 0);
  }

  queues(): readonly QueueStatus[] {
    return [...this.#net.processes.values()].map((flow) => statusOf(flow));
  }

  movements(limit: number): readonly Movement[] {
    return this.#movements.last(limit).map(movementOf);
  }

  lines(process: string, limit: number): readonly OutputLine[] {
    return this.#flow(process).lines(limit);
  }

  watchLines(process: string, show: (line: OutputLine) => void): () => void {
    return this.#flow(process).watch(show);
  }

  async *consume(): AsyncGenerator<never> {
    throw new Error("not yet");
  }

  async salvage(): Promise<{ finish(): Promise<void> }> {
    return { async finish() {} };
  }

  async saveQueues(): Promise<number> {
    return 0;
  }

  async loadQueues(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  #flow(process: string): ProcessFlow {
    const flow = this.#net.processes.get(process);
    if (flow === undefined) throw new UsageError(`no process \`${process}\``, { hint: "Look up the names with `dure process list`." });
    return flow;
  }
}

/** New queues begin with the time as their number, so that the id of an event never comes twice, whatever became of the journal. */
const SEQUENCES_A_MS = 1000;

function whenFree(queue: EventQueue, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const forget = queue.whenFree(done);
    signal.addEventListener("abort", done);
    function done(): void {
      signal.removeEventListener("abort", done);
      forget();
      resolve();
    }
  });
}

function statusOf({ plan, own, shared, instances, skipped, eventsIn, eventsOut }: ProcessFlow): QueueStatus {
  const inFlight = [...instances].reduce((sum, instance) => sum + instance.inFlight, 0);
  return { process: plan.name, own: own.events, shared: shared.events, bytes: own.bytes + shared.bytes, inFlight, skipped, eventsIn, eventsOut, isFull: own.isFull || shared.isFull };
}
