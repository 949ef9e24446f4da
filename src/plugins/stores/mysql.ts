// The shared store: MySQL or MariaDB, for agents that have one. A connection that writes, some that read; each is opened when it is needed, and
// again when it was lost. Transactions of all agents on one database stand in one line (GET_LOCK), as they do on SQLite.
import { StoreFailure } from "#sdk/store.ts";
import type { SqlValue, Store, StoreReader, StoreSession } from "#sdk/store.ts";
import { MysqlLine } from "./mysql-line.ts";
import type { MysqlServer } from "./mysql-line.ts";

const READERS = 3;
/** An agent whose turn does not come in this time is told so. */
const LOCK_SECONDS = 20;
/** Whoever has the lock and says nothing for so long stands still: its process is stopped, or its machine hangs. It would keep all others from the store for hours. */
const STILL_SECONDS = 8;
/** The transaction lock of this database. */
const LOCK = "CONCAT('dure.', LEFT(MD5(DATABASE()), 16))";

/** Resolves when the server has answered. */
export async function openMysqlStore(server: MysqlServer): Promise<Store> {
  const store = new MysqlStore(server);
  try {
    await store.run("DO 0");
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

class MysqlStore implements Store {
  readonly dialect = "mysql" as const;
  readonly #server: MysqlServer;
  readonly #writer: MysqlLine;
  readonly #readers: readonly MysqlLine[];

  constructor(server: MysqlServer) {
    this.#server = server;
    this.#writer = new MysqlLine(server);
    this.#readers = Array.from({ length: READERS }, () => new MysqlLine(server));
  }

  /** By the reader for whom the fewest wait; the first of them, so that an agent at rest holds one. */
  all<Row>(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> {
    const least = this.#readers.reduce((best, line) => (line.waiting < best.waiting ? line : best));
    // A connection that broke while it slept is no reason to bother anybody: a question may be asked twice.
    return least.inTurn((ask) => ask.all<Row>(sql, params), { isRepeatable: true });
  }

  run(sql: string, params: readonly SqlValue[] = []): Promise<{ changes: number; lastId: number }> {
    return this.#writer.inTurn((ask) => ask.run(sql, params));
  }

  transaction<T>(work: (session: StoreSession) => Promise<T>): Promise<T> {
    return this.#writer.inTurn(async (session, connection) => {
      if (!(await isLocked(session, STILL_SECONDS))) {
        await endWhoStandsStill(session);
        if (!(await isLocked(session, LOCK_SECONDS - STILL_SECONDS))) throw held(this.#server);
      }
      try {
        await session.run("START TRANSACTION");
        const done = await work(session);
        await session.run("COMMIT");
        return done;
      } catch (error) {
        // A connection whose state we do not know is of no further use; its end undoes the rest and frees the lock.
        await session.run("ROLLBACK").catch(() => connection.destroy());
        throw error;
      } finally {
        if (connection.isOpen()) await session.run(`DO RELEASE_LOCK(${LOCK})`).catch(() => connection.destroy());
      }
    });
  }

  async snapshot<T>(work: (session: StoreReader) => Promise<T>): Promise<T> {
    const own = new MysqlLine(this.#server);
    try {
      return await own.inTurn(async (session) => {
        await session.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        await session.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        return work(session);
      });
    } finally {
      await own.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#writer, ...this.#readers].map((line) => line.close()));
  }
}

async function isLocked(session: StoreSession, seconds: number): Promise<boolean> {
  const [lock] = await session.all<{ got: number | null }>(`SELECT GET_LOCK(${LOCK}, ?) AS got`, [seconds]);
  return lock?.got === 1;
}

/** The end of its connection undoes what it had begun, and frees the lock; when it goes on, it is told so. A user may end connections of its own. */
async function endWhoStandsStill(session: StoreSession): Promise<void> {
  const [still] = await session.all<{ id: number }>(`SELECT id FROM information_schema.processlist WHERE id = IS_USED_LOCK(${LOCK}) AND command = 'Sleep' AND ? <= time`, [STILL_SECONDS]);
  if (still !== undefined) await session.run(`KILL ${still.id}`).catch(() => {}); // It went by itself, or belongs to another user.
}

function held({ host, port, database }: MysqlServer): StoreFailure {
  return new StoreFailure("busy", {
    message: `another agent has held the store for ${LOCK_SECONDS} s: MySQL at ${host}:${port}, ${database}`,
    hint: "Try again; look at SHOW PROCESSLIST when it stays so.",
    ko: { message: `다른 에이전트가 ${LOCK_SECONDS}초 넘게 저장소를 쓰고 있습니다: MySQL ${host}:${port}, ${database}`, hint: "다시 시도하세요. 계속되면 SHOW PROCESSLIST를 확인하세요." },
  });
}
