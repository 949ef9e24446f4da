// The agent's store goes away under it: pipelines run on, who needs the store is told why, and when it is back all goes on by itself.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import type { StoreFailure } from "#sdk/store.ts";
import { folder, until } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";
import { noMariaDb, startMariaDb } from "../servers/mariadb.ts";
import { startAgent } from "./agent.ts";
import { mountDisk, noMounts } from "./mounts.ts";
import { appendNumbered, numbersIn } from "./numbered.ts";

const WIDTH = 100;
const PASSWORD = "비밀-열쇠";

interface Answer {
  readonly code: number | null;
  readonly text: string;
}

async function ask(dir: Folder, config: string, ...args: string[]): Promise<Answer> {
  const { code, stdout, stderr } = await dir.dure([...args, "-c", config, "--json", "--lang", "en"]);
  return { code, text: stdout + stderr };
}

async function moves(dir: Folder, log: string, out: string, from: number): Promise<void> {
  appendNumbered(log, from, from + 50, WIDTH);
  await until(() => numbersIn(out).length === from + 50, "the pipeline goes on");
  assert.ok(dir.path.length > 0);
}

test("a store on a full disk: changes are refused with the reason, pipelines run on, and with room all goes on", { skip: noMounts, timeout: 120_000 }, async () => {
  await using dir = folder();
  using disk = mountDisk(dir.file("data"), "3m");
  const [log, out] = [dir.file("app.log"), dir.file("out.log")];
  writeFileSync(log, "");
  const agent = startAgent(dir, { web: [{ "in.FileTail": { path: log } }, { "out.File": out }] }, { agent: { data_dir: "data" }, config: { http: false } });
  const change = () => ask(dir, "dure.yml", "agent", "reload");
  await until(async () => (await change()).code === 0, "the first change is made");
  await moves(dir, log, out, 0);

  disk.fill();
  let refused: Answer = { code: 0, text: "" };
  // The file's last pages have room for some rows.
  await until(async () => {
    refused = await change();
    return refused.code !== 0;
  }, "a change that cannot be written down is refused", 60_000);
  assert.match(refused.text, /no space left/);
  await moves(dir, log, out, 50);
  await agent.logged(/ERROR .*the store fails.*no space left/);

  disk.remount("size=64m");
  await until(async () => (await change()).code === 0, "changes are made again", 60_000);
  await agent.logged(/info .*the store is there again/);
  await moves(dir, log, out, 100);
  const found = await ask(dir, "dure.yml", "logs", "search", "--text", "the store fails");
  assert.ok(found.text.includes("no space left"), "what was said meanwhile is kept as well");
  await agent.stop();
});

test("a store that is to be opened on a full disk says that the disk is full", { skip: noMounts }, async () => {
  await using dir = folder();
  using disk = mountDisk(dir.file("data"), "128k");
  const file = dir.file("data/dure.db");
  await (await openSqliteStore(file)).close();
  disk.fill();
  await assert.rejects(openSqliteStore(file).then((store) => store.close()), (error: StoreFailure) => error.fault === "full" && /no space left/.test(error.message));
});

test("a store on MariaDB: killed and started again; agents that share it have their own events, lines and no secret in them", { skip: noMariaDb, timeout: 120_000 }, async () => {
  await using dir = folder();
  await using server = await startMariaDb();
  await server.query(`CREATE DATABASE control; CREATE USER 'c'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'; GRANT ALL ON control.* TO 'c'@'127.0.0.1'`);
  const store = { type: "mysql", port: server.port, user: "c", password: PASSWORD, database: "control" };
  const out = (name: string): string => dir.file(`${name}.out`);
  const start = (name: string) => {
    writeFileSync(dir.file(`${name}.log`), "");
    return startAgent(dir, { [name]: [{ "in.FileTail": { path: dir.file(`${name}.log`) } }, { "out.File": out(name) }] }, { agent: { data_dir: `data-${name}` }, file: `${name}.yml`, config: { http: false, store } });
  };
  const agents = { one: start("one"), two: start("two") }; // Both bring the tables up to date.
  for (const name of ["one", "two"]) {
    await until(async () => (await ask(dir, `${name}.yml`, "events", "list", "--name", "agent.started")).text.includes('"id":1,'), `the events of ${name}`);
    const { result } = JSON.parse((await ask(dir, `${name}.yml`, "events", "list", "--name", "agent.*")).text) as { result: { events: unknown[]; isWhole: boolean } };
    assert.deepEqual([result.events.length, result.isWhole], [1, true]);
  }
  const linesOf = async (name: string): Promise<number> => (JSON.parse((await ask(dir, `${name}.yml`, "logs", "search", "--text", "agent started")).text) as { result: { lines: unknown[] } }).result.lines.length;
  assert.deepEqual([await linesOf("one"), await linesOf("two")], [1, 1]);

  await server.kill();
  await until(async () => (await ask(dir, "one.yml", "logs", "search")).code !== 0, "the store is missed");
  const { text } = await ask(dir, "one.yml", "logs", "search", "--text", "x");
  assert.match(text, /MySQL at 127\.0\.0\.1:\d+ does not answer/);
  assert.match((await ask(dir, "one.yml", "events", "list")).text, /"isWhole":false/);
  await moves(dir, dir.file("one.log"), out("one"), 0);

  await server.start();
  await until(async () => (await ask(dir, "one.yml", "logs", "search")).code === 0, "the store is used again");
  assert.match((await ask(dir, "one.yml", "events", "list")).text, /"isWhole":true/);
  await moves(dir, dir.file("one.log"), out("one"), 50);
  for (const agent of Object.values(agents)) {
    await agent.stop();
    assert.ok(!agent.log().includes(PASSWORD));
  }
  const kept = await server.query("SELECT CONCAT(message, fields) AS words FROM control.dure_log_lines UNION ALL SELECT data FROM control.dure_events");
  assert.ok(0 < kept.length && !JSON.stringify(kept).includes(PASSWORD));
});
