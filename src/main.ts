// Arguments in, exit code out. The agent itself is loaded when a command starts it.
import { importQuickly } from "#kernel/lean-imports.ts";

importQuickly();

const { runCli } = await import("#edges/cli/cli.ts");
const code = await runCli(process.argv.slice(2), {
  foresee: async (file) => (await import("./daemon/process-worker.ts")).makeEarly(file),
  start: async (plan, options) => (await import("./daemon.ts")).startAgent(plan, options),
  openDoor: async (plan, log) => (await import("./daemon/control-door.ts")).openControlDoor(plan, log),
  stores: async (log) => (await import("./daemon/store-backend.ts")).stores(log),
  drawFirstLink: async (plan) => (await import("./daemon/first-link.ts")).drawFirstLink(plan),
  control: async (parts) => (await import("./daemon/control-plane.ts")).startControlPlane(parts),
});
// A plugin may have left a timer or a socket behind: what was asked for is done, so nothing keeps the process.
for (const stream of [process.stdout, process.stderr]) await new Promise<void>((resolve) => stream.write("", () => resolve()));
process.exit(code);
