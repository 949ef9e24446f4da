// What tests of plugins need: a context that forgets at the end, batches from text and from records, records from batches.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import { Batch } from "#dataplane/batch.ts";
import type { Facts } from "#dataplane/batch.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import { MetricFamily } from "./metric-family.ts";
import type { MetricSnapshot } from "./metric-family.ts";
import type { Log, PluginContext } from "./plugin.ts";

export interface Said {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

export interface TestContext extends PluginContext, AsyncDisposable {
  /** Everything logged so far. */
  readonly said: Said[];
  /** Everything counted so far. */
  readonly counts: Map<string, number>;
  /** The metrics made of records so far, as whoever looks at them sees them. */
  metrics(): MetricSnapshot[];
  /** What `committed` answers from; a test may write to it, as a pipeline would. */
  readonly store: Map<string, JsonValue>;
}

/** A context for one plugin, in a folder of its own unless `dataDir` is given; `await using` it. */
export async function testContext(given: Partial<PluginContext> & { store?: Map<string, JsonValue> } = {}): Promise<TestContext> {
  const dir = given.dataDir ?? (await mkdtemp(join(tmpdir(), "dure-test-")));
  const said: Said[] = [];
  const counts = new Map<string, number>();
  const families: MetricFamily[] = [];
  const store = given.store ?? new Map<string, JsonValue>();
  const at = (level: Said["level"]) => (message: string, fields: Record<string, unknown> = {}) => void said.push({ level, message, fields });
  const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return {
    pipeline: "test",
    step: "1",
    nth: 1,
    pool: given.pool ?? testPool(),
    clock: systemClock,
    log,
    dataDir: dir,
    configDir: dir,
    mode: "run",
    committed: (key) => store.get(key),
    committedKeys: (prefix) => [...store.keys()].filter((key) => key.startsWith(prefix)),
    count: (metric, by = 1) => void counts.set(metric, (counts.get(metric) ?? 0) + by),
    metric(definition) {
      const family = new MetricFamily(definition);
      families.push(family);
      return family;
    },
    metrics: () => families.map((family) => family.snapshot((given.clock ?? systemClock).now())),
    ...given,
    said,
    counts,
    store,
    async [Symbol.asyncDispose]() {
      if (dir !== given.dataDir) await rm(dir, { recursive: true, force: true });
    },
  };
}

export function testPool(bytesMax = 64 << 20): ChunkPool {
  return new ChunkMemory({ bytesMax }).pool();
}

export const TEST_FACTS: Facts = { tag: "test", seconds: 1_790_000_000, nanoseconds: 0 };

/** A lines batch; a missing last newline is added. */
export function linesBatch(pool: ChunkPool, text: string | Buffer, facts: Facts = TEST_FACTS): Batch {
  const bytes = Buffer.isBuffer(text) ? text : Buffer.from(text);
  const chunk = pool.take(bytes.length + 1);
  chunk.bytes.set(bytes);
  const length = bytes.length === 0 || bytes.at(-1) === 10 ? bytes.length : (chunk.bytes[bytes.length] = 10, bytes.length + 1);
  return Batch.lines(chunk, 0, length, facts);
}

/** An entries batch. */
export function recordsBatch(pool: ChunkPool, records: readonly Record<string, unknown>[], facts: Facts = TEST_FACTS): Batch {
  return batchOfRecords(pool, records, facts);
}

/** The records of a batch that are still in. */
export function recordsOf(batch: Batch): Record<string, unknown>[] {
  const records: Record<string, unknown>[] = [];
  for (let row = 0; row < batch.rows; row += 1) if (batch.isKept(row)) records.push(batch.record(row));
  return records;
}
