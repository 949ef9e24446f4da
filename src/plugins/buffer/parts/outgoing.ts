// What a disk buffer gives on: first what an earlier run gave on and did not see committed, in the same groups under the same names; then
// what is merged now. Each group is written down before it goes, and its number is committed with it. So whatever was committed, what
// comes after it is exactly what was not: no batch is partial, and who remembers the names of what it took takes nothing twice.
import { assert } from "#base/assert.ts";
import { backoffMs } from "#base/backoff.ts";
import { Bell } from "#base/bell.ts";
import type { Clock } from "#base/clock.ts";
import { toError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import type { Delivery, Log } from "#sdk/plugin.ts";
import type { Gatherer, Merged } from "./gatherer.ts";
import { GivenGroups } from "./given-groups.ts";
import type { Group } from "./given-groups.ts";
import { readGroup } from "./group-reader.ts";
import { pileKey } from "./pile.ts";
import type { Fsync } from "./segment-writer.ts";
import { placeOf } from "./segments.ts";
import type { Place, Segments } from "./segments.ts";

/** Groups that are written down, and flushed, together. */
const TOGETHER_MAX = 256;
/** A disk that does not take a group is tried again at least this often. */
const RETRY_MS_MAX = 2000;

interface OutgoingParts {
  readonly segments: Segments;
  /** Of the positions that are committed. */
  readonly key: string;
  readonly committed: JsonValue | undefined;
  /** What is committed as written; the begin of all without it. */
  readonly passed: Place;
  readonly fsync: Fsync;
  readonly pool: ChunkPool;
  readonly clock: Clock;
  readonly log: Log;
  /** All that is given on again is written elsewhere and committed: nothing before the place is needed. */
  readonly onAgainPassed: (place: Place) => void;
}

export class Outgoing {
  readonly #parts: OutgoingParts;
  readonly #groups: GivenGroups;
  readonly #again: Group[];
  #againUnderWay = 0;
  readonly #ready: Delivery[] = [];
  /** What lies before is given on again; what is read begins here. */
  readonly start: Place;
  /** Committed with the next group at least. */
  #passed: Place;
  readonly #closing = new AbortController();
  #isFailing = false;

  constructor(parts: OutgoingParts) {
    this.#parts = parts;
    this.#groups = new GivenGroups(parts.segments.dir, { committed: numberIn(parts.committed), passed: parts.passed });
    this.#again = [...this.#groups.again];
    this.#passed = this.start = this.#again.at(-1)?.passed ?? parts.passed;
  }

  /** Places up to here are used: the buffer goes on in a later segment. */
  get lastSegment(): number {
    return this.#groups.lastSegment;
  }

  /** How much of a batch that is read was given on before. */
  coveredBytes(batch: Batch, place: Place): number {
    return this.#groups.coveredBytes(pileKey(batch), place, batch.length);
  }

  /** What is to be given on next; undefined when nothing is complete. */
  async next(gatherer: Gatherer): Promise<Delivery | undefined> {
    while (this.#ready.length === 0 && 0 < this.#again.length) await this.#readAgain();
    if (this.#ready.length === 0) await this.#takeFrom(gatherer);
    return this.#ready.shift();
  }

  /** Waits for nothing any more; what is under way ends. */
  abort(): void {
    this.#closing.abort();
  }

  /** Nothing is under way. */
  close(): void {
    for (const { batch } of this.#ready.splice(0)) batch.release();
    this.#groups.close();
  }

  async #readAgain(): Promise<void> {
    const [group] = this.#again;
    if (group === undefined) return;
    const { segments, pool, clock } = this.#parts;
    const batch = await readGroup(group, { segments, pool, clock, isClosed: () => this.#closing.signal.aborted, streamOf: (key) => this.#groups.streamOf(key) });
    this.#again.shift();
    this.#againUnderWay += 1;
    const over = (): void => {
      this.#againUnderWay -= 1;
      if (this.#againUnderWay === 0 && this.#again.length === 0) this.#parts.onAgainPassed(this.start);
    };
    if (batch === undefined) return over();
    this.#ready.push(
      this.#delivery(batch, group, () => {
        this.#groups.commit(group.number, group.passed);
        over();
      }),
    );
  }

  async #takeFrom(gatherer: Gatherer): Promise<void> {
    const taken: { merged: Merged; group: Group }[] = [];
    while (taken.length < TOGETHER_MAX) {
      const merged = gatherer.take();
      if (merged === undefined) break;
      assert(merged.extent !== undefined, "what a disk buffer merges lies in its files");
      this.#passed = placeOf(merged.positions?.[this.#parts.key]) ?? this.#passed;
      taken.push({ merged, group: this.#groups.group(merged.extent, this.#passed) });
    }
    if (taken.length === 0) return;
    for (const { group } of taken) await this.#persist(() => this.#groups.write(group));
    if (this.#parts.fsync === "every") await this.#persist(() => this.#groups.flush());
    for (const { merged, group } of taken) {
      if (this.#closing.signal.aborted) merged.batch.release();
      else
        this.#ready.push(
          this.#delivery(merged.batch, group, async () => {
            this.#groups.commit(group.number, group.passed);
            await merged.ack?.();
          }),
        );
    }
  }

  #delivery(batch: Batch, { number, run, passed }: Group, ack: () => void | Promise<void>): Delivery {
    // What is left of a group behind damage is not the group.
    batch.identify(`${run}:${number}:${batch.length}:${batch.rows}`);
    return { batch, positions: { [this.#parts.key]: { ...passed, group: number } }, ack };
  }

  /** Does it, again and again until it works or the buffer is closed: what is not written down cannot be given on. */
  async #persist(work: () => void | Promise<void>): Promise<void> {
    const { log, clock, segments } = this.#parts;
    const { signal } = this.#closing;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        const working = work();
        if (working !== undefined) await working;
        if (this.#isFailing) log.info("the buffer gives on again", { dir: segments.dir });
        this.#isFailing = false;
        return;
      } catch (error) {
        if (!this.#isFailing) log.error("the buffer cannot write down what it gives on; the pipeline waits", { dir: segments.dir, error: toError(error).message });
        this.#isFailing = true;
        await new Bell().rung(signal, { clock, ms: backoffMs(failures, { firstMs: 100, mostMs: RETRY_MS_MAX }) });
      }
    }
  }
}

/** The number of the last group that is committed: none is 0. */
function numberIn(value: JsonValue | undefined): number {
  const number = typeof value === "object" && value !== null && "group" in value ? value["group"] : undefined;
  return typeof number === "number" ? number : 0;
}
