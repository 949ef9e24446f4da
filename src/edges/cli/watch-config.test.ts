import assert from "node:assert/strict";
import { renameSync, statSync } from "node:fs";
import type { watch } from "node:fs";
import { test } from "node:test";
import { folder, until } from "#test/cli/run-dure.ts";
import { watchConfig } from "./watch-config.ts";

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

test("watch config: where the system cannot watch, looking now and then finds a change", async () => {
  await using here = folder();
  here.write("dure.yml", "a");
  const said: string[] = [];
  let changes = 0;
  const watchFolder = (() => {
    throw Object.assign(new Error("no more watches"), { code: "ENOSPC" });
  }) as unknown as typeof watch;
  const stop = watchConfig({ configFile: here.file("dure.yml"), log: { ...quiet, info: (message) => void said.push(message) }, changed: async () => ((changes += 1), []), watchFolder });
  here.write("dure.yml.new", "b");
  renameSync(here.file("dure.yml.new"), here.file("dure.yml"));
  await until(() => changes === 1, "the change is seen");
  stop();
  assert.deepEqual(said, ["the config's folder cannot be watched; it is looked at now and then"]);
});

test("watch config: another file that it was made of is watched where it lies, also before it is there, and no longer when the config does without it", async () => {
  await using here = folder();
  here.write("conf/dure.yml", "a");
  here.write("elsewhere/helper.js", "a");
  const helper = here.file("elsewhere/helper.js");
  const secret = here.file("not/there/yet/secret");
  let files = [helper, secret, "/proc/self/stat"];
  const told: (readonly string[])[] = [];
  const stop = watchConfig({ configFile: here.file("conf/dure.yml"), files, log: quiet, changed: async (before) => (told.push(before), files) });
  here.write("elsewhere/helper.js", "bb");
  await until(() => told.length === 1, "a change in another folder is seen");
  here.write("not/there/yet/secret", "s");
  await until(() => told.length === 2, "a file in new folders is seen");
  files = [secret];
  here.write("not/there/yet/secret", "tt");
  await until(() => told.length === 3, "and its change");
  here.write("elsewhere/helper.js", "ccc");
  here.write("conf/dure.yml", "bb");
  await until(() => told.length === 4, "the config is still watched");
  stop();
  assert.deepEqual(told, [[helper, secret], [helper, secret], [helper, secret], [secret]]);
});

test("watch config: what changed after it was read and before it was watched is a change; what had been there before is none", async () => {
  await using here = folder();
  here.write("dure.yml", "a");
  here.write("helper.js", "read, and then changed");
  const { ctimeMs } = statSync(here.file("helper.js"));
  let told = 0;
  const watching = (readSinceMs: number): (() => void) => watchConfig({ configFile: here.file("dure.yml"), files: [here.file("helper.js")], readSinceMs, log: quiet, changed: async (files) => ((told += 1), files) });
  const stopFirst = watching(ctimeMs + 1000);
  const stop = watching(ctimeMs - 1);
  await until(() => told === 1, "the change is seen");
  stopFirst();
  stop();
  assert.equal(told, 1);
});

test("watch config: what else is written beside a config is no change, and changes during a reload are one more", async () => {
  await using here = folder();
  here.write("dure.yml", "a");
  const { promise: goOn, resolve } = Promise.withResolvers<void>();
  let changes = 0;
  const stop = watchConfig({
    configFile: here.file("dure.yml"),
    log: quiet,
    async changed() {
      changes += 1;
      if (changes === 1) await goOn;
      return [];
    },
  });
  for (let line = 0; line < 20; line += 1) here.write("app.log", "x".repeat(line));
  here.write("dure.yml", "bb");
  await until(() => changes === 1, "the change is seen");
  for (const text of ["ccc", "dddd", "eeeee"]) here.write("dure.yml", text);
  resolve();
  await until(() => changes === 2, "what came meanwhile is seen");
  here.write("app.log", "more");
  here.write("other.log", "made");
  here.write("dure.yml", "ffffff");
  await until(() => changes === 3, "the last one is seen");
  stop();
  assert.equal(changes, 3);
});

test("watch config: what changes at the very moment a reload ends is one more change", async () => {
  await using here = folder();
  here.write("dure.yml", "a");
  let changes = 0;
  /** Is asked for its files between one look at them and the next. */
  const late = Object.assign([], {
    filter: (): string[] => {
      if (changes === 1) here.write("dure.yml", "ccc");
      return [];
    },
  });
  const stop = watchConfig({ configFile: here.file("dure.yml"), log: quiet, changed: async () => ((changes += 1), late) });
  here.write("dure.yml", "bb");
  await until(() => changes === 2, "the second change is seen");
  stop();
});
