// What tests with `snapshot: true` expect: written down beside the config, to be read in a review, and kept with it.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { say } from "#base/lang.ts";
import type { TestPlan } from "#kernel/config/tests.ts";
import { differences } from "./compare.ts";
import type { Arrived } from "./stand-ins.ts";

type Record_ = Readonly<Record<string, never>>;
type Kept = Record<string, readonly Record_[]>;

export class Snapshots {
  readonly #file: string;
  readonly #isUpdating: boolean;
  readonly #kept: Kept;
  #updated = 0;

  constructor(configFile: string, { isUpdating }: { isUpdating: boolean }) {
    this.#file = `${configFile}.snapshots.json`;
    this.#isUpdating = isUpdating;
    this.#kept = existsSync(this.#file) ? (JSON.parse(readFileSync(this.#file, "utf8")) as Kept) : {};
  }

  /** How many were written down anew. */
  get updated(): number {
    return this.#updated;
  }

  compare({ pipeline, name }: TestPlan, arrived: readonly Arrived[]): string[] {
    const key = `${pipeline}: ${name}`;
    const now = JSON.parse(JSON.stringify(arrived.map(({ id, name: output, record }) => ({ output: `${id}:${output}`, record })), (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))) as Record_[];
    const kept = this.#kept[key];
    if (this.#isUpdating) {
      if (!isDeepStrictEqual(kept, now)) this.#updated += 1;
      this.#kept[key] = now;
      return [];
    }
    if (kept === undefined) return [say({ en: "there is no snapshot yet: look at what comes out, then `dure test --all --update`", ko: "아직 스냅샷이 없습니다. 나온 것을 확인한 뒤 `dure test --all --update`" })];
    return differences(kept, now.map((record) => ({ id: "", name: "", timeMs: 0, record })), { isExact: true, where: say({ en: "snapshot, record ", ko: "스냅샷, 레코드 " }) });
  }

  save(): void {
    if (this.#updated === 0) return;
    writeFileSync(`${this.#file}.new`, `${JSON.stringify(this.#kept, null, 2)}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}
