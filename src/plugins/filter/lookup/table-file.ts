// The table of a file, read again when the file has changed. A file that cannot be read or is no table never takes the place of the
// table that was good; one that is being written is waited for: it has to look the same at two looks.
import { open, stat } from "node:fs/promises";
import { toError } from "#base/errors.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { readTable } from "./table.ts";
import type { Table, TableSettings } from "./table.ts";

export interface FileSettings extends TableSettings {
  readonly path: string;
  readonly encoding: string;
  readonly bytesMax: number;
}

/** Reads a table. Throws an Error that says what is wrong. */
export async function loadTable(settings: FileSettings): Promise<Table> {
  const file = await open(settings.path);
  try {
    const { size } = await file.stat();
    if (settings.bytesMax < size) throw new Error(`the file has ${size} bytes, more than size_max (${settings.bytesMax})`);
    const bytes = await file.readFile();
    return readTable(await decoded(bytes, settings.encoding), settings);
  } finally {
    await file.close();
  }
}

async function decoded(bytes: Buffer, encoding: string): Promise<string> {
  if (/^utf-?8$/i.test(encoding)) return bytes.toString("utf8").replace(/^\uFEFF/, "");
  const { default: iconv } = await import("iconv-lite");
  return iconv.decode(bytes, encoding);
}

export class TableFile {
  readonly #settings: FileSettings;
  readonly #everyMs: number;
  readonly #context: PluginContext;
  #table: Table;
  /** What the file looked like when it was last read, or tried. */
  #read: string;
  #seen: string;
  #lookedAt: number;

  private constructor(settings: FileSettings, everyMs: number, context: PluginContext, table: Table, look: string) {
    this.#settings = settings;
    this.#everyMs = everyMs;
    this.#context = context;
    this.#table = table;
    this.#read = look;
    this.#seen = look;
    this.#lookedAt = context.clock.now();
  }

  static async open(settings: FileSettings, everyMs: number, context: PluginContext): Promise<TableFile> {
    const look = await lookOf(settings.path);
    return new TableFile(settings, everyMs, context, await loadTable(settings), look);
  }

  /** The table as the file has it; it is looked at now and then, when somebody asks. */
  async table(): Promise<Table> {
    const now = this.#context.clock.now();
    if (Math.abs(now - this.#lookedAt) < this.#everyMs) return this.#table;
    this.#lookedAt = now;
    const look = await lookOf(this.#settings.path);
    const isSettled = look === this.#seen;
    this.#seen = look;
    if (!isSettled || look === this.#read) return this.#table;
    this.#read = look;
    const { log } = this.#context;
    try {
      this.#table = await loadTable(this.#settings);
      log.info("table read again", { path: this.#settings.path, rows: this.#table.rows });
    } catch (error) {
      this.#context.count("lookup_reload_failures_total");
      log.warn("the changed table cannot be used; the one before stays", { path: this.#settings.path, error: toError(error).message });
    }
    return this.#table;
  }
}

/** Changes when the file does. */
async function lookOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch {
    return "gone";
  }
}
