// Setting up a checkout: what is missing is made, once, by whoever comes first; when nothing is missing nothing is said.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "./run-dure.ts";

/** A checkout with nothing installed. Instead of npm, what stands in for it writes down how it was called and borrows our packages. */
function checkout() {
  const path = mkdtempSync(join(tmpdir(), "dure-checkout-"));
  for (const name of ["scripts", "src", "ui", "tsconfig.json", "package.json", "package-lock.json", "dure", "dure.cmd"]) cpSync(join(ROOT, name), join(path, name), { recursive: true, preserveTimestamps: true });
  const npm = join(path, "fake-npm.js");
  writeFileSync(
    npm,
    `import fs from "node:fs";
fs.appendFileSync(${JSON.stringify(join(path, "npm-calls"))}, process.argv.slice(2).join(" ") + "\\n");
if (!fs.existsSync(${JSON.stringify(join(path, "node_modules"))})) fs.symlinkSync(${JSON.stringify(join(ROOT, "node_modules"))}, ${JSON.stringify(join(path, "node_modules"))}, "junction");`,
  );
  // As inside `npm start`: which npm it is, and the Node that npm runs on.
  const env = { ...process.env, npm_execpath: npm, npm_node_execpath: process.execPath };
  return {
    path,
    npmCalls: () => (existsSync(join(path, "npm-calls")) ? readFileSync(join(path, "npm-calls"), "utf8").trimEnd().split("\n") : []),
    setup: async () => {
      const child = spawn(process.execPath, [join(path, "scripts/setup.mjs")], { env, stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
      const [code] = (await once(child, "close")) as [number | null];
      return { code, said };
    },
    dure: (...args: string[]) => spawnSync(join(path, "dure"), args, { env: { ...env, PATH: `${join(process.execPath, "..")}:${process.env["PATH"]}` }, encoding: "utf8" }),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

test("setup: the launcher makes what is missing; then there is nothing to do, and nothing is said", { skip: process.platform === "win32" }, async () => {
  using fresh = checkout();
  const { pid: ended } = spawnSync(process.execPath, ["-e", ""]);
  mkdirSync(join(fresh.path, "build"));
  writeFileSync(join(fresh.path, "build/setup.lock"), String(ended)); // Left by a setup that was killed.

  const first = fresh.dure("--version");
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /^dure \d/);
  assert.match(first.stderr, /installing packages[\s\S]*building the data-plane kernels/);
  assert.deepEqual(fresh.npmCalls().map((call) => call.split(" ").slice(0, 2)), [["ci", "--ignore-scripts"]]);
  assert.ok(statSync(join(fresh.path, "build/kernels.wasm")).size > 0);
  assert.ok(existsSync(join(fresh.path, "build/compile-cache")));
  assert.ok(!existsSync(join(fresh.path, "build/setup.lock")));

  const second = fresh.dure("--version");
  assert.deepEqual([second.status, second.stderr], [0, ""]);
  assert.deepEqual(await fresh.setup(), { code: 0, said: "" });

  // What is edited after the set-up is what runs, not what was prepared of it.
  const words = join(fresh.path, "src/edges/cli/version-line.ts");
  assert.ok(existsSync(join(fresh.path, "build/program/edges/cli/version-line.ts")));
  writeFileSync(words, readFileSync(words, "utf8").replaceAll("`dure ", "`edited "));
  assert.match(fresh.dure("--version").stdout, /^edited \d/);

  // The same bytes with a new time, as after a change of branches and back, are nothing new; other bytes are.
  const source = join(fresh.path, "src/dataplane/assembly/index.ts");
  utimesSync(source, new Date(), new Date());
  assert.deepEqual(await fresh.setup(), { code: 0, said: "" });
  assert.equal(fresh.npmCalls().length, 1);
  const lock = join(fresh.path, "package-lock.json");
  const { packages, ...rest } = JSON.parse(readFileSync(lock, "utf8")) as { packages: Record<string, { version: string }> };
  writeFileSync(lock, JSON.stringify({ ...rest, packages: { ...packages, "node_modules/zod": { ...packages["node_modules/zod"], version: "0.0.1" } } }));
  assert.match((await fresh.setup()).said, /installing packages/);
  assert.equal(fresh.npmCalls().length, 2);
});

test("setup: what it compiles ahead is compiled as the launchers run it", async () => {
  const { launcherFlags } = (await import(new URL("../../scripts/project.mjs", import.meta.url).href)) as { launcherFlags: readonly (readonly string[])[] };
  for (const name of ["dure", "dure.cmd"]) {
    const given = [...readFileSync(join(ROOT, name), "utf8").matchAll(/flags="?(--[^"\r\n]+)/gi)].map(([, flags]) => flags);
    assert.deepEqual([...new Set(given)], launcherFlags.map((flags) => flags.join(" ")), name);
  }
});

test("setup: of several at once one does the work", async () => {
  using fresh = checkout();
  const all = await Promise.all([fresh.setup(), fresh.setup(), fresh.setup()]);
  assert.deepEqual(all.map(({ code }) => code), [0, 0, 0], all.map(({ said }) => said).join("\n"));
  assert.equal(fresh.npmCalls().length, 1);
  assert.equal(all.filter(({ said }) => said.includes("building the data-plane kernels")).length, 1);
});

test("setup: a step that fails is told, and its lock given up", async () => {
  using fresh = checkout();
  symlinkSync(join(ROOT, "node_modules"), join(fresh.path, "node_modules"), "junction");
  writeFileSync(join(fresh.path, "src/dataplane/assembly/index.ts"), "this is no program");
  const { code, said } = await fresh.setup();
  assert.equal(code, 1);
  assert.match(said, /building the kernels ended with 1/);
  assert.ok(!existsSync(join(fresh.path, "build/setup.lock")));
  assert.ok(!existsSync(join(fresh.path, "build/setup.stamp")));
});
