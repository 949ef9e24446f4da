// How a process is asked whether it is well: over HTTP, by a connection, by a program that ends with 0.
import { connect } from "node:net";
import type { ChildEnd, ChildTree } from "#base/child/child-tree.ts";
import type { HealthPlan } from "../config/process-plan.ts";

const ANSWER_BYTES_SHOWN = 200;
const HTTP_PORT = 80;
const STATUS_LINE_MAX = 1000;

export interface ProbeTools {
  /** Starts a program of the process's own surroundings. */
  startProgram(command: readonly string[]): ChildTree;
}

/** A probe of `line` is not asked: it is well from the line on. */
export async function askProbe(health: HealthPlan, signal: AbortSignal, { startProgram }: ProbeTools): Promise<string> {
  switch (health.type) {
    case "tcp":
      return connected(health.host, health.port, signal);
    case "http":
      return health.url.startsWith("https:") ? fetched(health.url, health.status, signal) : answered(health.url, health.status, signal);
    case "exec":
      return ran(startProgram(health.command), signal);
    case "line":
      throw new Error("it has not printed the line yet");
  }
}

function connected(host: string, port: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once("connect", () => {
      socket.destroy();
      resolve(`${host}:${port} takes connections`);
    });
    socket.once("error", (error) => reject(new Error(`${host}:${port}: ${codeOf(error)}`)));
  });
}

/** Asked by hand, for of the answer only its first line matters, and `node:http` takes ten megabytes of an agent. RFC 9112, sections 3 and 4. */
function answered(url: string, wanted: number | undefined, signal: AbortSignal): Promise<string> {
  const { hostname, port, host, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? HTTP_PORT : Number(port), signal });
    let line = "";
    socket.setEncoding("latin1").once("connect", () => socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: dure-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n`));
    socket.on("data", (text: string) => {
      line += text;
      if (!line.includes("\n") && line.length < STATUS_LINE_MAX) return;
      socket.destroy();
      const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(line)?.[1] ?? Number.NaN);
      if (Number.isNaN(status)) reject(new Error("the answer is not HTTP"));
      else if (isWanted(status, wanted)) resolve(`HTTP ${status}`);
      else reject(new Error(`HTTP ${status}`));
    });
    socket.once("error", (error) => reject(new Error(codeOf(error))));
    socket.once("close", () => reject(new Error("the connection was closed without an answer")));
  });
}

/** TLS brings much along: few probes need it. */
async function fetched(url: string, wanted: number | undefined, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal, redirect: "manual" });
  await response.body?.cancel();
  if (!isWanted(response.status, wanted)) throw new Error(`HTTP ${response.status}`);
  return `HTTP ${response.status}`;
}

function isWanted(status: number, wanted: number | undefined): boolean {
  return wanted === undefined ? 200 <= status && status < 400 : status === wanted;
}

async function ran(child: ChildTree, signal: AbortSignal): Promise<string> {
  let said = "";
  const keep = (text: Buffer): void => {
    said = (said + text.toString("utf8")).slice(-ANSWER_BYTES_SHOWN);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  const kill = (): void => void child.end({ signal: "SIGKILL", waitMs: 0 });
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  const end = await child.ended;
  signal.removeEventListener("abort", kill);
  await child.end({ signal: "SIGKILL", waitMs: 0 }); // What it may have left running.
  child.stdout?.destroy();
  child.stderr?.destroy();
  const words = said.trim().split("\n").at(-1) ?? "";
  if (end.code === 0) return words === "" ? "exit 0" : words;
  throw new Error(`${outcome(end)}${words === "" ? "" : `: ${words}`}`);
}

function outcome({ code, signal, error }: ChildEnd): string {
  return error?.message ?? signal ?? `exit ${code}`;
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
