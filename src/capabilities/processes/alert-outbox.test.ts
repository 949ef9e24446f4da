import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/clock.ts";
import { AlertOutbox } from "./alert-outbox.ts";

test("alerts: kept until the server has taken them, in their order, also over a restart", { timeout: 120_000 }, async () => {
  const dir = await mkdtemp(join(tmpdir(), "dure-alerts-"));
  const taken: { jobName: string; stdin: string }[] = [];
  let status = 503;
  const asked: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    if (status === 200) taken.push((JSON.parse(body) as { data: { jobName: string; stdin: string } }).data);
    response.writeHead(status).end("an answer");
    for (const each of asked.splice(0)) each();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const said: string[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (message: string) => void said.push(message) };
  const open = () => new AlertOutbox({ dir: join(dir, "alerts"), clock: { ...systemClock, pause: (ms, signal) => systemClock.pause(Math.min(ms, 5), signal) }, log, alertsMax: 3, announcer: () => ({ isOn: true, host: "127.0.0.1", port, resultPath: "", resourcePath: "", alertPath: "/alert" }) });
  try {
    const first = open();
    const failed = new Promise<void>((resolve) => asked.push(resolve));
    for (let count = 1; count <= 4; count += 1) first.add({ process: "적재", atMs: 1000, message: "Exception: no", event: `줄 ${count}` });
    await failed;
    await first.close();
    assert.equal((await readdir(join(dir, "alerts"))).length, 3);
    assert.ok(said.includes("the central server takes no alerts; they are kept") && said.some((words) => words.startsWith("too many alerts")));
    status = 200;
    const second = open();
    while (0 < (await readdir(join(dir, "alerts"))).length) await new Promise((resolve) => setImmediate(resolve));
    await second.close();
    assert.deepEqual(taken.map(({ jobName, stdin }) => `${jobName} ${stdin}`), ["적재 줄 2", "적재 줄 3", "적재 줄 4"]);
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(dir, { recursive: true, force: true });
  }
});
