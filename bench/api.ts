// `npm run bench -- api [--seconds 10]`: what the API gives and costs. Memory of an agent before and after its first visitor; `GET /api/pipelines`
// with a token over keep-alive (bar: 10,000 a second on one core); twenty open dashboards (bar: 5 % of a core); a thousand event streams; and what
// a pipeline writes while the API is kept as busy as it can be.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { load } from "./api-client.ts";

const DURE = fileURLToPath(new URL("../dure", import.meta.url));
const HOST = "127.0.0.1";
const PIPELINES = 10;
const CONNECTIONS = 32;
const DASHBOARDS = 20;
const STREAMS = 1000;
const STREAMED = ["pipelines.watch", "events.follow"];

const { values } = parseArgs({ allowPositionals: true, options: { seconds: { type: "string", default: "10" } } });
const seconds = Number(values.seconds);

interface Measured {
  readonly pid: number;
  readonly port: number;
  readonly token: string;
}

await withAgent(async ({ pid, port, token }) => {
  const get = (path: string): Promise<Response> => fetch(`http://${HOST}:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
  await load({ host: HOST, port, path: "/api/pipelines", token, connections: CONNECTIONS, seconds: 2 }); // So that V8 knows the way.
  for (const path of ["/api/pipelines", "/api/agent", "/health"]) {
    const cpu = mainThreadSeconds(pid);
    const count = await load({ host: HOST, port, path, token, connections: CONNECTIONS, seconds });
    const spent = mainThreadSeconds(pid) - cpu;
    console.log(`GET ${path}: ${(count / spent).toFixed(0)} for each second of its core (bar 10000); ${(count / seconds).toFixed(0)}/s beside whatever else ran here, over ${CONNECTIONS} connections`);
  }

  const quiet = await share(pid, seconds);
  const pages = await Promise.all(Array.from({ length: DASHBOARDS }, () => dashboard({ pid, port, token })));
  const looked = await share(pid, seconds);
  const heard = pages.reduce((sum, page) => sum + page.count(), 0);
  console.log(`${DASHBOARDS} open dashboards: ${(looked - quiet).toFixed(1)} % of a core (${quiet.toFixed(1)} % without them; bar 5), ${(heard / seconds).toFixed(0)} messages a second`);
  for (const page of pages) page.close();

  const streams = await Promise.all(Array.from({ length: STREAMS }, () => stream({ pid, port, token })));
  const streamed = await share(pid, seconds);
  console.log(`${STREAMS} event streams of pipelines.watch: ${(streamed - quiet).toFixed(1)} % of a core, ${residentMb(pid).toFixed(0)} MB; each had ${Math.min(...streams.map((each) => each.count()))} events or more`);
  for (const each of streams) each.close();

  const alone = await written(get, seconds);
  const busy = load({ host: HOST, port, path: "/api/pipelines", token, connections: CONNECTIONS, seconds: seconds + 1 });
  const beside = await written(get, seconds);
  await busy;
  console.log(`a pipeline of 20000 records a second writes ${alone.toFixed(0)} records a second alone, ${beside.toFixed(0)} while the API is kept as busy as it can be`);
});

async function written(get: (path: string) => Promise<Response>, forSeconds: number): Promise<number> {
  const look = async (): Promise<{ atMs: number; out: number }> => {
    const { atMs, pipelines } = (await (await get("/api/pipelines")).json()) as { atMs: number; pipelines: { name: string; recordsOut: number }[] };
    return { atMs, out: pipelines.find(({ name }) => name === "busy")?.recordsOut ?? 0 };
  };
  const before = await look();
  await delay(forSeconds * 1000);
  const after = await look();
  return ((after.out - before.out) / (after.atMs - before.atMs)) * 1000;
}

interface Listener {
  count(): number;
  close(): void;
}

/** What an open tab of the dashboard does. */
async function dashboard({ port, token }: Measured): Promise<Listener> {
  const socket = new WebSocket(`ws://${HOST}:${port}/api/ws`, { headers: { authorization: `Bearer ${token}` } } as never);
  await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
  let count = 0;
  socket.addEventListener("message", ({ data }) => {
    if (String(data).includes('"error":{"code"')) throw new Error(String(data));
    count += 1;
  });
  for (const [id, method] of STREAMED.entries()) socket.send(JSON.stringify({ id, method, params: {} }));
  return { count: () => count, close: () => socket.close() };
}

async function stream({ port, token }: Measured): Promise<Listener> {
  const socket = connect({ host: HOST, port }).on("error", () => {});
  await once(socket, "connect");
  let count = 0;
  socket.setEncoding("latin1").on("data", (piece: string) => (count += piece.split("\ndata: ").length - 1 + (piece.startsWith("data: ") ? 1 : 0)));
  socket.write(`GET /api/pipelines/watch HTTP/1.1\r\nhost: ${HOST}\r\nauthorization: Bearer ${token}\r\n\r\n`);
  return { count: () => count, close: () => socket.destroy() };
}

/** Percent of a core that the main thread takes: the API is nowhere else. */
async function share(pid: number, forSeconds: number): Promise<number> {
  await delay(1000);
  const before = mainThreadSeconds(pid);
  await delay(forSeconds * 1000);
  return ((mainThreadSeconds(pid) - before) / forSeconds) * 100;
}

/** By the scheduler's own clock, in nanoseconds: the usual one counts in hundredths. */
function mainThreadSeconds(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "latin1").split(" ")[0]) / 1e9;
}

