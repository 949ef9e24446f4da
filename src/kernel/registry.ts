// Which plugins there are. The kernel names none of them: the built-in ones come as a table (plugins/all.ts) whose entries are
// imported when a config uses them, the user's own as files of `plugins/` next to the config.
// A broken file is remembered as such and hides nothing else.
import { join } from "node:path";
import { UsageError } from "#base/errors.ts";
import type { Plugin, PluginKind } from "#sdk/plugin.ts";
import type { ProcessTypeTable } from "./process-types.ts";
import { findPluginPackages } from "./plugin-packages.ts";
import { sourceOf } from "./plugin-source.ts";
import { listPluginFiles, loadPluginFile, nameOfFile, PluginFileError } from "./user-plugins.ts";

export interface TableEntry {
  readonly load: () => Promise<unknown>;
  /** The plugin's `aliases`, so that an old name is found without importing everything. */
  readonly aliases?: readonly string[];
  /** The plugin's `otherNames`. */
  readonly otherNames?: readonly string[];
}
/** By full name: `in.FileTail`. */
export type PluginTable = Readonly<Record<string, TableEntry>>;

export interface Found {
  readonly plugin: Plugin;
  readonly fullName: string;
  /** Whether it was asked for by one of its old names. */
  readonly isAlias: boolean;
}

export interface Installed extends Found {
  /** The user's file it comes from. */
  readonly file?: string;
}

export const KINDS: readonly PluginKind[] = ["in", "parse", "filter", "buffer", "out"];

export class Registry {
  /** Types of processes, by the name behind `type:`; those of plugin files are not among them. */
  readonly processTypes: ProcessTypeTable;
  readonly #table: PluginTable;
  /** What was imported of the table: a config names the same plugin many times. */
  readonly #imported = new Map<string, Promise<unknown>>();
  readonly #aliases = new Map<string, string>();
  readonly #otherNames = new Map<string, string>();
  readonly #own = new Map<string, { plugin: Plugin; file: string; code: string }>();
  /** Every code of a file that was loaded, by full name and hash: a config that is taken back goes on with what it had. */
  readonly #byCode = new Map<string, Plugin>();
  /** Plugins that a package says it has, to the file that is imported when one is asked for. */
  readonly #announced = new Map<string, string>();
  readonly #files = new Map<string, Promise<void>>();
  readonly #broken = new Map<string, PluginFileError>();
  readonly #hidden: { readonly fullName: string; readonly file: string }[] = [];

  constructor(table: PluginTable, processTypes: ProcessTypeTable) {
    this.#table = table;
    this.processTypes = processTypes;
    for (const [name, { aliases, otherNames }] of Object.entries(table)) this.#alsoCalled(name, aliases, otherNames);
  }

