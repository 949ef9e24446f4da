// The programs that keep processes alive, and how each is told to. undefined: it is not installed.
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Kept {
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** What it prints is written there. */
  readonly output?: string;
}

export interface Keeper {
  readonly name: string;
  /** Starts it in an empty folder with what it is to keep alive. */
  start(dir: string, kept: readonly Kept[]): Keeping;
}

export interface Keeping {
  /** Of the program itself, once it is there. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PM2 = process.env["PM2"] ?? join(ROOT, "build/bench/pm2/node_modules/.bin/pm2");
const NODE = process.execPath;

const dure: Keeper = {
  name: "dure",
  start(dir, kept) {
    const config = join(dir, "dure.yml");
    const processes = Object.fromEntries(kept.map(({ name, command, output }) => [name, { command, ...(output === undefined ? {} : { output: { file: output, rotate_size: "100GB" } }) }]));
    writeFileSync(config, JSON.stringify({ agent: { data_dir: join(dir, "data") }, http: false, processes }));
    return running(spawn(join(ROOT, "dure"), ["run", config], quiet(dir)));
  },
};

const supervisord: Keeper = {
  name: "supervisord",
  start(dir, kept) {
    const config = join(dir, "supervisord.conf");
    const programs = kept.map(({ name, command, output }) => `[program:${name}]\ncommand=${command.map(quoted).join(" ")}\nstdout_logfile=${output ?? "NONE"}\nstdout_logfile_maxbytes=0\nstderr_logfile=NONE\n`);
    writeFileSync(config, `[supervisord]\nnodaemon=true\nlogfile=${join(dir, "supervisord.log")}\npidfile=${join(dir, "supervisord.pid")}\nminfds=4096\nuser=root\n\n${programs.join("\n")}`);
    return running(spawn("supervisord", ["-c", config], quiet(dir)));
  },
};

const pm2: Keeper = {
  name: "pm2",
  start(dir, kept) {
    const config = join(dir, "ecosystem.config.json");
    const apps = kept.map(({ name, command: [script = "", ...args], output }) => ({ name, script, args, interpreter: "none", out_file: output ?? "/dev/null", error_file: "/dev/null", pmx: false, vizion: false }));
    writeFileSync(config, JSON.stringify({ apps }));
    const env = { ...process.env, PM2_HOME: join(dir, "pm2") };
    const starting = spawn(NODE, [PM2, "start", config, "--silent"], { ...quiet(dir), env });
    const pid = (): number | undefined => {
      const file = join(dir, "pm2", "pm2.pid");
      return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
    };
    return {
      pid,
      async stop() {
        if (starting.exitCode === null) await once(starting, "exit");
        spawnSync(NODE, [PM2, "kill", "--silent"], { env, stdio: "ignore" });
      },
    };
  },
};

export function keepers(): Keeper[] {
  const hasSupervisord = spawnSync("supervisord", ["--version"]).status === 0;
  const missing = [...(hasSupervisord ? [] : ["supervisord (Debian: supervisor)"]), ...(existsSync(PM2) ? [] : [`PM2 (npm install --prefix build/bench/pm2 pm2@7.0.4, or PM2=/path/to/pm2)`])];
  if (0 < missing.length) console.log(`not installed, and not measured: ${missing.join("; ")}`);
  return [dure, ...(hasSupervisord ? [supervisord] : []), ...(existsSync(PM2) ? [pm2] : [])];
}

function running(child: ChildProcess): Keeping {
  return {
    pid: () => child.pid,
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

function quiet(dir: string) {
  const said = openSync(join(dir, "said.txt"), "a");
  return { stdio: ["ignore", said, said] as ["ignore", number, number], cwd: dir };
}

function quoted(word: string): string {
  return /^[\w./=-]+$/.test(word) ? word : `'${word.replaceAll("%", "%%")}'`;
}
