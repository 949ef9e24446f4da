// What the config was, and what became of it: the file is the truth, these are copies. Bounded by number and by size.
import type { LazyStore } from "#kernel/store/open-store.ts";
import type { Kept } from "./config-questions.ts";

/** `running`: read at a start or a reload. `refused`: it did not start, and the file was put back, or the config before ran on. */
export type RevisionOutcome = "running" | "applied" | "reverted" | "refused";

export interface Revision {
  readonly revision: number;
  readonly atMs: number;
  /** A user, `local:root`; `file`: somebody changed it by hand. */
  readonly who: string;
  readonly note: string;
  readonly outcome: RevisionOutcome;
  /** Why it was refused. */
  readonly problem?: string;
  readonly hash: string;
}

export type NewRevision = Omit<Revision, "revision" | "atMs"> & Kept;

export interface RevisionBook {
  /** Rejects while nothing can be written. */
  prepare(): Promise<void>;
  add(revision: NewRevision): Promise<number>;
  latest(): Promise<Revision | undefined>;
  /** The latest first, those before `before`. */
  list(limit: number, before?: number): Promise<Revision[]>;
  find(revision: number): Promise<(Revision & Kept) | undefined>;
  ofHash(hash: string): Promise<(Revision & Kept) | undefined>;
  /** What the placeholders of the latest stand for. */
  seals(): Promise<string[]>;
}

const REVISIONS_MAX = 200;
const BYTES_MAX = 32 << 20;
const SEALS_MAX = 50;
const FACTS = "revision, at_ms, who, note, outcome, problem, hash";
const ALL = `${FACTS}, masked, sealed`;

interface Row {
  readonly revision: number;
  readonly at_ms: number;
  readonly who: string;
  readonly note: string;
  readonly outcome: RevisionOutcome;
  readonly problem: string;
  readonly hash: string;
  readonly masked: string;
  readonly sealed: string;
}

export function revisionBook(store: LazyStore["get"], agent: () => string, now: () => number = Date.now): RevisionBook {
  const one = async (where: string, params: readonly (string | number)[]): Promise<(Revision & Kept) | undefined> => {
    const [row] = await (await store()).all<Row>(`SELECT ${ALL} FROM dure_config_revisions WHERE agent = ? AND ${where} ORDER BY revision DESC LIMIT 1`, [agent(), ...params]);
    return row === undefined ? undefined : { ...revisionOf(row), hash: row.hash, masked: row.masked, sealed: row.sealed };
  };
  return {
    prepare: async () => void (await store()),
    async add({ who, note, outcome, problem = "", hash, masked, sealed }) {
      return (await store()).transaction(async (session) => {
        const [{ last = 0 } = {}] = await session.all<{ last: number | null }>("SELECT MAX(revision) AS last FROM dure_config_revisions WHERE agent = ?", [agent()]);
        const revision = Number(last ?? 0) + 1;
        const bytes = masked.length + sealed.length;
        await session.run("INSERT INTO dure_config_revisions (agent, revision, at_ms, who, note, outcome, problem, hash, masked, sealed, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [agent(), revision, now(), who, note, outcome, problem, hash, masked, sealed, bytes]);
        const kept = await session.all<{ revision: number; bytes: number }>("SELECT revision, bytes FROM dure_config_revisions WHERE agent = ? ORDER BY revision DESC", [agent()]);
        const dropped = beyond(kept);
        if (dropped !== undefined) await session.run("DELETE FROM dure_config_revisions WHERE agent = ? AND revision <= ?", [agent(), dropped]);
        return revision;
      });
    },
    async latest() {
      return (await this.list(1))[0];
    },
    async list(limit, before = Number.MAX_SAFE_INTEGER) {
      const rows = await (await store()).all<Row>(`SELECT ${FACTS} FROM dure_config_revisions WHERE agent = ? AND revision < ? ORDER BY revision DESC LIMIT ${Math.trunc(limit)}`, [agent(), before]);
      return rows.map(revisionOf);
    },
    find: (revision) => one("revision = ?", [revision]),
    ofHash: (hash) => one("hash = ?", [hash]),
    async seals() {
      const rows = await (await store()).all<{ sealed: string }>(`SELECT sealed FROM dure_config_revisions WHERE agent = ? ORDER BY revision DESC LIMIT ${SEALS_MAX}`, [agent()]);
      return rows.map(({ sealed }) => sealed);
    },
  };
}

function revisionOf({ revision, at_ms: atMs, who, note, outcome, problem, hash }: Row): Revision {
  return { revision: Number(revision), atMs: Number(atMs), who, note, outcome, hash, ...(problem === "" ? {} : { problem }) };
}

/** The highest number that is to go; the two latest stay, whatever their size. */
function beyond(kept: readonly { readonly revision: number; readonly bytes: number }[]): number | undefined {
  let bytes = 0;
  for (const [index, each] of kept.entries()) {
    bytes += Number(each.bytes);
    if (REVISIONS_MAX <= index || (2 <= index && BYTES_MAX < bytes)) return Number(each.revision);
  }
  return undefined;
}
