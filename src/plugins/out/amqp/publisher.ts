// Batches into messages, messages onto a channel that is opened again after it broke; waiting between attempts is the pipeline's.
import { PermanentError, toError } from "#base/errors.ts";
import type { Batch, Slice } from "#dataplane/batch.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import type { PluginContext, Refused, Written } from "#sdk/plugin.ts";
import type { AmqpOptions } from "../amqp.ts";
import { timeStyles } from "../parts/time-style.ts";
import { openChannel } from "./channel.ts";
import type { BrokerChannel, Outcome } from "./channel.ts";
import { nameOf } from "./routing.ts";

/** What the protocol holds of a name. */
const NAME_BYTES_MAX = 255;
const NEWLINE = 10;

export class Publisher {
  readonly #given: AmqpOptions;
  readonly #context: PluginContext;
  readonly #exchangeOf: ReturnType<typeof nameOf>;
  readonly #routingKeyOf: ReturnType<typeof nameOf>;
  readonly #styleAt: ReturnType<typeof timeStyles>;
  readonly #closing = new AbortController();
  #channel: BrokerChannel | undefined;
  #opening: Promise<BrokerChannel> | undefined;
  /** The host that answered last is asked first. */
  #host = 0;
  #connectionsEver = 0;

  constructor(given: AmqpOptions, context: PluginContext) {
    this.#given = given;
    this.#context = context;
    this.#exchangeOf = nameOf(given.exchange ?? "");
    this.#routingKeyOf = nameOf(given.queue ?? given.routing_key);
    this.#styleAt = timeStyles(given);
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Written> {
    if (batch.count === 0) return { bytes: 0 };
    const channel = await unlessAborted(this.#open(), signal);
    const onAbort = (): void => channel.fail(new Error("the write was given up"));
    signal.addEventListener("abort", onAbort, { once: true });
    const slice = this.#given.message === "batch" && this.#given.format === "msgpack" ? batch.entries() : batch.json(this.#styleAt(batch.facts.seconds));
    try {
      return this.#given.message === "batch" ? await this.#writeWhole(channel, batch, slice) : await this.#writeRecords(channel, batch, slice, signal);
    } catch (error) {
      throw this.#finalIfSo(toError(error), batch);
    } finally {
      slice.release();
      signal.removeEventListener("abort", onAbort);
    }
  }

  async healthy(signal: AbortSignal): Promise<boolean> {
    try {
      return !(await unlessAborted(this.#open(), signal)).isBlocked;
    } catch {
      return false; // Why, the next write says.
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(); // A connection that is being made closes itself.
    this.#opening?.catch(() => {});
    await this.#channel?.close();
  }

  async #writeWhole(channel: BrokerChannel, batch: Batch, { bytes }: Slice): Promise<Written> {
    const [exchange, routingKey] = [this.#exchangeOf(batch)(0), this.#routingKeyOf(batch)(0)];
    const long = tooLong(exchange, routingKey);
    if (long !== undefined) throw long;
    const contentType = this.#given.format === "json" ? "application/x-ndjson" : "application/msgpack";
    const [outcome] = await this.#answered(channel, [channel.publish({ exchange, routingKey, content: bytes, contentType })]);
    if (outcome === "unroutable") throw unroutable(exchange, routingKey);
    if (outcome === "refused") throw new Error("the broker refused a message (nack)");
    return { bytes: bytes.length };
  }

  async #writeRecords(channel: BrokerChannel, batch: Batch, { bytes }: Slice, signal: AbortSignal): Promise<Written> {
    const [exchangeOf, routingKeyOf] = [this.#exchangeOf(batch), this.#routingKeyOf(batch)];
    const underWay: Promise<Outcome>[] = [];
    const places: number[] = [];
    const bad: { place: number; reason: Error }[] = [];
    let from = 0;
    for (let row = 0; row < batch.rows; row += 1) {
      if (!batch.isKept(row)) continue;
      const end = bytes.indexOf(NEWLINE, from);
      const [exchange, routingKey] = [exchangeOf(row), routingKeyOf(row)];
      const long = tooLong(exchange, routingKey);
      if (long !== undefined) bad.push({ place: row, reason: long });
      else {
        underWay.push(channel.publish({ exchange, routingKey, content: bytes.subarray(from, end), contentType: "application/json" }));
        places.push(row);
        if (channel.isFull) await this.#watched(channel, channel.drained());
        signal.throwIfAborted();
      }
      from = end + 1;
    }
    const outcomes = await this.#answered(channel, underWay);
    if (outcomes.includes("refused")) throw new Error("the broker refused messages (nack)");
    outcomes.forEach((outcome, index) => {
      const place = places[index] ?? 0;
      if (outcome === "unroutable") bad.push({ place, reason: unroutable(exchangeOf(place), routingKeyOf(place)) });
    });
    return { bytes: bytes.length, ...(bad.length === 0 ? {} : { refused: lettersOf(batch, bad) }) };
  }

  async #answered(channel: BrokerChannel, underWay: readonly Promise<Outcome>[]): Promise<Outcome[]> {
    return this.#watched(channel, Promise.all(underWay));
  }

  /** A broker that neither answers nor says why loses the connection. */
  async #watched<Result>(channel: BrokerChannel, wait: Promise<Result>): Promise<Result> {
    const late = setInterval(() => {
      if (!channel.isBlocked) channel.fail(new Error(`the broker confirmed nothing for ${this.#given.confirm_timeout} ms`));
    }, this.#given.confirm_timeout);
    try {
      return await wait;
    } finally {
      clearInterval(late);
    }
  }

  /** A broker closes the channel over what it will never take: those batches would come for ever. */
  #finalIfSo(error: Error, batch: Batch): Error {
    const isNamedByBatch = this.#given.exchange?.includes("${") === true;
    const missing = /NOT_FOUND - no exchange '(.*?)' in vhost/.exec(error.message)?.[1];
    const names = isNamedByBatch && missing !== undefined ? this.#exchangeOf(batch) : undefined;
    const isMissing = names !== undefined && Array.from({ length: batch.rows }, (_, row) => row).some((row) => batch.isKept(row) && names(row) === missing);
    if (isMissing || (this.#given.message === "batch" && /PRECONDITION_FAILED - message size/.test(error.message))) return new PermanentError(error.message, { cause: error });
    return error;
  }

  #open(): Promise<BrokerChannel> {
    if (this.#channel?.isUsable === true) return Promise.resolve(this.#channel);
    this.#opening ??= this.#openAny().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #openAny(): Promise<BrokerChannel> {
    const { hosts } = this.#given;
    const { log, configDir, count } = this.#context;
    await this.#channel?.close();
    this.#channel = undefined;
    let failure: Error | undefined;
    for (let step = 0; step < hosts.length; step += 1) {
      this.#closing.signal.throwIfAborted();
      const at = (this.#host + step) % hosts.length;
      const host = hosts[at] ?? "";
      try {
        const channel = await openChannel(this.#given, host, configDir, (reason) => {
          if (reason === undefined) log.info("the broker takes messages again", { host });
          else log.warn("the broker takes no messages now; batches wait", { host, reason });
        });
        if (this.#closing.signal.aborted) {
          await channel.close();
          this.#closing.signal.throwIfAborted();
        }
        if (0 < this.#connectionsEver) count("reconnects_total");
        this.#connectionsEver += 1;
        this.#host = at;
        this.#channel = channel;
        return channel;
      } catch (error) {
        failure = new Error(`${host}: ${toError(error).message}`, { cause: error });
      }
    }
    throw failure ?? new Error("no broker is given");
  }
}

function tooLong(exchange: string, routingKey: string): PermanentError | undefined {
  if (Buffer.byteLength(exchange) <= NAME_BYTES_MAX && Buffer.byteLength(routingKey) <= NAME_BYTES_MAX) return undefined;
  return new PermanentError(`an exchange or routing key of more than ${NAME_BYTES_MAX} bytes: ${JSON.stringify(`${exchange} ${routingKey}`.slice(0, 100))}`);
}

function unroutable(exchange: string, routingKey: string): PermanentError {
  return new PermanentError(`no queue takes messages of exchange ${JSON.stringify(exchange)} and routing key ${JSON.stringify(routingKey)}`);
}

function lettersOf(batch: Batch, bad: readonly { readonly place: number; readonly reason: Error }[]): Refused[] {
  const [first] = bad;
  const records = bad.map(({ place }) => batch.record(place));
  return [{ batch: batchOfRecords(batch.pool, records, batch.facts, (index) => batch.timeMs(bad[index]?.place ?? 0)), reason: first?.reason ?? new PermanentError("refused") }];
}

async function unlessAborted<Result>(wait: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([wait, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
