// Brings a store's tables up to what this version of the program needs. What has run is on record; what was cut half-way runs again from its
// first statement. Agents that start at once on one store wait for each other: a transaction is no other's meanwhile.
import { StoreFailure } from "#sdk/store.ts";
import type { MigrationSet, Store } from "#sdk/store.ts";

/** Where it is noted what has run. */
export const RECORD = "CREATE TABLE IF NOT EXISTS dure_migrations (id VARCHAR(100) NOT NULL PRIMARY KEY, at_ms BIGINT NOT NULL)";

/** Runs what has not run yet; resolves with the ids of what it ran. Rejects, and does nothing, when a newer version has been here. */
export async function migrate(store: Store, sets: readonly MigrationSet[], now: () => number = Date.now): Promise<string[]> {
  const all = sets.flatMap(({ part, migrations }) => migrations.map((migration) => ({ migration, id: `${part}/${migration.id}` })));
  await store.run(RECORD);
  const done = new Set((await store.all<{ id: string }>("SELECT id FROM dure_migrations")).map(({ id }) => id));
  const unknown = [...done].filter((id) => !all.some((each) => each.id === id));
  if (unknown.length > 0) throw newer(unknown);
  const ran: string[] = [];
  for (const { migration, id } of all) {
    if (done.has(id)) continue;
    const isRun = await store.transaction(async (session) => {
      const there = await session.all("SELECT id FROM dure_migrations WHERE id = ?", [id]);
      if (there.length > 0) return false; // Another agent was quicker.
      for (const statement of migration[session.dialect]) await session.run(statement);
      await session.run("INSERT INTO dure_migrations (id, at_ms) VALUES (?, ?)", [id, now()]);
      return true;
    });
    if (isRun) ran.push(id);
  }
  return ran;
}

export function newer(unknown: readonly string[]): StoreFailure {
  const listed = unknown.slice(0, 3).join(", ");
  return new StoreFailure("newer", {
    message: `the store was written by a newer version of Dure (${listed})`,
    hint: "Run that version again, or restore a backup that this one made: `dure restore FILE`.",
    ko: { message: `더 새로운 버전의 두레가 만든 저장소입니다 (${listed})`, hint: "그 버전을 다시 쓰거나 이 버전으로 만든 백업을 `dure restore FILE`로 복원하세요." },
  });
}