function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024;
}

async function withAgent(use: (agent: Measured) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "dure-bench-"));
  const config = join(dir, "dure.yml");
  const idle = Object.fromEntries(Array.from({ length: PIPELINES - 1 }, (_, index) => [`log-${index}`, [{ "in.FileTail": { path: join(dir, `${index}.log`) } }, "parse.Json", { "out.File": { path: join(dir, `${index}.out`) } }]]));
  writeFileSync(config, JSON.stringify({ http: 0, agent: { data_dir: join(dir, "data") }, pipelines: { ...idle, busy: [{ "in.FakeData": { count: 0, rate: 20_000 } }, { "out.File": { path: join(dir, "busy.out"), rotate: { size: "50MB", keep: 1 } } }] } }));
  const log = join(dir, "agent.txt");
  const said = openSync(log, "w");
  const agent = spawn(DURE, ["run", config], { stdio: ["ignore", said, said] });
  try {
    let port: number | undefined;
    for (let look = 0; look < 300 && port === undefined; look += 1) {
      await delay(100);
      port = Number(/address=http:\/\/[\d.]+:(\d+)\//.exec(readFileSync(log, "utf8"))?.[1] ?? Number.NaN) || undefined;
    }
    if (port === undefined) throw new Error(`the agent does not listen: ${readFileSync(log, "utf8")}`);
    await delay(3000);
    const alone = residentMb(agent.pid ?? 0);
    await (await fetch(`http://${HOST}:${port}/health`)).text();
    await delay(2000);
    console.log(`memory: ${alone.toFixed(0)} MB before the first visitor, ${residentMb(agent.pid ?? 0).toFixed(0)} MB with him`);
    const { stdout, stderr } = spawnSync(DURE, ["tokens", "create", "bench", "--role", "viewer", "--json", "-c", config], { encoding: "utf8" });
    const token = /"token":"(dure_[\w-]+)"/.exec(stdout)?.[1];
    if (token === undefined) throw new Error(`no token: ${stdout}${stderr}`);
    await use({ pid: agent.pid ?? 0, port, token });
  } finally {
    agent.kill("SIGTERM");
    if (agent.exitCode === null) await once(agent, "exit");
    closeSync(said);
    rmSync(dir, { recursive: true });
  }
}
