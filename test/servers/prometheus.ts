// A real Prometheus, as Debian has it, in a folder of its own; and its tool that reads metrics.
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../cli/run-dure.ts";
import { freePort } from "./free-port.ts";

const PROGRAM = "/usr/bin/prometheus";
const TOOL = "/usr/bin/promtool";

/** Why no Prometheus can run here; undefined when it can. */
export const noPrometheus = spawnSync(PROGRAM, ["--version"]).status === 0 && spawnSync(TOOL, ["--version"]).status === 0 ? undefined : "no prometheus on this machine";

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

export interface Prometheus extends AsyncDisposable {
  /** What an expression of its query language gives now. */
  query(expression: string): Promise<readonly Sample[]>;
  /** What its last scrape said of each target: "" when all was well. */
  scrapeErrors(): Promise<readonly string[]>;
}

/** Scrapes `target` (`127.0.0.1:9598`) several times a second. */
export async function startPrometheus(target: string): Promise<Prometheus> {
  const dir = await mkdtemp(join(tmpdir(), "dure-prometheus-"));
  const port = await freePort();
  await writeFile(join(dir, "prometheus.yml"), `global: { scrape_interval: 200ms, scrape_timeout: 200ms }\nscrape_configs:\n  - job_name: dure\n    honor_labels: true\n    static_configs: [{ targets: ["${target}"] }]\n`);
  const child = spawn(PROGRAM, [`--config.file=${join(dir, "prometheus.yml")}`, `--storage.tsdb.path=${join(dir, "data")}`, `--web.listen-address=127.0.0.1:${port}`, "--log.level=warn"], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const api = async <T>(path: string): Promise<T> => ((await (await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(60_000) })).json()) as { data: T }).data;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`prometheus ended: ${said}`);
    return fetch(`http://127.0.0.1:${port}/-/ready`).then(({ ok }) => ok, () => false);
  }, "prometheus is ready", 30_000);
  return {
    async query(expression) {
      const { result } = await api<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(`/api/v1/query?query=${encodeURIComponent(expression)}`);
      return result.map(({ metric: { __name__: _, instance: __, job: ___, ...labels }, value: [, value] }) => ({ labels, value }));
    },
    async scrapeErrors() {
      const { activeTargets } = await api<{ activeTargets: { lastError: string }[] }>("/api/v1/targets");
      return activeTargets.map(({ lastError }) => lastError);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What `promtool check metrics` says of a text; "" when it has nothing to say. */
export function promtoolSays(text: string): string {
  const { status, stdout, stderr } = spawnSync(TOOL, ["check", "metrics"], { input: text, encoding: "utf8" });
  return `${stdout}${stderr}${status === 0 ? "" : `(ended with ${status})`}`;
}
