// The config file under kill -9: the old text or the new one stands there, whole; and what it was otherwise, it stays.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { replaceConfigFile } from "./config-file.ts";

const KILLS = Number(process.env["DURE_TEST_KILLS"] ?? 20);
const LENGTH = 300_000;

/** Writes one text and the other in turns until it is killed. */
const WRITER = `
const [module, file] = process.argv.slice(2);
const { replaceConfigFile } = await import(module);
process.stdout.write("ready");
for (let n = 0; ; n += 1) replaceConfigFile(file, (n % 2 === 0 ? "a" : "b").repeat(${LENGTH}));
`;

test("a config file that is being replaced is whole whenever its writer is killed", { timeout: 240_000 + 2000 * KILLS }, async () => {
  const dir = folder();
  const [file, writer] = [join(dir, "dure.yml"), join(dir, "writer.mjs")];
  writeFileSync(file, "a".repeat(LENGTH));
  writeFileSync(writer, WRITER);
  let leftOver = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = spawn(process.execPath, [writer, new URL("./config-file.ts", import.meta.url).href, file], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    // A moment that is another each time, and that nobody waits for: as much work as a number of turns of this loop takes.
    for (let turn = 0; turn < 1 + ((kill * 37) % 101); turn += 1) await new Promise((resolve) => setImmediate(resolve));
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.match(readFileSync(file, "latin1"), /^(?:a+|b+)$/);
    assert.equal(statSync(file).size, LENGTH);
    if (readdirSync(dir).some((name) => name.startsWith("."))) leftOver += 1;
  }
  replaceConfigFile(file, "c");
  assert.deepEqual([readFileSync(file, "utf8"), readdirSync(dir).sort()], ["c", ["dure.yml", "writer.mjs"]], `${leftOver} kills had left a part of a file`);
});

test("a config file keeps its owner", { skip: process.getuid?.() !== 0 && "only root may give files away" }, () => {
  const file = join(folder(), "dure.yml");
  writeFileSync(file, "old", { mode: 0o604 });
  chownSync(file, 1234, 4321);
  replaceConfigFile(file, "new");
  const { uid, gid, mode } = statSync(file);
  assert.deepEqual([readFileSync(file, "utf8"), uid, gid, mode & 0o777], ["new", 1234, 4321, 0o604]);
});

test("a config file that cannot be replaced is left alone, with words", () => {
  const file = join(folder(), "gone", "dure.yml");
  assert.throws(() => replaceConfigFile(file, "new"), (error) => error instanceof CommandFailure && error.code === "CONFLICT" && error.message.endsWith("cannot be replaced (ENOENT)"));
});

/** Gone with the test that asks for it. */
function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "dure-config-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
