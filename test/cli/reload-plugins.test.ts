// `dure reload` notices plugin files of the user's own that changed, and takes their new code while a client goes on sending.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { freePort } from "../servers/free-port.ts";
import { folder, until } from "./run-dure.ts";

const stamp = (version: number, opening = ""): string => `
import { appendFileSync } from "node:fs";
import { defineOutput, z } from "dure/plugin";
import { duration } from "dure/options";
export default defineOutput({
  name: "Stamp", summary: { en: "Stamps.", ko: "찍습니다." },
  options: z.strictObject({ path: z.string(), wait: duration().prefault("1s") }),
  async open({ path }) {
    ${opening}
    return {
      async write(batch: { rows: number; record(row: number): Record<string, unknown> }) {
        for (let row = 0; row < batch.rows; row += 1) appendFileSync(path, \`${version} \${batch.record(row).message}\\n\`);
      },
      async close() {},
    };
  },
});
`;

test("reload: a file that a plugin imports, and one named by ${file:…}, is a change of exactly the steps that use it", { timeout: 240_000, skip: process.platform === "win32" && "the agent is stopped by a signal" }, async () => {
  await using here = folder();
  here.write("plugins/Deep.ts", 'import { mark } from "../lib/mark.ts";\nexport const parse = (line: string) => ({ line, mark: mark() });\n');
  here.write("plugins/Plain.js", "export const parse = (line) => ({ line });\n");
  here.write("lib/mark.ts", 'import { word } from "./word.mjs";\nexport const mark = (): string => `<${word}>`;\n');
  here.write("lib/word.mjs", 'export const word = "one";\n');
  here.write("secret", "first\n");
  const endless = { "in.Dummy": { record: "x", count: 0, rate: 50 } };
  here.write("dure.yml", JSON.stringify({ pipelines: { deep: [endless, "parse.Deep", { "out.File": "deep.json" }], plain: [endless, "parse.Plain", "out.Null"], named: [endless, { "filter.Reform": { write: { by: "${file:secret}" } } }, { "out.File": "named.json" }] } }));
  const agent = here.spawn(["run", "--lang", "en"]);
  await until(async () => (await here.dure(["ls"])).code === exitCode.done, "the agent answers");
  const ends = (file: string): string => (existsSync(here.file(file)) ? readFileSync(here.file(file), "utf8").slice(-200) : "");
  await until(() => ends("deep.json").includes("<one>") && ends("named.json").includes("first"), "all run");

  here.write("lib/word.mjs", 'export const word = "two";\n');
  const planned = await here.dure(["reload", "--plan", "--lang", "en"]);
  assert.match(planned.stdout, /~ deep\n    ~ 2:parse.Deep  its code\n.*unchanged: 2/s);
  assert.equal((await here.dure(["reload"])).code, exitCode.done);
  await until(() => ends("deep.json").includes("<two>"), "the new import is at work");

  here.write("secret", "second\n");
  assert.match((await here.dure(["reload", "--plan", "--lang", "en"])).stdout, /~ named\n    ~ 2:filter.Reform  write\n.*unchanged: 2/s);
  assert.equal((await here.dure(["reload"])).code, exitCode.done);
  await until(() => ends("named.json").includes("second"), "the new text is at work");

  here.write("lib/word.mjs", "export const word = ;\n");
  const broken = await here.dure(["reload", "--lang", "en"]);
  assert.equal(broken.code, exitCode.configInvalid);
  assert.match(broken.stderr, /\(\.\.\/lib\/word\.mjs:1:21\).*Deep\.ts/s);
  agent.child.kill("SIGTERM");
  assert.equal((await agent.ended).code, exitCode.terminated);
});

test("reload: a plugin file that was added or changed is taken; with a wrong one the code before goes on", { timeout: 240_000, skip: process.platform === "win32" && "the agent is stopped by a signal" }, async () => {
  await using here = folder();
  const port = await freePort();
  const out = here.file("stamped.txt");
  const config = (output: unknown): string => JSON.stringify({ pipelines: { stamped: [{ "in.Tcp": { port, host: "127.0.0.1" } }, output] } });
  here.write("dure.yml", config("out.Null"));
  // The thread starts without plugins, and so without schemas.
  const agent = here.spawn(["run", "--lang", "en"]);
  await until(async () => (await here.dure(["ls"])).code === exitCode.done, "the agent answers");
  await agent.printed(/listening/);
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let isCut = false;
  socket.on("close", () => (isCut = true));
  const say = async (text: string, stamped: string): Promise<void> => {
    socket.write(`${text}\n`);
    await until(() => existsSync(out) && readFileSync(out, "utf8").endsWith(`${stamped}\n`), stamped);
  };
  const reload = () => here.dure(["reload", "--lang", "en"]);

  here.write("plugins/Stamp.ts", stamp(1));
  here.write("dure.yml", config({ "out.Stamp": { path: out } }));
  const added = await reload();
  assert.equal(added.code, exitCode.done, added.stderr);
  await say("가", "1 가");

  const same = await reload();
  assert.match(same.stdout, /unchanged: 1/);

  here.write("plugins/Stamp.ts", stamp(2));
  const changed = await reload();
  assert.equal(changed.code, exitCode.done, changed.stderr);
  assert.match(changed.stdout, /~ stamped/);
  await say("나", "2 나");

  here.write("plugins/Stamp.ts", stamp(3, "return {;"));
  const broken = await reload();
  assert.equal(broken.code, exitCode.configInvalid, broken.stderr);
  assert.match(broken.stderr, /Stamp\.ts:9:\d+/);
  await say("다", "2 다");

  here.write("plugins/Stamp.ts", stamp(3, 'throw new Error("no luck");'));
  const refused = await reload();
  assert.equal(refused.code, exitCode.failed, refused.stderr);
  assert.match(refused.stderr, /no luck/);
  await say("라", "2 라");

  here.write("plugins/Stamp.ts", stamp(4));
  assert.equal((await reload()).code, exitCode.done);
  await say("마", "4 마");
  here.write("plugins/Stamp.ts", stamp(2));
  assert.equal((await reload()).code, exitCode.done);
  await say("바", "2 바");

  assert.equal(isCut, false, "the client is not cut");
  socket.destroy();
  agent.child.kill("SIGTERM");
  assert.equal((await agent.ended).code, exitCode.terminated);
});
