// Builds the dashboard from ui/ into build/ui, lays a compressed copy beside each file that gains by it, and says how much a browser loads.
import { readFileSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const root = realpathSync(fileURLToPath(new URL("../", import.meta.url))); // As the names of modules are, which are followed through links.
const built = join(root, "build", "ui");
/** What the frame and the first screen may load, compressed. */
const FIRST_BYTES_MAX = 250_000;

const { output } = await build({ root: join(root, "ui"), configFile: join(root, "ui", "vite.config.ts"), logLevel: "error" });
const chunks = new Map(output.filter(({ type }) => type === "chunk").map((chunk) => [chunk.fileName, chunk]));

const sizes = new Map();
for (const entry of readdirSync(built, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.name.endsWith(".gz")) continue;
  const file = join(entry.parentPath, entry.name);
  const bytes = readFileSync(file);
  const small = gzipSync(bytes, { level: 9 });
  if (small.length < bytes.length) writeFileSync(`${file}.gz`, small);
  sizes.set(relative(built, file).replaceAll("\\", "/"), Math.min(small.length, bytes.length));
}

const first = new Set();
for (const chunk of chunks.values()) if (chunk.isEntry || /\/screens\/overview\//.test(chunk.facadeModuleId ?? "")) add(chunk.fileName);
const firstBytes = [...first].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
const all = [...sizes.values()].reduce((sum, size) => sum + size, 0);
console.log(`dashboard: frame and first screen ${kB(firstBytes)} of JavaScript compressed, everything ${kB(all)} in ${sizes.size} files`);
for (const [name, size] of [...sizes].sort(([, one], [, other]) => other - one)) console.log(`  ${kB(size).padStart(9)}  ${name}${first.has(name) ? "  (first)" : ""}`);
if (first.size === 0 || FIRST_BYTES_MAX < firstBytes) {
  console.error(`the frame and the first screen are ${kB(firstBytes)}; ${kB(FIRST_BYTES_MAX)} is the most`);
  process.exitCode = 1;
}

// Of the agent only types are taken, which are gone when it is built, words that both say, and the hand that writes a value into a config, which the dashboard shows before it is done. What runs there (schemas above all) has no place in a browser.
const shared = ["events/event-words.ts", "supervisor/reason-words.ts", "config/edit/written-value.ts", "config/edit/plain-edit.ts"].map((file) => join(root, "src", "kernel", file));
const isForBrowsers = (id) => id.startsWith("\0") || shared.includes(id) || /^ui\/|(?:^|\/)node_modules\/(?!zod\/)/.test(relative(root, id).replaceAll("\\", "/")); // Packages may be linked from elsewhere.
const foreign = [...chunks.values()].flatMap(({ moduleIds }) => moduleIds).filter((id) => !isForBrowsers(id)).map((id) => relative(root, id));
if (foreign.length > 0) {
  console.error(`the dashboard brings along what is the agent's: ${foreign.join(", ")}`);
  process.exitCode = 1;
}

/** A chunk and what it imports before it runs. */
function add(name) {
  if (first.has(name) || !chunks.has(name)) return;
  first.add(name);
  for (const imported of chunks.get(name).imports) add(imported);
}

function kB(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
