// Where a worker process begins: takes the lines of the agent from its standard input, before any rule can touch it, and runs what they say.
import { importQuickly } from "#kernel/lean-imports.ts";

importQuickly();
const { installPluginImports } = await import("#kernel/user-plugins.ts");
installPluginImports(); // "dure/rule", wherever the rules folder lies.
const { runWorker } = await import("./worker-program.ts");
await runWorker({ rulesDir: process.env["DURE_RULES_DIR"] ?? "", resultBytesMax: Number(process.env["DURE_RESULT_BYTES_MAX"] ?? 1 << 20) });
