// Opens the flows: what `flows.ts` promises, out of the parts of this folder.
import { join } from "node:path";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import { toError, UsageError } from "#base/errors.ts";
import { writeAside } from "./aside-file.ts";
import type { GivenEvent } from "./contract.ts";
import { EventFile } from "./event-file.ts";
import type { EventQueue } from "./event-queue.ts";
import { Fifos } from "./fifos.ts";
import { FlowNet } from "./flow-net.ts";
import type { Flows, FlowsParts, LinesWatch, Movement, OutputLine, QueueStatus } from "./flows.ts";
import type { InstanceRequest, InstanceStdio } from "./instance-io.ts";
import { InstancePipes } from "./instance-pipes.ts";
import { KeptLines } from "./kept-lines.ts";
import { encoded } from "./line-text.ts";
import { Landings } from "./landing.ts";
import { countLines } from "./line-bytes.ts";
import { movementOf } from "./process-flow.ts";
import type { AboutMovement, ProcessFlow } from "./process-flow.ts";
import { PipeHolder } from "./pipe-holder.ts";
import { dumpAside, loadQueues, saveQueues } from "./queue-dumps.ts";
import { QueueStore, UNBOUND } from "./queue-store.ts";
import { salvage } from "./salvage.ts";
import { Taps } from "./taps.ts";
import type { TapLines } from "./taps.ts";

/** Of lines that come from none of its instances. */
const NO_INSTANCE = 0;
const MOVEMENT_BYTES_MAX = 8 << 20;
/** Of an event in a fact. */
const EVENT_SHOWN_MAX = 1000;

export async function openFlows(parts: FlowsParts): Promise<Flows> {
  const flows = new OpenFlows(parts);
  await flows.apply(parts.plan);
  return flows;
}

class OpenFlows implements Flows {
  readonly #parts: FlowsParts;
  readonly #movements: KeptLines<AboutMovement>;
  readonly #net: FlowNet;
  readonly #store: QueueStore;
  readonly #closing = new AbortController();
  readonly #fifos: Fifos;
  readonly #landings: Landings;
  readonly #holder: PipeHolder;
  readonly #pipes: InstancePipes;
  readonly #taps: Taps;
  #eventFile: EventFile | undefined;
  #eventFileKey = "";

