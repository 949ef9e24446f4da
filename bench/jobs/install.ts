// Brings what the bench compares with: Debian packages (as root), and npm packages of exact versions into a folder of the bench's own.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What shows that it is there → Debian package. */
const DEBIAN = { "/usr/bin/redis-server": "redis-server", "/usr/lib/python3/dist-packages/celery": "python3-celery", "/usr/lib/postgresql/15/bin/initdb": "postgresql-15", "/usr/lib/rabbitmq/bin/rabbitmq-server": "rabbitmq-server" };
const NPM = { bullmq: "6.7.0", ioredis: "6.0.0", "pg-boss": "12.38.0" };

const FOLDER = fileURLToPath(new URL("../../build/bench/jobs-peers", import.meta.url));
const POLICY_FILE = "/usr/sbin/policy-rc.d";

/** Modules of the peers, wherever this stands. */
export const PEERS = join(FOLDER, "package.json");

export function installPeers(): void {
  const missing = Object.entries(DEBIAN).filter(([file]) => !existsSync(file)).map(([, name]) => name);
  if (0 < missing.length) installDebian(missing);
  const wanted = JSON.stringify({ private: true, dependencies: NPM });
  if (existsSync(PEERS) && readFileSync(PEERS, "utf8") === wanted && existsSync(join(FOLDER, "installed"))) return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(PEERS, wanted);
  const { status, stderr } = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: FOLDER, encoding: "utf8" });
  if (status !== 0) console.log(`npm peers could not be installed: ${stderr.trim()}`);
  else writeFileSync(join(FOLDER, "installed"), "");
}

/** Why somebody cannot take part; undefined when he can. */
export function missingFor(...needs: readonly string[]): string | undefined {
  const debian = Object.entries(DEBIAN).filter(([file, name]) => needs.includes(name) && !existsSync(file)).map(([, name]) => `Debian ${name}`);
  const npm = Object.keys(NPM).filter((name) => needs.includes(name) && !canBeLoaded(name)).map((name) => `npm ${name}`);
  return debian.length + npm.length === 0 ? undefined : [...debian, ...npm].join(", ");
}

function canBeLoaded(name: string): boolean {
  try {
    createRequire(PEERS).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** No package may start its server: the bench starts its own. */
function installDebian(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  console.log(`installing ${packages.join(", ")}`);
  const isOurPolicy = !existsSync(POLICY_FILE);
  if (isOurPolicy) writeFileSync(POLICY_FILE, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
      const { status, stderr } = spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=300", "-qq", ...args], { env, encoding: "utf8" });
      if (status !== 0) console.log(`apt-get ended with ${status}: ${stderr.trim()}`);
    }
  } finally {
    if (isOurPolicy) rmSync(POLICY_FILE, { force: true });
  }
}
