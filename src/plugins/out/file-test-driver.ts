// What tests of out.File put in the place of the pipeline: it starts writes in order, several at a time, and commits what is
// finished in order, as one record, before it tells the output.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { linesBatch } from "#sdk/testing.ts";
import { file } from "./file.ts";

export interface Driver {
  /** Starts the write of a batch of text; resolves when it is committed. Starts no more than the output allows. */
  write(text: string, position: number, facts?: Partial<Batch["facts"]>): Promise<void>;
  /** Position of the last commit. */
  readonly position: number;
  close(): Promise<void>;
}

/** `commitFile` holds what is committed; it is replaced at once, as a pipeline's store is. */
export async function drive(
  options: z.input<(typeof file)["options"]>,
  context: Omit<PluginContext, "committed" | "committedKeys">,
  commitFile: string,
  { commits = true }: { commits?: boolean } = {},
): Promise<Driver> {
  await mkdir(context.dataDir, { recursive: true });
  let store = readStore(commitFile);
  const output = await file.open(file.options.parse(options), {
    ...context,
    committed: (key) => store[key],
    committedKeys: (prefix) => Object.keys(store).filter((key) => key.startsWith(prefix)),
  });
  const { signal } = new AbortController();
  const queue: { changes?: Record<string, JsonValue>; readonly settled: () => void }[] = [];
  let isSettling = false;

  async function settle(): Promise<void> {
    if (isSettling) return;
    isSettling = true;
    while (queue[0]?.changes !== undefined) {
      const done = [];
      while (queue[0]?.changes !== undefined) done.push(queue.shift());
      if (commits) {
        const next = Object.assign({ ...store }, ...done.map((each) => each?.changes)) as Record<string, JsonValue>;
        store = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== null));
        writeFileSync(`${commitFile}.new`, JSON.stringify(store));
        renameSync(`${commitFile}.new`, commitFile);
        await output.committed?.();
      }
      for (const each of done) each?.settled();
    }
    isSettling = false;
  }

  return {
    async write(text, position, facts = {}) {
      const batch = linesBatch(context.pool, text, { tag: "test", seconds: 1_790_000_000, nanoseconds: 0, ...facts });
      const { promise, resolve } = Promise.withResolvers<void>();
      const place: { changes?: Record<string, JsonValue>; readonly settled: () => void } = { settled: resolve };
      queue.push(place);
      for (;;) {
        try {
          const written = (await output.write(batch, signal)) ?? {};
          place.changes = { position, ...written.commit };
          break;
        } catch {
          await context.clock.pause(5 + Math.random() * 20); // Tried again until it goes, each batch on its own, as the pipeline does.
        }
      }
      batch.release();
      void settle();
      await promise;
    },
    get position() {
      return typeof store["position"] === "number" ? store["position"] : 0;
    },
    close: () => output.close(),
  };
}

function readStore(commitFile: string): Record<string, JsonValue> {
  try {
    return JSON.parse(readFileSync(commitFile, "utf8")) as Record<string, JsonValue>;
  } catch {
    return {};
  }
}
