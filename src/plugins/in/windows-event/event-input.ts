// Asks each log in turn for what is behind the last record.
import { backoffMs } from "#base/backoff.ts";
import { toError } from "#base/errors.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import type { Delivery, Input, PluginContext } from "#sdk/plugin.ts";
import { sparingly } from "../parts/said-sparingly.ts";
import { askLog } from "./ask-log.ts";
import { eventFrom, eventTexts, recordIdIn } from "./event-xml.ts";
import type { WindowsEvent } from "./event-xml.ts";

export interface EventOptions {
  readonly channels: readonly string[];
  readonly where: string | undefined;
  readonly start: "beginning" | "end";
  readonly pollMs: number;
  readonly timeoutMs: number;
  readonly locale: string | undefined;
  readonly tag: string;
}

interface Log {
  readonly channel: string;
  /** Number of the last record handed out. undefined: nothing is known yet. */
  last: number | undefined;
  /** Answers without an event, one after the other. */
  idle: number;
  failures: number;
}

const POSITION = "windows-event:";
/** A log that was cleared may number from 1 again: once in so many empty answers, and with the first, that is asked. */
const CLEARED_EVERY = 12;

export class EventInput implements Input {
  readonly #options: EventOptions;
  readonly #context: PluginContext;
  readonly #sayStderr: (message: string, fields: Record<string, unknown>) => void;
  readonly #logs: readonly Log[];
  #round: Log[] = [];
  #hasNews = true;
  #isOddSaid = false;

  constructor(options: EventOptions, context: PluginContext) {
    this.#options = options;
    this.#context = context;
    this.#sayStderr = sparingly(context.log, () => context.clock.now());
    this.#logs = options.channels.map((channel) => {
      const committed = context.committed(POSITION + channel);
      const known = typeof committed === "number" && Number.isSafeInteger(committed) ? committed : undefined;
      return { channel, last: known ?? (options.start === "beginning" ? 0 : undefined), idle: 0, failures: 0 };
    });
  }

  async read(signal: AbortSignal): Promise<Delivery | undefined> {
    while (!signal.aborted) {
      const log = this.#round.shift();
      if (log === undefined) {
        if (!this.#hasNews && this.#context.mode === "test") return undefined;
        if (!this.#hasNews) await this.#context.clock.pause(this.#waitMs(), signal);
        this.#hasNews = false;
        this.#round = [...this.#logs];
        continue;
      }
      try {
        const delivery = await this.#ask(log, signal);
        log.failures = 0;
        if (delivery !== undefined) return delivery;
        if (signal.aborted) this.#round.unshift(log); // The next read begins with it.
      } catch (error) {
        this.#context.count("windows_event_failures_total");
        log.failures += 1;
        if (log.failures === 1) this.#context.log.warn("an event log cannot be read; it is tried again", { channel: log.channel, error: toError(error) });
      }
    }
    return undefined;
  }

  async close(): Promise<void> {}

  #waitMs(): number {
    const failures = Math.min(...this.#logs.map((log) => log.failures));
    return Math.max(this.#options.pollMs, failures === 0 ? 0 : backoffMs(failures));
  }

  async #ask(log: Log, signal: AbortSignal): Promise<Delivery | undefined> {
    const { where, locale } = this.#options;
    if (log.last === undefined) {
      log.last = await this.#newest(log, signal);
      return undefined;
    }
    const answer = await this.#answer({ channel: log.channel, after: log.last, where, locale }, signal);
    if (answer === undefined) return undefined;
    const events: WindowsEvent[] = [];
    let last = log.last;
    for (const text of eventTexts(answer)) {
      const event = eventFrom(text);
      last = Math.max(last, recordIdIn(text) ?? 0);
      if (event === undefined) this.#leaveOut(log.channel);
      else events.push(event);
    }
    if (last === log.last) {
      await this.#checkCleared(log, signal);
      return undefined;
    }
    const { pool, clock } = this.#context;
    if (0 < events.length) await pool.room(Buffer.byteLength(answer), signal);
    if (signal.aborted) return undefined; // They are asked for again.
    log.last = last;
    log.idle = 0;
    this.#hasNews = true;
    if (events.length === 0) return undefined;
    const now = clock.now();
    const facts = { tag: this.#options.tag, seconds: Math.floor(now / 1000), nanoseconds: (now % 1000) * 1_000_000, source: log.channel };
    const batch = batchOfRecords(pool, events.map(({ record }) => record), facts, (index) => events[index]?.timeMs);
    return { batch, positions: { [POSITION + log.channel]: last } };
  }

  #answer(question: Parameters<typeof askLog>[0], signal: AbortSignal): Promise<string | undefined> {
    return askLog(question, this.#options.timeoutMs, this.#context, (line) => this.#sayStderr("wevtutil says on its standard error", { channel: question.channel, line }), signal);
  }

  /** The number of the newest record; 0 of an empty log. undefined: the signal asked to stop. */
  async #newest({ channel }: Log, signal: AbortSignal): Promise<number | undefined> {
    const answer = await this.#answer({ channel, after: undefined, where: undefined, locale: undefined }, signal);
    return answer === undefined ? undefined : (recordIdIn(answer) ?? 0);
  }

  async #checkCleared(log: Log, signal: AbortSignal): Promise<void> {
    log.idle += 1;
    if (log.idle % CLEARED_EVERY !== 1 || log.last === 0 || log.last === undefined) return;
    const newest = await this.#newest(log, signal);
    // An empty log tells nothing: it may go on with its numbers.
    if (newest === undefined || newest === 0 || log.last <= newest) return;
    this.#context.log.warn("an event log was cleared and numbers anew; it is read from its beginning", { channel: log.channel, last: log.last, newest });
    log.last = 0;
    this.#hasNews = true;
  }

  #leaveOut(channel: string): void {
    this.#context.count("windows_event_left_out_total");
    if (!this.#isOddSaid) this.#context.log.warn("an event is not understood and was left out; more are only counted", { channel });
    this.#isOddSaid = true;
  }
}
