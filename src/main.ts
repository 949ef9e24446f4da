// Arguments in, exit code out. The agent itself is loaded when a command starts it.
import { importQuickly } from "#kernel/lean-imports.ts";

importQuickly();

const { runCli } = await import("#edges/cli/cli.ts");
const code = await runCli(process.argv.slice(2), {
  start: async (plan, options) => (await import("./daemon.ts")).startAgent(plan, options),
});
// A plugin may have left a timer or a socket behind: what was asked for is done, so nothing keeps the process.
for (const stream of [process.stdout, process.stderr]) await new Promise<void>((resolve) => stream.write("", () => resolve()));
process.exit(code);
