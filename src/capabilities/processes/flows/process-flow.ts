// What the flows know of one process: its queues, where its lines go, what passed last.
import type { Clock } from "#base/clock.ts";
import type { ProcessPlan } from "#kernel/config/process-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import type { EventQueue } from "./event-queue.ts";
import type { LinesWatch, Movement, OutputLine } from "./flows.ts";
import type { RunningInstance } from "./running-instance.ts";
import { KeptLines } from "./kept-lines.ts";
import type { KeptChunk, KeptLine } from "./kept-lines.ts";
import { decoded } from "./line-text.ts";
import { linesOf } from "./line-bytes.ts";
import { OutputFile } from "./output-file.ts";

const KEPT_BYTES_MAX = 4 << 20;
/** A share of it, for each who looks. */
const WATCHED_BYTES_MAX = 1 << 20;

type Stream = OutputLine["stream"];
interface About {
  readonly instance: number;
  readonly stream: Stream;
}
export interface AboutMovement {
  readonly process: ProcessFlow;
  readonly stream: Stream;
}

export interface FlowParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Lines that passed, as a chunk. */
  onMovement(about: AboutMovement, chunk: Pick<KeptChunk<unknown>, "atMs" | "bytes" | "count">): void;
}

export class ProcessFlow {
  plan: ProcessPlan;
  readonly own: EventQueue;
  readonly shared: EventQueue;
  /** Where what it prints goes. */
  behind: readonly EventQueue[] = [];
  /** Where it takes its events from, its own queue first. */
  sources: readonly EventQueue[];
  readonly instances = new Set<RunningInstance>();
  eventsIn = 0;
  eventsOut = 0;
  skipped = 0;
  readonly #kept: KeptLines<About>;
  readonly #parts: FlowParts;
  #file: OutputFile | undefined;
  readonly #watches = new Set<(chunk: KeptChunk<About>) => void>();
  readonly #abouts: Record<Stream, About> = { stdin: { instance: 1, stream: "stdin" }, stdout: { instance: 1, stream: "stdout" }, stderr: { instance: 1, stream: "stderr" } };
  readonly #movements: Readonly<Record<Stream, AboutMovement>> = { stdin: { process: this, stream: "stdin" }, stdout: { process: this, stream: "stdout" }, stderr: { process: this, stream: "stderr" } };
  /** Of shared queues, so that none is always the first. */
  #turn = 0;

  constructor(plan: ProcessPlan, own: EventQueue, shared: EventQueue, parts: FlowParts) {
    this.plan = plan;
    this.own = own;
    this.shared = shared;
    this.sources = [own];
    this.#kept = new KeptLines(plan.output.linesKept, KEPT_BYTES_MAX);
    this.#parts = parts;
    this.#file = fileOf(plan, parts.log);
  }

  changePlan(plan: ProcessPlan): void {
    if (JSON.stringify(plan.output) !== JSON.stringify(this.plan.output)) {
      this.#file?.close();
      this.#file = fileOf(plan, this.#parts.log);
    }
    this.plan = plan;
    this.#kept.linesMax = plan.output.linesKept;
  }

  /** Whole lines that passed: for who looks. */
  note(instance: number, stream: Stream, bytes: Buffer, count?: number): void {
    const chunk = this.#kept.add(this.#about(instance, stream), this.#parts.clock.now(), bytes, count);
    this.#parts.onMovement(this.#movements[stream], chunk);
    if (stream !== "stdin") this.#file?.write(bytes);
    for (const see of this.#watches) see(chunk);
  }

  /** The same object each time. */
  #about(instance: number, stream: Stream): About {
    const known = this.#abouts[stream];
    return known.instance === instance ? known : (this.#abouts[stream] = { instance, stream });
  }

  close(): void {
    this.#file?.close();
  }

  lines(limit: number): readonly OutputLine[] {
    return this.#kept.last(limit).map((line) => this.#outputLine(line));
  }

  /** Keeps the last lines that pass from now on, as they came: who prints a gigabyte a second has no time for a text of each. */
  watch(linesMax: number, tell: () => void): LinesWatch {
    const passed = new KeptLines<About>(linesMax, WATCHED_BYTES_MAX);
    let idsBefore = 0;
    const see = ({ about, atMs, bytes, count, firstId }: KeptChunk<About>): void => {
      idsBefore = firstId - passed.add(about, atMs, bytes, count).firstId;
      tell();
    };
    this.#watches.add(see);
    return {
      take: () => passed.takeAll().map((line) => this.#outputLine({ ...line, id: idsBefore + line.id })),
      close: () => void this.#watches.delete(see),
    };
  }

  /** A queue that has something, in the order that they are asked. */
  nextSource(): EventQueue | undefined {
    if (0 < this.own.events) return this.own;
    const shared = this.sources.length - 1;
    for (let step = 0; step < shared; step += 1) {
      const at = (this.#turn + step) % shared;
      const queue = this.sources[at + 1];
      if (queue === undefined || queue.events === 0) continue;
      this.#turn = at + 1;
      return queue;
    }
    return undefined;
  }

  /** Something has come into one of its sources. */
  wake(): void {
    for (const instance of this.instances) instance.pump();
  }

  fullBehind(): EventQueue | undefined {
    return this.behind.find((queue) => queue.isFull);
  }

  text(line: Buffer): string {
    const text = decoded(line, this.plan.encoding);
    return text.endsWith("\r") ? text.slice(0, -1) : text;
  }

  #outputLine({ about, atMs, id, line }: KeptLine<About>): OutputLine {
    return { id, atMs, instance: about.instance, stream: about.stream, text: this.text(line) };
  }
}

export function movementOf({ about, atMs, line }: KeptLine<AboutMovement>): Movement {
  const direction = about.stream === "stdin" ? "stdin -> task" : `task -> ${about.stream}` as const;
  return { atMs, process: about.process.plan.name, direction, text: about.process.text(line) };
}

/** The lines of a chunk as texts, for who asked for each. */
export function textsOf(bytes: Buffer, flow: ProcessFlow): string[] {
  return [...linesOf(bytes)].map((line) => flow.text(line));
}

function fileOf({ output }: ProcessPlan, log: Log): OutputFile | undefined {
  return output.file === undefined ? undefined : new OutputFile({ ...output, file: output.file }, log);
}
