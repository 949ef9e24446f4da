// Compiles the kernels, src/dataplane/assembly → build/kernels.wasm, and says so; silent when that is newer than its sources.
// Plain JavaScript for Node 18 and up: it runs during set-up.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, "src", "dataplane", "assembly");
const compiler = join(root, "node_modules", "assemblyscript");
const built = join(root, "build", "kernels.wasm");

const options = [
  ["-O3", "--noAssert", "--runtime", "stub"],
  ["--enable", "simd", "--enable", "threads", "--enable", "bulk-memory"],
  // The host brings the memory, of any size up to 4 GiB; its first two pages are the kernels' (RESERVED_BYTES in memory.ts).
  ["--importMemory", "--sharedMemory", "--noExportMemory", "--initialMemory", "2", "--maximumMemory", "65536"],
].flat();

if (!isUpToDate()) build();

function isUpToDate() {
  if (!existsSync(built)) return false;
  const needed = [sources, ...readdirSync(sources).map((name) => join(sources, name)), join(compiler, "package.json"), fileURLToPath(import.meta.url)];
  const { mtimeMs } = statSync(built);
  return needed.every((file) => statSync(file).mtimeMs < mtimeMs);
}

/** The module appears whole or not at all: others may be reading it. */
function build() {
  mkdirSync(dirname(built), { recursive: true });
  const unfinished = `${built}.${process.pid}`;
  try {
    const args = [join(compiler, "bin", "asc.js"), join("src", "dataplane", "assembly", "index.ts"), ...options, "--outFile", unfinished];
    const { status, error, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    if (error !== undefined) throw error;
    if (status !== 0) {
      console.error(`the kernels do not compile:\n${stdout}${stderr}`);
      process.exitCode = 1;
      return;
    }
    renameSync(unfinished, built);
    console.log(`kernels: ${Math.round(statSync(built).size / 1024)} KiB`);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
