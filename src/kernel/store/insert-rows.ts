// Many rows at once: over a network one statement for many, in the embedded store one statement that is prepared once.
import type { SqlValue, StoreSession } from "#sdk/store.ts";

const ROWS_MAX = 100;

/** `isTolerant`: a row whose key is there already is left out. To be called within a transaction. */
export async function insertRows(session: StoreSession, table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[], { isTolerant = false } = {}): Promise<void> {
  const verb = !isTolerant ? "INSERT" : session.dialect === "mysql" ? "INSERT IGNORE" : "INSERT OR IGNORE";
  const head = `${verb} INTO ${table} (${columns.join(", ")}) VALUES `;
  const one = `(${columns.map(() => "?").join(", ")})`;
  const size = session.dialect === "mysql" ? ROWS_MAX : 1;
  for (let at = 0; at < rows.length; at += size) {
    const some = rows.slice(at, at + size);
    await session.run(head + some.map(() => one).join(", "), some.flat());
  }
}
