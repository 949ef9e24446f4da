// What is posted to the central server: the machine's figures and result logs, by a real agent to a real HTTP server that is down, refuses, or is there
// when the agent is killed.
import assert from "node:assert/strict";
import { existsSync, readdirSync, utimesSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { startAgent } from "#test/faults/agent.ts";
import { folder, until } from "#test/cli/run-dure.ts";
import type { Folder } from "#test/cli/run-dure.ts";

const skip = process.platform === "win32" && "the tests end agents by signals";
const RESULTS = "/api/v1/worker/dure/jobs";
const RESOURCES = "/api/v1/worker/dure/resources";
const HOURS_MS = 3_600_000;

/** Keeps what was posted by its path; `answer` gives the status, or nothing: the server hangs up then. */
async function centralServer(port = 0) {
  const posted: { readonly path: string; readonly body: unknown; readonly status: number | undefined }[] = [];
  const waiting: string[] = [];
  let answer: (path: string) => number | undefined | Promise<number> = () => 200;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? "";
    waiting.push(path);
    const status = await answer(path);
    waiting.splice(waiting.indexOf(path), 1);
    posted.push({ path, body: JSON.parse(Buffer.concat(chunks).toString()), status });
    if (status === undefined) return void request.socket.destroy();
    response.writeHead(status).end();
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    answer: (by: typeof answer) => void (answer = by),
    taken: (path: string): unknown[] => posted.filter((each) => each.path === path && each.status === 200).map(({ body }) => body),
    waiting: (path: string): number => waiting.filter((each) => each === path).length,
    tried: (path: string): number => posted.filter((each) => each.path === path).length,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Two that nobody writes to any more, and one of a program of another kind. */
function putLogs(dir: Folder): void {
  dir.write("results/etl_LOG_20261123.log", "2026-11-23 06:00:01;시작\n  이어지는 줄\n2026-11-23 06:00:02;끝\n");
  dir.write("results/etl_STATS_20261123.log", "2026-11-23 06:00:02;n=3\n");
  dir.write("results/readme.txt", "stays\n");
  const old = new Date(Date.now() - 2 * HOURS_MS);
  for (const name of readdirSync(dir.file("results"))) utimesSync(dir.file(`results/${name}`), old, old);
}

const POSTED = { LOG: { etl: ["2026-11-23 06:00:01;시작\n  이어지는 줄", "2026-11-23 06:00:02;끝"] }, STATS: { etl: ["2026-11-23 06:00:02;n=3"] } };
const left = (dir: Folder): string[] => readdirSync(dir.file("results"));
const config = (port: number, isOn = true) => ({ http: false, processes: { etl: ["sleep", "1000"] }, process_settings: { result_dir: "./results", announcer: { on: isOn, port } } });

test("the announcer: figures and results are posted as EventFlow did, and a log is deleted only when the server has taken it", { skip }, async () => {
  await using dir = folder();
  await using server = await centralServer();
  putLogs(dir);
  server.answer(() => 500);
  const agent = startAgent(dir, {}, { config: config(server.port) });
  await until(() => 2 <= server.tried(RESULTS) && 1 <= server.tried(RESOURCES), "it has been refused and tried again");
  assert.deepEqual(left(dir), ["etl_LOG_20261123.log", "etl_STATS_20261123.log", "readme.txt"]);
  server.answer(() => 200);
  await until(() => left(dir).length === 1, "what was taken is deleted");
  await until(() => server.taken(RESOURCES).length === 1, "the figures are there");
  assert.deepEqual(server.taken(RESULTS), [POSTED]);
  const [{ data, ...rest } = { data: {} }] = server.taken(RESOURCES) as { data: Record<string, string> }[];
  assert.deepEqual(rest, {});
  assert.deepEqual(Object.keys(data), ["cpu_usage", "ram_usage", "disk_usage", "datetime"]);
  for (const value of Object.values(data)) assert.equal(typeof value, "string");
  await agent.stop();
});

test("the announcer: killed while the server takes it, the agent posts it again; nothing is deleted before", { skip }, async () => {
  await using dir = folder();
  await using server = await centralServer();
  putLogs(dir);
  const first = startAgent(dir, {}, { config: config(server.port) });
  server.answer((path) => {
    if (path !== RESULTS) return 200;
    process.kill(first.pid, "SIGKILL"); // It has been taken, and the agent never learns of it.
    return 200;
  });
  await until(() => server.taken(RESULTS).length === 1, "it was posted");
  await first.kill();
  assert.equal(left(dir).length, 3);
  server.answer(() => 200);
  const second = startAgent(dir, {}, { config: config(server.port) });
  await until(() => left(dir).length === 1, "what was taken is deleted");
  assert.deepEqual(server.taken(RESULTS), [POSTED, POSTED]);
  await second.stop();
  const third = startAgent(dir, {}, { config: config(server.port) });
  await until(() => 3 <= server.taken(RESOURCES).length, "it posts");
  await third.stop();
  assert.equal(server.taken(RESULTS).length, 2);
});

test("the announcer: turned on and off while the agent runs; the server may come later", { skip }, async () => {
  await using dir = folder();
  const { port } = await (async () => {
    await using server = await centralServer();
    return { port: server.port };
  })();
  putLogs(dir);
  const agent = startAgent(dir, {}, { config: { ...config(port, false), http: { port: 0 } } });
  await agent.logged(/processes begun/);
  const names = async (): Promise<string[]> => namesIn(await dir.dure(["pipelines", "list", "--json"]));
  assert.deepEqual(await names(), []);
  assert.equal((await dir.dure(["process-settings", "set", "announcer run", "--value", "TRUE", "--json"])).code, 0);
  assert.deepEqual(await names(), ["announcer-resources", "announcer-results"]);
  await agent.logged(/announcer-res.*(?:ECONNREFUSED|again)/);
  await using server = await centralServer(port);
  await until(() => server.taken(RESULTS).length === 1 && server.taken(RESOURCES).length === 1, "all is posted");
  await until(() => !existsSync(dir.file("results/etl_LOG_20261123.log")), "what was taken is deleted");
  const { result } = JSON.parse((await dir.dure(["pipelines", "samples", "announcer-results", "--json"])).stdout) as { result: { samples: { record: unknown }[] } };
  assert.deepEqual(result.samples.map(({ record }) => record), [POSTED]);
  const off = await dir.dure(["process-settings", "set", "announcer run", "--value", "FALSE", "--json"]);
  assert.equal(off.code, 0, off.stdout + off.stderr);
  assert.deepEqual(await names(), []);
  await agent.stop();
});

test("the announcer: a server that is slow gets it once, and nothing is deleted before it has answered", { skip }, async () => {
  await using dir = folder();
  await using server = await centralServer();
  putLogs(dir);
  let letGo = (): void => {};
  const answered = new Promise<void>((done) => (letGo = done));
  server.answer(async (path) => {
    if (path === RESULTS) await answered;
    return 200;
  });
  const agent = startAgent(dir, {}, { config: config(server.port) });
  await until(() => server.waiting(RESULTS) === 1 && server.taken(RESOURCES).length === 1, "it has been posted, and the figures do not wait for it");
  assert.equal(left(dir).length, 3);
  letGo();
  await until(() => left(dir).length === 1, "what was taken is deleted");
  assert.deepEqual(server.taken(RESULTS), [POSTED]);
  await agent.stop();
});

function namesIn({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string[] {
  const { result } = JSON.parse(stdout) as { result?: { pipelines: { name: string }[] } };
  return result?.pipelines.map(({ name }) => name) ?? assert.fail(stdout + stderr);
}
