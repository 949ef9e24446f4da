// Where a worker process begins: takes the lines of the agent from its standard input, before any rule can touch it, and runs what they say.
import { importQuickly } from "#kernel/lean-imports.ts";

const rulesDir = process.env["DURE_RULES_DIR"];
// Who only compiles it must not have every file of some folder imported.
if (rulesDir === undefined || rulesDir === "") throw new Error("runs as a worker: DURE_RULES_DIR says which rules it has");
importQuickly();
const { installPluginImports } = await import("#kernel/user-plugins.ts");
const { watchAgent } = await import("./agent-watch.ts");
installPluginImports(); // "dure/rule", wherever the rules folder lies.
watchAgent(Number(process.env["DURE_AGENT_PID"] ?? process.ppid)); // Before any rule can stand in the way.
const [{ runWorker }, { standardLine }, { OwnThreads }, { endWithAgent }, { unloadableFiles }] = await Promise.all([import("./worker-program.ts"), import("./standard-line.ts"), import("./own-threads.ts"), import("./end-with-agent.ts"), import("./unloadable-files.ts")]);
await runWorker({ rulesDir, resultBytesMax: Number(process.env["DURE_RESULT_BYTES_MAX"] ?? 1 << 20), line: standardLine(endWithAgent), abandoned: endWithAgent, unloadable: unloadableFiles(process.env), threads: new OwnThreads() });
