// A real rsyslog, as Debian has it, in a folder of its own.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../cli/run-dure.ts";

const PROGRAM = "/usr/sbin/rsyslogd";

/** Why no rsyslog can run here; undefined when it can. */
export const rsyslogMissing = existsSync(PROGRAM) ? undefined : "no rsyslogd on this machine";

export interface Rsyslog extends AsyncDisposable {
  readonly dir: string;
  /** The port of an `imtcp` whose config says listenPortFileName="{port}". */
  port(): Promise<number>;
  text(file: string): Promise<string>;
}

/** `config`: {dir} stands for its folder, {port} for a file in it. */
export async function startRsyslog(config: string): Promise<Rsyslog> {
  const dir = await mkdtemp(join(tmpdir(), "dure-rsyslog-"));
  const portFile = join(dir, "port");
  const configFile = join(dir, "rsyslog.conf");
  await writeFile(configFile, `global(workDirectory="${dir}" maxMessageSize="64k")\n${config.replaceAll("{dir}", dir).replaceAll("{port}", portFile)}`);
  const child = spawn(PROGRAM, ["-n", "-f", configFile, "-i", join(dir, "pid")], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const text = (file: string): Promise<string> => readFile(join(dir, file), "utf8").catch(() => "");
  return {
    dir,
    text,
    async port() {
      await until(async () => {
        if (child.exitCode !== null) throw new Error(`rsyslog ended: ${said}`);
        return Number(await text("port")) > 0;
      }, "rsyslog listens");
      return Number(await text("port"));
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}
