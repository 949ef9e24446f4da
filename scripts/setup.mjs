// Makes a checkout ready to run: packages, kernels, the prepared program with a warm compile cache and, with --test, the servers that tests start.
// Safe to run at any time and twice at once; when nothing is to be done it says nothing and takes a moment.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildDashboard } from "./setup/dashboard.mjs";
import { buildKernels } from "./setup/kernels.mjs";
import { withSetupLock } from "./setup/lock.mjs";
import { installPackages } from "./setup/packages.mjs";
import { prepareProgram } from "./setup/program.mjs";
import { installTestServers } from "./setup/test-servers.mjs";
import { warmCompileCache } from "./setup/warm.mjs";
import { buildDir } from "./project.mjs";

const wantsTestServers = process.argv.includes("--test");

if (Number(process.versions.node.split(".")[0]) < 18) {
  console.error(`Dure is set up by Node 18 or later; this is Node ${process.versions.node}.`);
  process.exit(1);
}

/** In this order: each step needs the one before. A step is `undefined` when there is nothing to do, else what does it. */
const steps = [installPackages, buildKernels, buildDashboard, prepareProgram, warmCompileCache, ...(wantsTestServers ? [installTestServers] : [])];

try {
  mkdirSync(buildDir, { recursive: true });
  if (steps.some((step) => step() !== undefined)) {
    await withSetupLock(async () => {
      // Asked again inside the lock, and only when the steps before are done: another setup may just have done the work.
      for (const step of steps) await step()?.();
    });
  }
  writeFileSync(join(buildDir, "setup.stamp"), ""); // The launchers look whether it is newer than package-lock.json.
} catch (error) {
  console.error(`setup: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
