// What is measured of whoever runs jobs: how many a second, what they cost, and how long one takes while others come at a steady pace.
import type { Running } from "./contender.ts";
import { echoJob, isEcho } from "./echo-job.ts";
import type { EchoJob } from "./echo-job.ts";
import { cpuUs, memoryMb } from "./tree.ts";

export interface Throughput {
  readonly perSecond: number;
  /** Processor time a job: of those that take and run them; and with broker or database. */
  readonly workerUs: number;
  readonly systemUs: number;
  readonly workerMb: number;
  readonly systemMb: number;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Sent together, and sent but not durable at most: a client that waits for each would be what is measured. */
const BATCH = 100;
const UNCONFIRMED_MAX = 50;
const WARM_UP = 2000;
/** Without an answer for so long it is said who never came. */
const SILENT_MS = 60_000;

export async function measureThroughput(running: Running, count: number): Promise<Throughput> {
  const desk = new Desk(running);
  await desk.run(WARM_UP);
  const roots = [...running.workers(), ...running.servers()];
  const [workersBefore, systemBefore, begin] = [cpuUs(running.workers()), cpuUs(roots), performance.now()];
  await desk.run(count);
  const seconds = (performance.now() - begin) / 1000;
  const [workers, system] = [cpuUs(running.workers()) - workersBefore, cpuUs(roots) - systemBefore];
  return { perSecond: count / seconds, workerUs: workers / count, systemUs: system / count, workerMb: memoryMb(running.workers()), systemMb: memoryMb(roots) };
}

/** An open loop: a job is sent when its time has come, however long those before it take; its time counts from when it should have been sent. */
export async function measureLatency(running: Running, perSecond: number, seconds: number): Promise<Latency> {
  const desk = new Desk(running);
  await desk.run(WARM_UP);
  const count = perSecond * seconds;
  const times = await desk.pace(count, 1000 / perSecond);
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(count - 1, Math.floor(count * share))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Numbers go on from one bench of a contender to the next, so that a late answer is none of the next one's. */
let nextNumber = 1;

/** Sends jobs and takes in what comes back: each exactly once, and right. */
class Desk {
  readonly #running: Running;
  #waited = new Map<number, number>();
  #times: number[] = [];
  #tell: () => void = () => {};
  #failed: (error: Error) => void = () => {};
  #heardMs = 0;

  constructor(running: Running) {
    this.#running = running;
    running.onReply((number, back) => this.#reply(number, back));
  }

  async run(count: number): Promise<void> {
    const done = this.#begin();
    const jobs = numbers(count);
    const sending = new Set<Promise<void>>();
    for (let at = 0; at < count; at += BATCH) {
      const batch = jobs.slice(at, at + BATCH);
      for (const { number } of batch) this.#waited.set(number, 0);
      const sent: Promise<void> = this.#running.send(batch).finally(() => sending.delete(sent));
      sending.add(sent);
      if (UNCONFIRMED_MAX <= sending.size) await Promise.race(sending);
    }
    await Promise.all(sending);
    await done(count);
  }

  async pace(count: number, everyMs: number): Promise<readonly number[]> {
    const done = this.#begin();
    const jobs = numbers(count);
    const begin = performance.now();
    const sending: Promise<void>[] = [];
    for (let at = 0; at < count; ) {
      const due = Math.min(count, Math.floor((performance.now() - begin) / everyMs) + 1);
      for (; at < due; at += 1) {
        const job = jobs[at] as EchoJob;
        this.#waited.set(job.number, begin + at * everyMs);
        sending.push(this.#running.send([job]));
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(sending);
    await done(count);
    return this.#times;
  }

  /** What it gives waits until so many have been answered. */
  #begin(): (count: number) => Promise<void> {
    this.#waited = new Map();
    this.#times = [];
    this.#heardMs = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {}); // It is waited for once all are sent.
    this.#failed = reject;
    return async (count) => {
      const look = setInterval(() => {
        if (SILENT_MS < performance.now() - this.#heardMs) reject(new Error(`${this.#waited.size} of ${count} jobs were not answered, the first of them ${[...this.#waited.keys()].slice(0, 5).join(", ")}`));
      }, 1000);
      this.#tell = resolve;
      if (this.#waited.size === 0) resolve();
      await promise.finally(() => clearInterval(look));
    };
  }

  #reply(number: number, back: unknown): void {
    const nowMs = performance.now();
    const sentMs = this.#waited.get(number);
    if (sentMs === undefined) return this.#failed(new Error(`job ${number} was answered twice, or was never sent`));
    if (!isEcho(number, back)) return this.#failed(new Error(`job ${number} was answered wrongly: ${JSON.stringify(back)}`));
    this.#waited.delete(number);
    this.#times.push(nowMs - sentMs);
    this.#heardMs = nowMs;
    if (this.#waited.size === 0) this.#tell();
  }
}

function numbers(count: number): readonly EchoJob[] {
  const first = nextNumber;
  nextNumber += count;
  return Array.from({ length: count }, (_, at) => echoJob(first + at));
}
