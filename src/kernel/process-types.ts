// Which types of processes there are: the built-in ones, and those of plugin files beside the config.
import { join } from "node:path";
import { UsageError } from "#base/errors.ts";
import { closest } from "#base/similar.ts";
import type { ProcessType } from "#sdk/process-type.ts";
import { listPluginFiles, loadProcessTypes, nameOfFile, PluginFileError } from "./user-plugins.ts";

/** By the name behind `type:` (plugins/all.ts); each is imported when it is asked for. */
export type ProcessTypeTable = Readonly<Record<string, () => Promise<unknown>>>;

export interface FoundProcessType {
  readonly type: ProcessType;
  /** The user's file that it comes from. */
  readonly file?: string;
}

export class ProcessTypes {
  readonly #table: ProcessTypeTable;
  readonly #folder: string | undefined;

  /** `folder`: the user's plugins; it need not exist. */
  constructor(table: ProcessTypeTable, folder?: string) {
    this.#table = table;
    this.#folder = folder;
  }

  /** undefined: there is none of that name. Rejects with PluginFileError when the file that is called so is broken. */
  async find(name: string): Promise<FoundProcessType | undefined> {
    if (Object.hasOwn(this.#table, name)) return { type: (await this.#table[name]?.()) as ProcessType };
    const files = await this.#files();
    // Files are programs: another than the one that is called so is run only where that does not have it.
    const [named, others] = [files.filter((file) => nameOfFile(file) === name), files.filter((file) => nameOfFile(file) !== name)];
    for (const file of named) {
      const type = (await loadProcessTypes(file)).find((each) => each.name === name);
      if (type !== undefined) return { type, file };
    }
    return (await this.#typesOf(others)).find(({ type }) => type.name === name);
  }

  /** As `find`; rejects with UsageError where there is none. */
  async load(name: string): Promise<FoundProcessType> {
    const found = await this.find(name);
    if (found !== undefined) return found;
    const names = await this.names();
    const near = closest(name, names);
    throw new UsageError(`there is no type of process \`${name}\``, {
      hint: near === undefined ? `There are ${names.join(", ")}.` : `Did you mean \`${near}\`?`,
      ko: { message: `\`${name}\` 프로세스 유형이 없습니다`, hint: near === undefined ? `있는 것: ${names.join(", ")}` : `혹시 \`${near}\` 인가요?` },
    });
  }

  async names(): Promise<readonly string[]> {
    return [...new Set([...Object.keys(this.#table), ...(await this.#typesOf(await this.#files())).map(({ type }) => type.name)])];
  }

  async #files(): Promise<string[]> {
    const folder = this.#folder;
    return folder === undefined ? [] : (await listPluginFiles(folder)).map((name) => join(folder, name));
  }

  /** Of files that are broken nothing is known. */
  async #typesOf(files: readonly string[]): Promise<Required<FoundProcessType>[]> {
    const found: Required<FoundProcessType>[] = [];
    for (const file of files) {
      try {
        for (const type of await loadProcessTypes(file)) found.push({ type, file });
      } catch (error) {
        if (!(error instanceof PluginFileError)) throw error;
      }
    }
    return found;
  }
}
