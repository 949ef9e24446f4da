// Prepared transactions (XA): the server keeps them over its own end and ours. Each has a name; names are committed with the
// input's positions, so what is found prepared later is to be committed when its name is there, and else to be rolled back:
// its records come again.
import { randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { rowsOf } from "#sdk/mysql-connection.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import type { Session } from "./session.ts";

/** Of those that wait for their commit so many keep their connection, over which it is shortest. */
const ATTACHED_MAX = 8;

export class PreparedTransactions {
  readonly #context: PluginContext;
  readonly #key: string;
  /** Begins the names of this step's transactions: another agent's are none of ours. */
  readonly #prefix: string;
  #count = 0;
  /** Prepared by this process and not committed yet, with the connection that did it while that stands. */
  readonly #waiting = new Map<string, Session | undefined>();
  /** Begun and not prepared yet, or not known to be. */
  readonly #underWay = new Set<string>();
  /** Names the position store has. */
  #confirmed: ReadonlySet<string>;
  /** Those of an earlier run, until all it left is committed: they must stay in the store. */
  #inherited: ReadonlySet<string>;

  private constructor(context: PluginContext, owner: string) {
    this.#context = context;
    this.#key = `mysql-out:${context.step}`;
    this.#prefix = `dure-${owner}-`;
    this.#inherited = this.#confirmed = this.#committedNames();
    // A name of an earlier run must not come again while the store still has it.
    this.#count = Date.now() * 1000;
  }

  static async open(context: PluginContext): Promise<PreparedTransactions> {
    return new PreparedTransactions(context, await ownerOf(join(context.dataDir, `mysql-out-${context.step}.json`)));
  }

  begin(): string {
    this.#count += 1;
    const name = `${this.#prefix}${this.#count.toString(36)}`;
    this.#underWay.add(name);
    return name;
  }

  /** Its connection failed, or nothing was written: should it be prepared after all, it is rolled back when it is found. */
  giveUp(name: string): void {
    this.#underWay.delete(name);
  }

  /** The session has prepared it; gives what is to be committed with the positions. The session is kept. */
  prepared(name: string, session: Session): Record<string, JsonValue> {
    this.#underWay.delete(name);
    this.#waiting.set(name, session);
    const attached = [...this.#waiting].filter(([, each]) => each !== undefined);
    for (const [other, each] of attached.slice(0, -ATTACHED_MAX)) {
      each?.connection.destroy();
      this.#waiting.set(other, undefined);
    }
    return { [this.#key]: [...this.#inherited, ...this.#waiting.keys()] };
  }

  /** Commits what the position store has names of. Gives the sessions that are free again; `isWhole` is false when something is left to be looked for. */
  async commitConfirmed(signal: AbortSignal): Promise<{ free: Session[]; isWhole: boolean }> {
    this.#confirmed = this.#committedNames();
    const free: Session[] = [];
    let isWhole = true;
    for (const [name, session] of this.#waiting) {
      if (!this.#confirmed.has(name)) continue;
      if (session === undefined) {
        isWhole = false;
        continue;
      }
      try {
        await rowsOf(session.connection, `XA COMMIT '${name}'`, [], signal);
        this.#waiting.delete(name);
        free.push(session);
      } catch {
        session.connection.destroy();
        this.#waiting.set(name, undefined);
        isWhole = false;
      }
    }
    return { free, isWhole };
  }

  /** Brings to an end what connections that are gone have left. Gives whether nothing is left to be looked for. */
  async settleOrphans({ connection }: Session, signal: AbortSignal): Promise<boolean> {
    let isWhole = true;
    const found = new Set((await rowsOf(connection, "XA RECOVER", [], signal)).map((row) => String(row[3])).filter((name) => name.startsWith(this.#prefix)));
    for (const name of found) {
      const isConfirmed = this.#confirmed.has(name);
      if (this.#underWay.has(name) || this.#waiting.get(name) !== undefined || (this.#waiting.has(name) && !isConfirmed)) continue;
      try {
        await rowsOf(connection, `XA ${isConfirmed ? "COMMIT" : "ROLLBACK"} '${name}'`, [], signal);
        this.#context.count(isConfirmed ? "transactions_committed_late_total" : "transactions_rolled_back_total");
        this.#waiting.delete(name);
      } catch (error) {
        // Its connection, which is gone for us, still is there for the server.
        if (systemCode(error) !== "ER_XAER_NOTA") throw error;
        isWhole = false;
      }
    }
    for (const [name, session] of this.#waiting) if (session === undefined && this.#confirmed.has(name) && !found.has(name)) this.#waiting.delete(name);
    if (isWhole) this.#inherited = new Set();
    return isWhole;
  }

  /** Gives the connections back; the server keeps what is prepared. */
  detach(): void {
    for (const session of this.#waiting.values()) session?.connection.destroy();
    this.#waiting.clear();
  }

  #committedNames(): ReadonlySet<string> {
    const names = this.#context.committed(this.#key);
    return new Set(Array.isArray(names) ? names.map(String) : []);
  }
}

/** On disk before the first transaction has the name. */
async function ownerOf(file: string): Promise<string> {
  try {
    const known: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof known === "string" && /^[0-9a-f]{24}$/.test(known)) return known;
  } catch {
    // The first start, or a file that is damaged: a new name does no harm.
  }
  const made = randomBytes(12).toString("hex");
  const handle = await open(`${file}.new`, "w");
  try {
    await handle.writeFile(JSON.stringify(made));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  return made;
}
