// Every built-in buffer keeps what all buffers promise, in memory and on disk. One without an arrangement fails.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bufferConformance } from "#sdk/conformance/buffer.ts";
import type { BufferPlugin } from "#sdk/plugin.ts";
import { builtInPlugins } from "#plugins/all.ts";

const ARRANGED: Readonly<Record<string, Record<string, unknown>>> = {
  "buffer.Lines": { lines: 7 },
  "buffer.Size": { bytes: "10k" },
  "buffer.Time": { every: "1h" },
};

for (const [name, { load }] of Object.entries(builtInPlugins)) {
  if (!name.startsWith("buffer.")) continue;
  const options = ARRANGED[name];
  if (options === undefined) test(`${name} conforms`, () => assert.fail(`${name} has no arrangement: write one in this file`));
  for (const storage of options === undefined ? [] : ["memory", "disk"]) bufferConformance({ plugin: (await load()) as unknown as BufferPlugin, options: { ...options, storage }, isDurable: storage === "disk" });
}
