// Plugins that come as a folder: in `plugins/` next to the config, or as a package of the config's `node_modules`. A package.json says which
// plugins there are (`"dure": { "plugins": { "in.Syslog": "./in-syslog.js" } }`), so that none is imported to learn its name; a folder
// in `plugins/` may instead have an index file. A folder that is wrong is said and hides no other.
import { readdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { systemCode } from "#base/errors.ts";
import { PluginFileError } from "./user-plugins.ts";

/** What plugins are written against; a package may say which one it needs. */
export const PLUGIN_API_VERSION = 1;

export interface PluginPackage {
  /** Full names to files. */
  readonly plugins: ReadonlyMap<string, string>;
  /** A file that is imported to learn what it holds. */
  readonly index?: string;
}

const PACKAGE_NAME = /^(?:dure|swak)-plugin-./;
const FOLDER_NAME = /^(?:dure|swak)[-_]plugin[-_]./;
const FULL_NAME = /^(?:in|parse|filter|buffer|out)\.[\p{L}_][\p{L}\p{N}_]*$/u;
const INDEX_FILES = ["index.ts", "index.mts", "index.js", "index.mjs"];

/** The packages beside a config. */
export async function findPluginPackages(pluginsDir: string): Promise<(PluginPackage | PluginFileError)[]> {
  const modulesDir = join(dirname(pluginsDir), "node_modules");
  const names = await foldersIn(modulesDir);
  const scoped = await Promise.all(names.filter((name) => name.startsWith("@")).map(async (scope) => (await foldersIn(join(modulesDir, scope))).map((name) => join(scope, name))));
  const installed = [...names, ...scoped.flat()].filter((name) => PACKAGE_NAME.test(basename(name))).sort();
  const own = (await foldersIn(pluginsDir)).filter((name) => !/^[._]/.test(name) && name !== "node_modules").sort();
  const found = await Promise.all([...own.map((name) => readFolder(join(pluginsDir, name))), ...installed.map((name) => readPackage(join(modulesDir, name)))]);
  return found.filter((one) => one !== undefined);
}

async function foldersIn(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => name);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(systemCode(error) ?? "")) return [];
    throw error;
  }
}

/** A folder of `plugins/`. One that does not look like a plugin's may hold what plugin files share. */
async function readFolder(dir: string): Promise<PluginPackage | PluginFileError | undefined> {
  const read = await readPackage(dir);
  const files: string[] = await readdir(dir).catch(() => []);
  const index = INDEX_FILES.find((name) => files.includes(name));
  if (!(read instanceof PluginFileError) || read.reason === "broken") return read;
  if (index !== undefined) return { plugins: new Map(), index: join(dir, index) };
  return files.includes("package.json") || FOLDER_NAME.test(basename(dir)) ? read : undefined;
}

async function readPackage(folder: string): Promise<PluginPackage | PluginFileError> {
  const file = join(folder, "package.json");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const isAbsent = systemCode(error) === "ENOENT";
    return new PluginFileError(isAbsent ? folder : file, isAbsent ? "it has neither an index file nor a package.json" : `it cannot be read (${systemCode(error) ?? "error"})`, isAbsent ? { reason: "empty" } : {});
  }
  try {
    return packageOf(await realpath(folder), file, text);
  } catch (error) {
    if (error instanceof PluginFileError) return error;
    return new PluginFileError(file, "it is not JSON", { cause: error });
  }
}

function packageOf(folder: string, file: string, text: string): PluginPackage {
  const manifest: unknown = JSON.parse(text);
  const wrong = (message: string, word: string, reason: "broken" | "empty" = "broken") => new PluginFileError(file, message, { ...placeOf(text, word), reason });
  const said = isMap(manifest) ? manifest["dure"] : undefined;
  if (said === undefined) throw wrong("it says no plugins under `dure`", "name", "empty");
  if (!isMap(said)) throw wrong("`dure` must be a map", "dure");
  const version = said["apiVersion"] ?? PLUGIN_API_VERSION;
  if (version !== PLUGIN_API_VERSION) throw wrong(`it is made for version ${JSON.stringify(version)} of the plugin interface; this agent has version ${PLUGIN_API_VERSION}`, "apiVersion");
  if (said["plugins"] === undefined) throw wrong("it says no plugins under `dure`", "dure", "empty");
  if (!isMap(said["plugins"])) throw wrong("`dure.plugins` must be a map of names and files", "plugins");
  const plugins = new Map<string, string>();
  for (const [name, path] of Object.entries(said["plugins"])) {
    if (!FULL_NAME.test(name)) throw wrong(`'${name}' is no plugin's name: write a kind and a name, such as in.Syslog`, name);
    if (typeof path !== "string" || isOutside(folder, path)) throw wrong(`the file of '${name}' must lie in the package`, name);
    plugins.set(name, resolve(folder, path));
  }
  return { plugins };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOutside(folder: string, path: string): boolean {
  const way = relative(folder, resolve(folder, path));
  return way === "" || way.startsWith("..") || isAbsolute(way);
}

/** Where a key stands in a manifest. */
function placeOf(text: string, key: string): { line: number; column: number } {
  const at = Math.max(0, text.indexOf(JSON.stringify(key)));
  const before = text.slice(0, at).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
