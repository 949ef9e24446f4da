// Where a thread for a rule that computes begins: a worker of its own, whose line is a message port.
import { isMainThread, parentPort } from "node:worker_threads";
import { importQuickly } from "#kernel/lean-imports.ts";

const rulesDir = process.env["DURE_RULES_DIR"] ?? "";
if (isMainThread || parentPort === null || rulesDir === "") throw new Error("runs as a thread of a worker");
const port = parentPort;
importQuickly();
const { installPluginImports } = await import("#kernel/user-plugins.ts");
installPluginImports();
const [{ runWorker }, { unloadableFiles }] = await Promise.all([import("./worker-program.ts"), import("./unloadable-files.ts")]);
await runWorker({
  rulesDir,
  resultBytesMax: Number(process.env["DURE_RESULT_BYTES_MAX"] ?? 1 << 20),
  unloadable: unloadableFiles(process.env),
  line: { write: (text) => port.postMessage(text), read: (each) => void port.on("message", each), end: (done) => done() },
});
