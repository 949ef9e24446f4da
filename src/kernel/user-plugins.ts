// Plugins of the user's own: one TypeScript or JavaScript file each. A file has either a plugin as its default export,
// made with `import { defineParse } from "dure/plugin"`, or simply a function `parse` or `filter`, and is named after it.
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createRequire, registerHooks } from "node:module";
import { basename, dirname, extname, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { AppError, systemCode, toError } from "#base/errors.ts";
import type { Plugin } from "#sdk/plugin.ts";
import type { ProcessType } from "#sdk/process-type.ts";
import { withSchemas } from "./lean-imports.ts";
import { realUrl, sourceOf } from "./plugin-source.ts";

/** Why a plugin file could not be loaded, and where in it. */
export class PluginFileError extends AppError {
  override readonly name = "PluginFileError";
  readonly code = "PLUGIN_FILE";
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** `broken`: an error in the file. `empty`: it loads, but holds no plugin. */
  readonly reason: "broken" | "empty";

  constructor(
    file: string,
    message: string,
    { line = 1, column = 1, reason = "broken", cause }: { line?: number; column?: number; reason?: "broken" | "empty"; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.file = file;
    this.line = line;
    this.column = column;
    this.reason = reason;
  }
}

/** What plugin files and their tests import. */
const IMPORTS: Readonly<Record<string, string>> = {
  "dure/options": new URL("../sdk/options.ts", import.meta.url).href,
  "dure/plugin": new URL("../sdk/plugin.ts", import.meta.url).href,
  "dure/process-type": new URL("../sdk/process-type.ts", import.meta.url).href,
  "dure/rule": new URL("../sdk/rule.ts", import.meta.url).href,
  "dure/records": new URL("../dataplane/records.ts", import.meta.url).href,
  "dure/testing": new URL("../sdk/testing.ts", import.meta.url).href,
};
const ENDINGS = new Set([".ts", ".mts", ".js", ".mjs"]);
/** Only these can be checked by `node --check`; of TypeScript the error itself says the place. */
const JAVASCRIPT = /\.[cm]?js$/;
/** Of an error, its place is looked for in so many files that a plugin is made of. */
const PLACES_MAX = 20;
let areImportsInstalled = false;
/** The addresses of plugin files, and of the files that they import by relative paths. */
const pluginUrls = new Set<string>();
/** By file: its code when it was imported first. What it is later is imported under an address of its own. */
const firstCode = new Map<string, string>();
/** What `require` and imports of CommonJS files go by, whatever stands behind the address. */
const { cache: commonFiles } = createRequire(import.meta.url);

/** Lets plugin files import "dure/plugin", wherever they lie. To be called once in each thread; more often is harmless. */
export function installPluginImports(): void {
  if (areImportsInstalled) return;
  areImportsInstalled = true;
  registerHooks({
    resolve(specifier, context, next) {
      const url = IMPORTS[specifier];
      if (url !== undefined) return { url: withSchemas(url), shortCircuit: true };
      const found = next(specifier, context);
      const isOwn = /^\.{1,2}\//.test(specifier) && pluginUrls.has(context.parentURL ?? "") && found.url.startsWith("file:");
      return isOwn ? { ...found, url: ownAddress(found.url) } : found;
    },
    load(url, context, next) {
      // Beside a package.json that does not say which kind its files are, Node would guess with a warning.
      const isUnsaid = pluginUrls.has(url) && (context.format === undefined || context.format === null) && hasModuleSyntax(url);
      return next(url, isUnsaid ? { ...context, format: /\.m?ts(?:\?|$)/.test(url) ? "module-typescript" : "module" } : context);
    },
  });
}

/** Names of the plugin files in a folder, sorted; a folder that is not there holds none. */
export async function listPluginFiles(dir: string): Promise<string[]> {
  try {
    const names = await readdir(dir);
    return names.filter((name) => ENDINGS.has(extname(name)) && !/^[._]|\.test\.\w+$|\.d\.\w*ts$/.test(name)).sort();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(systemCode(error) ?? "")) return [];
    throw error;
  }
}

/** Adds the plugin files that a checked config uses. One that has become broken meanwhile shows when its plugin is asked for. */
export async function loadUserPlugins(registry: { addFiles(files: readonly string[]): Promise<void> }, files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  installPluginImports();
  await registry.addFiles(files);
}

/** Two plugins that import one file share it, also when it has changed; one whose imports have changed is another file, too. */
function ownAddress(url: string): string {
  const { search } = new URL(url);
  return search === "" ? addressOf(fileURLToPath(url), sourceOf(fileURLToPath(url)).code) : url;
}

function addressOf(file: string, code: string | undefined): string {
  const first = firstCode.get(file);
  if (first === undefined && code !== undefined) firstCode.set(file, code);
  const behind = first === undefined || first === code ? "" : `?code=${code}`;
  const real = realUrl(file);
  const url = real.href + behind;
  if (!pluginUrls.has(url)) delete commonFiles[fileURLToPath(real)];
  pluginUrls.add(url);
  return url;
}

/** The plugins of one file that holds this code. Rejects with PluginFileError. */
export async function loadPluginFile(file: string, code?: string): Promise<readonly Plugin[]> {
  const exported = await exportsOf(file, code);
  const plugins = await pluginsOf(file, exported);
  if (plugins.length === 0 && processTypesOf(exported).length === 0)
    throw new PluginFileError(file, "it exports neither a function `parse` or `filter` nor a plugin as its default", { reason: "empty" });
  return plugins;
}

/** The types of processes that one file has. Rejects with PluginFileError. */
export async function loadProcessTypes(file: string): Promise<readonly ProcessType[]> {
  return processTypesOf(await exportsOf(file, sourceOf(file).code));
}

async function exportsOf(file: string, code: string | undefined): Promise<Record<string, unknown>> {
  installPluginImports();
  try {
    return (await import(addressOf(file, code))) as Record<string, unknown>;
  } catch (error) {
    throw await fileError(file, toError(error));
  }
}

/** The name that a file's functions have as plugins, or a folder for its index file and its package.json: `plugins/swak_plugin_boo/index.ts` is `boo`. */
export function nameOfFile(file: string): string {
  const name = basename(file, extname(file));
  const ofFolder = name === "index" || name === "package" ? basename(dirname(file)) : name;
  return ofFolder.replace(/^(?:dure|swak)[-_]plugin[-_](?=.)/, "");
}

function hasModuleSyntax(url: string): boolean {
  return /^\s*(?:import|export)\b/m.test(readFileSync(new URL(url), "utf8"));
}

async function pluginsOf(file: string, exported: Record<string, unknown>): Promise<Plugin[]> {
  const name = nameOfFile(file);
  const given = Array.isArray(exported["default"]) ? (exported["default"] as unknown[]) : [exported["default"]];
  const plugins = given.filter(isPlugin);
  const { simpleFilter, simpleParse } = await import("./simple-plugins.ts");
  // A file may hold both functions: a parser and a filter of the same name are two plugins.
  if (typeof exported["parse"] === "function") plugins.push(simpleParse(name, exported["parse"] as (line: string) => unknown));
  if (typeof exported["filter"] === "function") plugins.push(simpleFilter(name, exported["filter"] as (record: Record<string, unknown>) => unknown));
  return plugins;
}

function processTypesOf({ default: given }: Record<string, unknown>): ProcessType[] {
  return [given].flat().filter(isProcessType);
}

function isProcessType(value: unknown): value is ProcessType {
  if (typeof value !== "object" || value === null) return false;
  const { kind, name, options, prepare, activate } = value as Partial<Record<string, unknown>>;
  return kind === "process" && typeof name === "string" && name !== "" && typeof options === "object" && [prepare, activate].some((each) => typeof each === "function");
}

function isPlugin(value: unknown): value is Plugin {
  if (typeof value !== "object" || value === null) return false;
  const { kind, name, open, options } = value as Partial<Record<string, unknown>>;
  return typeof kind === "string" && typeof name === "string" && name !== "" && typeof open === "function" && typeof options === "object";
}

async function fileError(file: string, error: Error): Promise<PluginFileError> {
  const message = error.message.split("\n")[0] ?? error.message;
  for (const each of sourceOf(file).files.slice(0, PLACES_MAX)) {
    const at = placeIn(each, error.stack ?? "") ?? (error instanceof SyntaxError && JAVASCRIPT.test(each) ? await syntaxErrorPlace(each) : undefined);
    if (at === undefined) continue;
    if (each === file) return new PluginFileError(file, message, { ...at, cause: error });
    return new PluginFileError(file, `${message} (${relative(dirname(file), each)}:${at.line}:${at.column})`, { cause: error });
  }
  return new PluginFileError(file, message, { cause: error });
}

/** The first place inside the file that a stack names: `file:4:7` in a frame, `file:2` above a line with a caret. */
function placeIn(file: string, stack: string): { line: number; column: number } | undefined {
  const lines = stack.split("\n");
  for (const [index, text] of lines.entries()) {
    for (const name of [pathToFileURL(file).href, file]) {
      const at = text.indexOf(name);
      const [, line, column] = at === -1 ? [] : (/^(?:\?code=\w+)?:(\d+)(?::(\d+))?/.exec(text.slice(at + name.length)) ?? []);
      if (line === undefined) continue;
      const caret =
        lines
          .slice(index + 1, index + 6)
          .find((below) => /^\s*\^/.test(below))
          ?.indexOf("^") ?? 0;
      return { line: Number(line), column: column === undefined ? caret + 1 : Number(column) };
    }
  }
  return undefined;
}

/** V8 says the place of a syntax error in a JavaScript module only to the console, so the file is checked by a process of its own. */
async function syntaxErrorPlace(file: string): Promise<{ line: number; column: number } | undefined> {
  const { execFile } = await import("node:child_process");
  try {
    await promisify(execFile)(process.execPath, ["--check", file], { timeout: 5000 });
  } catch (error) {
    const { stderr } = error as { stderr?: unknown };
    if (typeof stderr === "string") return placeIn(file, stderr);
  }
  return undefined;
}