  constructor(parts: FlowsParts) {
    this.#parts = parts;
    this.#movements = new KeptLines(parts.plan.settings.eventsKept, MOVEMENT_BYTES_MAX);
    const { clock, log } = parts;
    this.#store = new QueueStore({ dir: join(parts.dir, "journal"), clock, log });
    this.#fifos = new Fifos(parts.dir, log);
    this.#landings = new Landings(log, (instance) => this.#store.chunkTold(instance));
    this.#holder = new PipeHolder(parts.holderMark, log);
    this.#pipes = new InstancePipes(this.#fifos, this.#landings, this.#holder, {
      clock,
      log,
      store: this.#store,
      closing: this.#closing.signal,
      onAlert: (alert) => parts.onAlert(alert),
      setAside: (flow, event, reason) => this.#setAside(flow, event, reason),
    });
    this.#net = new FlowNet({
      clock,
      log,
      onMovement: (about, { atMs, bytes, count }) => {
        const chunk = this.#movements.add(about, atMs, bytes, count);
        this.#eventFile?.add(chunk);
      },
      queue: (key, bounds) => this.#store.queue(key, bounds),
      keys: () => this.#store.keys(),
      dropQueue: (key) => this.#dropQueue(key),
      onFullness: ({ plan, own, shared }, isFull) => parts.onFact(isFull ? "process.queue-full" : "process.queue-free", { process: plan.name, events: own.events + shared.events }),
    });
    this.#taps = new Taps({ store: this.#store, net: this.#net, log, closing: this.#closing.signal });
  }

  /** What waits for a process that is gone (or has another name now) is a person's to decide on. */
  #dropQueue(key: string): void {
    const queue = this.#store.queue(key, UNBOUND);
    const { dir, log } = this.#parts;
    if (0 < queue.events) {
      const [, kind = "", process = ""] = /^(own|shared):(.*)$/s.exec(key) ?? [];
      try {
        const file = dumpAside(join(dir, "aside"), process, kind === "own" ? "input" : "output", queue);
        log.warn("events waited for a process that is gone: they are put aside", { process, events: queue.events, file });
      } catch (error) {
        return log.error("events wait for a process that is gone, and cannot be put aside: they stay in the journal", { process, events: queue.events, error: toError(error).message });
      }
    }
    this.#store.drop(key);
  }

  #setAside(flow: ProcessFlow, { id, line, attempt }: GivenEvent, reason: string): boolean {
    const { dir, clock, log, onFact } = this.#parts;
    const { name } = flow.plan;
    const event = flow.text(line);
    const isText = Buffer.from(event).equals(line);
    try {
      writeAside(dir, { at: new Date(clock.now()).toISOString(), process: name, id, attempts: attempt, reason, event, ...(isText ? {} : { base64: line.toString("base64") }) });
    } catch (error) {
      log.warn("event cannot be put aside yet", { process: name, error: toError(error).message });
      return false;
    }
    flow.skipped += 1;
    onFact("process.event-skipped", { process: name, id, attempts: attempt, reason, event: event.slice(0, EVENT_SHOWN_MAX) });
    return true;
  }

  async prepare(request: InstanceRequest): Promise<InstanceStdio> {
    return this.#pipes.prepare(this.#flow(request.process), request);
  }

  async apply(plan: ProcessesPlan): Promise<void> {
    this.#movements.linesMax = plan.settings.eventsKept;
    this.#setEventFile(plan.settings);
    this.#net.apply(plan);
    this.#taps.plan(plan.readers);
    this.#pipes.apply(plan);
  }

  #setEventFile({ eventFile, eventsSaved }: ProcessesPlan["settings"]): void {
    const key = `${eventFile ?? ""} ${eventsSaved}`;
    if (key === this.#eventFileKey) return;
    this.#eventFileKey = key;
    void this.#eventFile?.close();
    const { clock, log } = this.#parts;
    this.#eventFile = eventFile === undefined ? undefined : new EventFile(eventFile, eventsSaved, clock, log);
  }

  async send(process: string, message: string, signal: AbortSignal): Promise<void> {
    const { plan } = this.#flow(process);
    const lines = encoded(`${message.replaceAll(/\r?\n/g, " ")}\n`, plan.encoding);
    await this.produce(process, lines, signal);
  }

  async produce(process: string, lines: Buffer, signal: AbortSignal): Promise<void> {
    await this.#put([this.#flow(process).own], lines, countLines(lines), signal);
  }

  async print(process: string, lines: Buffer, signal: AbortSignal): Promise<void> {
    const flow = this.#flow(process);
    const count = countLines(lines);
    flow.note(NO_INSTANCE, "stdout", lines, count);
    if (0 < flow.behind.length) await this.#put(flow.behind, lines, count, signal);
  }

  async clear(process: string): Promise<number> {
    const { own, shared } = this.#flow(process);
    let cleared = 0;
    for (const queue of [own, shared]) {
      let count = this.#store.clear(queue);
      for (; count === undefined && !this.#closing.signal.aborted; count = this.#store.clear(queue)) await this.#store.diskBell.rung(this.#closing.signal);
      cleared += count ?? 0;
    }
    return cleared;
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

  watchLines(process: string, linesMax: number, tell: () => void): LinesWatch {
    return this.#flow(process).watch(linesMax, tell);
  }

  consume(process: string, consumer: string, signal: AbortSignal): AsyncIterable<TapLines> {
    this.#flow(process);
    return this.#taps.consume(process, consumer, signal);
  }

  async salvage(): Promise<{ finish(): Promise<void> }> {
    this.#pipes.keepLeft();
    const { finish } = await salvage(this.#net.processes.values(), { fifos: this.#fifos, landings: this.#landings, holder: this.#holder, store: this.#store });
    return { finish: async () => finish() };
  }

  async saveQueues(processes: readonly string[], dir: string): Promise<number> {
    let saved = 0;
    for (const name of processes) saved += await saveQueues(this.#flow(name), dir);
    return saved;
  }

  async loadQueues(processes: readonly string[], dir: string): Promise<number> {
    let loaded = 0;
    for (const name of processes) loaded += await loadQueues(this.#flow(name), dir, (queue, bytes, count) => this.#put([queue], bytes, count, this.#closing.signal));
    return loaded;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#pipes.close();
    for (const flow of this.#net.processes.values()) flow.close();
    await Promise.all([this.#holder.close(), this.#eventFile?.close()]);
    await this.#store.close();
  }

  /** Into all of them or none; waits for room. */
  async #put(queues: readonly EventQueue[], bytes: Buffer, count: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      const full = queues.find(({ isFull }) => isFull);
      if (full !== undefined) await whenFree(full, AbortSignal.any([signal, this.#closing.signal]));
      else if (this.#store.commit({ put: { queues, bytes, count } })) return;
      else await this.#store.diskBell.rung(AbortSignal.any([signal, this.#closing.signal]));
    }
  }

  #flow(process: string): ProcessFlow {
    const flow = this.#net.processes.get(process);
    if (flow === undefined) throw new UsageError(`no process \`${process}\``, { hint: "Look up the names with `dure process list`." });
    return flow;
  }
}

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