  /** Full names, without importing anything built in. */
  names(kind?: PluginKind): readonly string[] {
    const names = [...new Set([...Object.keys(this.#table), ...this.#own.keys(), ...this.#announced.keys()])];
    return names.filter((name) => kind === undefined || name.startsWith(`${kind}.`)).sort((a, b) => orderOf(a) - orderOf(b) || compareNames(a, b));
  }

  /** Names that work as well, old ones and others, with the plugin's own. */
  alsoKnown(): ReadonlyMap<string, string> {
    return new Map([...this.#aliases, ...this.#otherNames]);
  }

  async find(name: string): Promise<Found | undefined> {
    const announced = this.#announced.get(name);
    if (announced !== undefined && !this.#own.has(name)) {
      await this.addFiles([announced]);
      if (!this.#own.has(name)) return this.#notAsAnnounced(name, announced);
    }
    const own = this.#own.get(name);
    if (own !== undefined) return { plugin: own.plugin, fullName: name, isAlias: false };
    const fullName = Object.hasOwn(this.#table, name) ? name : (this.#otherNames.get(name) ?? this.#aliases.get(name));
    if (fullName === undefined) return undefined;
    // The table erases what each plugin's options are, as the type Plugin does.
    const plugin = (await this.#import(fullName)) as Plugin | undefined;
    return plugin === undefined ? undefined : { plugin, fullName, isAlias: fullName !== name && !this.#otherNames.has(name) };
  }

  #import(fullName: string): Promise<unknown> | undefined {
    const before = this.#imported.get(fullName);
    if (before !== undefined) return before;
    const plugin = this.#table[fullName]?.load();
    if (plugin !== undefined) this.#imported.set(fullName, plugin);
    return plugin;
  }

  async get(name: string): Promise<Plugin | undefined> {
    return (await this.find(name))?.plugin;
  }

  /** The plugin as it was when its file held this; as it is now, where that was never loaded. */
  async getOfCode(name: string, code: string | undefined): Promise<Plugin | undefined> {
    return this.#byCode.get(`${name} ${code}`) ?? (await this.get(name));
  }

  /** The plugin of a checked config. Rejects with UsageError when it is not there (any more). */
  async load(name: string): Promise<Plugin> {
    const plugin = await this.get(name);
    if (plugin !== undefined) return plugin;
    const broken = this.brokenFor(name);
    const hint = broken === undefined ? "Run `dure validate`." : `Correct ${broken.file}:${broken.line}:${broken.column} (${broken.message}).`;
    throw new UsageError(`there is no plugin ${name}`, { hint });
  }

  /** Every plugin of a kind, or every plugin. Imports them all. */
  async list(kind?: PluginKind): Promise<readonly Installed[]> {
    const found = await Promise.all(this.names(kind).map(async (name) => ({ found: await this.find(name), file: this.fileOf(name) })));
    return found.flatMap(({ found: one, file }) => (one === undefined ? [] : [{ ...one, ...(file === undefined ? {} : { file }) }]));
  }

  /** The user's file that a plugin comes from; undefined for a built-in one. */
  fileOf(fullName: string): string | undefined {
    return this.#own.get(fullName)?.file ?? this.#announced.get(fullName);
  }

  /** The plugin files that were loaded, or could not be, and what they import by relative paths. */
  sourceFiles(): string[] {
    return [...new Set([...this.#files.keys()].flatMap((file) => sourceOf(file).files))].sort();
  }

  /** What the file of a plugin and those that it imports held when it was loaded, as a hash; undefined of a built-in one. */
  codeOf(fullName: string): string | undefined {
    return this.#own.get(fullName)?.code;
  }

  /** Loads the plugin files of the folder, and finds the packages in it and in `node_modules` beside it; one that does not exist is an empty one. */
  async addFolder(dir: string): Promise<void> {
    const [files, packages] = await Promise.all([listPluginFiles(dir), findPluginPackages(dir)]);
    const indexes: string[] = [];
    for (const found of packages) {
      if (found instanceof PluginFileError) {
        this.#broken.set(found.file, found);
        continue;
      }
      if (found.index !== undefined) indexes.push(found.index);
      for (const [fullName, file] of found.plugins) this.#announce(fullName, file);
    }
    await this.addFiles([...files.map((name) => join(dir, name)), ...indexes]);
  }

  /** Loads plugin files, each once. Never rejects: see `broken`. */
  async addFiles(files: readonly string[]): Promise<void> {
    for (const file of files) if (!this.#files.has(file)) this.#files.set(file, this.#addFile(file));
    await Promise.all(this.#files.values());
  }

  /** Loads plugin files anew that hold something else than when they were loaded last. */
  async refreshFiles(files: readonly string[]): Promise<void> {
    for (const file of files) this.#files.set(file, this.#addFile(file));
    await Promise.all(this.#files.values());
  }

  /** Plugin files that could not be loaded. */
  get broken(): readonly PluginFileError[] {
    return [...this.#broken.values()];
  }

  /** The broken file that would most likely hold a plugin of this name. */
  brokenFor(name: string): PluginFileError | undefined {
    const announced = this.#announced.get(name);
    const short = name.slice(name.indexOf(".") + 1).toLowerCase();
    return this.broken.find(({ file }) => file === announced || nameOfFile(file).toLowerCase() === short);
  }

  /** Plugins of the user's own that stand in front of another of the same name. */
  get hiding(): readonly { readonly fullName: string; readonly file: string }[] {
    return this.#hidden;
  }

  #alsoCalled(fullName: string, aliases: readonly string[] = [], otherNames: readonly string[] = []): void {
    for (const alias of aliases) this.#aliases.set(alias, fullName);
    for (const name of otherNames) this.#otherNames.set(name, fullName);
  }

  /** The first that says a name has it. */
  #announce(fullName: string, file: string): void {
    const other = this.#announced.get(fullName);
    if (other === file) return;
    if (other !== undefined || Object.hasOwn(this.#table, fullName)) this.#hidden.push({ fullName, file: other ?? file });
    if (other === undefined) this.#announced.set(fullName, file);
  }

  #notAsAnnounced(fullName: string, file: string): undefined {
    if (!this.#broken.has(file)) this.#broken.set(file, new PluginFileError(file, `its package says that it holds ${fullName}, which it does not`));
    return undefined;
  }

  async #addFile(file: string): Promise<void> {
    const { code } = sourceOf(file);
    try {
      for (const plugin of await loadPluginFile(file, code)) {
        const fullName = `${plugin.kind}.${plugin.name}`;
        const isSaid = this.#announced.get(fullName) === file || this.#own.get(fullName)?.file === file;
        if (!isSaid && (Object.hasOwn(this.#table, fullName) || this.#own.has(fullName) || this.#announced.has(fullName))) this.#hidden.push({ fullName, file });
        this.#own.set(fullName, { plugin, file, code });
        this.#byCode.set(`${fullName} ${code}`, plugin);
        this.#alsoCalled(fullName, plugin.aliases, plugin.otherNames);
      }
      this.#broken.delete(file);
    } catch (error) {
      if (!(error instanceof PluginFileError)) throw error;
      this.#broken.set(file, error);
    }
  }
}

export function createRegistry(table: PluginTable, processTypes: ProcessTypeTable = {}): Registry {
  return new Registry(table, processTypes);
}

/** Like a dictionary, without the milliseconds that loading a real one takes. */
function compareNames(a: string, b: string): number {
  const [first, second] = [a.toLowerCase(), b.toLowerCase()];
  return first < second ? -1 : first > second ? 1 : 0;
}

function orderOf(fullName: string): number {
  return KINDS.findIndex((kind) => fullName.startsWith(`${kind}.`));
}
