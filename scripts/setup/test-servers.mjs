// Installs the real servers that tests start as their children (Debian and Ubuntu, as root). No test needs one to be running:
// a policy file forbids packages to start theirs while they install. Where we cannot install, tests that need one say so and skip.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { run } from "../project.mjs";

/** Servers, shells, readers of manual pages and a browser. Program that shows whether it is there → Debian package. */
const SERVERS = { mariadbd: "mariadb-server", rsyslogd: "rsyslog", ss: "iproute2", "rabbitmq-server": "rabbitmq-server", prometheus: "prometheus", zsh: "zsh", fish: "fish", mandoc: "mandoc", man: "man-db", script: "bsdutils", chromium: "chromium", java: "default-jre-headless", python3: "python3" };
/** What has no program to look for. An AMQP client in Python, as the old operator's users have; Korean letters, so that pictures of the dashboard are what a Korean sees. File → Debian package. */
const FILES = { "/usr/share/fonts/truetype/nanum/NanumGothic.ttf": "fonts-nanum", "/usr/lib/python3/dist-packages/pika/__init__.py": "python3-pika" };

const POLICY_FILE = "/usr/sbin/policy-rc.d";
const POLICY = "#!/bin/sh\n# Laid by Dure's setup while it installs test servers: they must not start.\nexit 101\n";

export function installTestServers() {
  const missing = [...Object.entries(SERVERS).filter(([program]) => !isOnPath(program)), ...Object.entries(FILES).filter(([file]) => !existsSync(file))];
  if (missing.length === 0) return undefined;
  const canInstall = process.getuid?.() === 0 && isOnPath("apt-get");
  return canInstall ? () => install(missing.map(([, name]) => name)) : undefined;
}

function isOnPath(program) {
  const folders = new Set([...(process.env.PATH ?? "").split(":"), "/usr/local/sbin", "/usr/sbin", "/sbin"]);
  return [...folders].some((folder) => folder !== "" && existsSync(`${folder}/${program}`));
}

async function install(packages) {
  console.error(`setup: installing test servers (${packages.join(", ")})`);
  const isOurPolicy = !existsSync(POLICY_FILE) || readFileSync(POLICY_FILE, "utf8") === POLICY; // Ours may be left from a killed setup.
  if (isOurPolicy) writeFileSync(POLICY_FILE, POLICY, { mode: 0o755 });
  try {
    const options = ["-o", "DPkg::Lock::Timeout=300", "-qq"];
    const update = await aptGet([...options, "update"]);
    const done = await aptGet([...options, "install", "-y", "--no-install-recommends", ...packages]);
    if (done.code !== 0) console.error(`setup: apt-get ended with ${done.code}; tests that need these servers will be skipped\n${update.output}${done.output}`.trimEnd());
  } finally {
    if (isOurPolicy) rmSync(POLICY_FILE, { force: true });
  }
}

function aptGet(args) {
  return run("apt-get", args, { capture: true, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
}
