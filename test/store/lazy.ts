// A lazy store over a real SQLite file, or another store, which a test can take away.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "#kernel/log.ts";
import type { LogRecord } from "#kernel/log.ts";
import { lazyStore } from "#kernel/store/open-store.ts";
import type { LazyStore } from "#kernel/store/open-store.ts";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import { StoreFailure } from "#sdk/store.ts";
import type { MigrationSet, Store } from "#sdk/store.ts";
import type { Log } from "#sdk/plugin.ts";

export interface StoreFolder extends Disposable {
  readonly dir: string;
  readonly log: Log;
  readonly records: readonly LogRecord[];
  /** While it is true the store cannot be opened. */
  isAway: boolean;
  /** Moves the clock of the stores on: their back-off ends. */
  later(): void;
  open(): LazyStore;
}

export function storeFolder(migrations: readonly MigrationSet[], openOther?: () => Promise<Store>): StoreFolder {
  const dir = mkdtempSync(join(tmpdir(), "dure-store-"));
  const records: LogRecord[] = [];
  const log = createLog({ level: "info", also: { level: "info", sink: { write: (record) => void records.push(record), close: () => {} } } });
  let nowMs = 0;
  const folder: StoreFolder = {
    dir,
    log,
    records,
    isAway: false,
    later: () => void (nowMs += 3_600_000),
    open: () =>
      lazyStore({
        plan: { type: "sqlite", file: join(dir, "dure.db") },
        migrations,
        log,
        now: () => nowMs,
        async open(plan) {
          if (folder.isAway) throw new StoreFailure("away", { message: "taken away" });
          return openOther === undefined ? openSqliteStore(plan.type === "sqlite" ? plan.file : "") : openOther();
        },
      }),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
  return folder;
}
