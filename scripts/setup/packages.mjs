// Installs what package-lock.json says when node_modules says something else. No install script of any package is run.
import { readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { pinnedNode, root, run } from "../project.mjs";

export function installPackages() {
  return isInstalled() ? undefined : install;
}

/** npm leaves in node_modules a lock file of what it really put there; packages for other systems are not in it. */
function isInstalled() {
  const wanted = packagesOf("package-lock.json");
  const present = packagesOf("node_modules/.package-lock.json");
  if (wanted === undefined || present === undefined) return false;
  for (const [path, { version, optional, devOptional }] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = present[path];
    if (found === undefined ? !optional && !devOptional : found.version !== version) return false;
  }
  // Optional though it is: without it nothing runs. Systems we pin no Node for bring their own.
  return pinnedNode() !== undefined || Number(process.versions.node.split(".")[0]) >= 26;
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8")).packages;
  } catch {
    return undefined;
  }
}

async function install() {
  console.error("setup: installing packages (npm ci)");
  const { npm_execpath: npm, npm_node_execpath: npmNode } = process.env;
  // Inside `npm start` this process may itself be the pinned Node, which `npm ci` is about to replace: use the Node that npm runs on.
  const node = npmNode ?? (process.execPath.startsWith(join(root, "node_modules") + sep) ? "node" : process.execPath);
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const options = { capture: true, env: { ...process.env, NODE_COMPILE_CACHE: undefined } };
  const { code, output } = npm?.endsWith(".js") ? await run(node, [npm, ...args], options) : await run("npm", args, { ...options, shell: process.platform === "win32" });
  if (code !== 0) throw new Error(`npm ci ended with ${code}\n${output.trimEnd()}`);
}
