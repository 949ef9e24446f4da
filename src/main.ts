// Arguments in, exit code out. The agent itself is loaded when a command starts it.
import { importQuickly } from "#kernel/lean-imports.ts";

importQuickly();

/** The launcher's nursery is the main thread's, and would be every thread's: from here on each has the one that it is made with. */
const ownNurseries = async (): Promise<void> => (await import("node:v8")).setFlagsFromString("--max-semi-space-size=0");

const { runCli } = await import("#edges/cli/cli.ts");
const code = await runCli(process.argv.slice(2), {
  foresee: async (file) => {
    await ownNurseries();
    (await import("./daemon/process-worker.ts")).makeEarly(file);
  },
  start: async (plan, options) => {
    await ownNurseries();
    return (await import("./daemon.ts")).startAgent(plan, options);
  },
  openDoor: async (plan, log) => (await import("./daemon/control-door.ts")).openControlDoor(plan, log),
  stores: async (log) => (await import("./daemon/store-backend.ts")).stores(log),
  drawFirstLink: async (plan) => (await import("./daemon/first-link.ts")).drawFirstLink(plan),
  control: async (parts) => (await import("./daemon/control-plane.ts")).startControlPlane(parts),
});
// A plugin may have left a timer or a socket behind: what was asked for is done, so nothing keeps the process.
for (const stream of [process.stdout, process.stderr]) await new Promise<void>((resolve) => stream.write("", () => resolve()));
process.exit(code);
