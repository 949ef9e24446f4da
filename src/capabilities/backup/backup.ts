// A copy of everything in the store, and the way back: a backup appears under its name whole or not at all, and so does what is restored. What was
// there before is kept beside it.
import { chmodSync, closeSync, copyFileSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, statfsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError, systemCode } from "#base/errors.ts";
import { bytesText } from "#base/quantities.ts";
import { localCaller } from "#kernel/access/local-caller.ts";
import { addRow, forgetBegun } from "#kernel/audit/audit-log.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { StorePlan } from "#kernel/config/plan.ts";
import { agentIdFile } from "#kernel/store/agent-id.ts";
import { lookAtBackup, settle, signBackup } from "#kernel/store/backup-file.ts";
import type { BackupFacts, LookedAt } from "#kernel/store/backup-file.ts";
import { copyRows } from "#kernel/store/copy-rows.ts";
import { keptIds } from "#kernel/store/kept-ids.ts";
import { migrate } from "#kernel/store/migrate.ts";
import type { Log } from "#sdk/plugin.ts";
import type { MigrationSet, Store, StoreSession } from "#sdk/store.ts";

/** What is known of stores by who wires them. */
export interface Stores {
  open(plan: StorePlan): Promise<Store>;
  readonly tables: readonly MigrationSet[];
  readonly log: Log;
}

export interface Backup {
  readonly file: string;
  readonly bytes: number;
  readonly atMs: number;
}

export interface Restored extends Backup {
  /** Where that which was there before lies now; undefined: there was nothing. */
  readonly aside: string | undefined;
  readonly backup: LookedAt;
}

/** Nobody's backups are deleted: who makes so many has to look. */
const BACKUPS_MAX = 100;

export function backupFolder(dataDir: string): string {
  return join(dataDir, "backups");
}

/** Into the backup folder, under the time. */
export async function backupInto(folder: string, store: Store, stores: Stores, facts: Omit<BackupFacts, "store">, prefix = "dure"): Promise<Backup> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const there = readdirSync(folder).filter((name) => name.endsWith(".db")).length;
  if (BACKUPS_MAX <= there) {
    throw new CommandFailure("CONFLICT", {
      message: `there are ${there} backups in ${folder}`,
      hint: "Move the old ones away.",
      ko: { message: `${folder} 폴더에 백업이 ${there}개 있습니다`, hint: "오래된 것을 옮기거나 지우세요." },
    });
  }
  return backupTo(freeName(folder, `${prefix}-${timeText(facts.atMs)}`), store, stores, facts);
}

export async function backupTo(file: string, store: Store, stores: Stores, facts: Omit<BackupFacts, "store">): Promise<Backup> {
  if (existsSync(file)) throw new UsageError(`${file} is there already`, { hint: "Give another name; nothing is written over.", ko: { message: `${file} 파일이 이미 있습니다`, hint: "다른 이름을 지정하세요. 덮어쓰지 않습니다." } });
  const part = `${file}.${process.pid}.part`;
  gone(part);
  closeSync(openSync(part, "wx", 0o600)); // Nobody else's link, and never for others to read.
  try {
    if (store.backup === undefined) await dump(store, part, stores);
    else await store.backup(part);
    await signBackup(part, { ...facts, store: store.dialect });
    sync(part);
    renameSync(part, file);
    sync(dirname(file));
    return { file, bytes: statSync(file).size, atMs: facts.atMs };
  } finally {
    gone(part);
  }
}

/** The same in a file of SQLite's, all of one moment, while others go on. */
async function dump(store: Store, file: string, { open, tables }: Stores): Promise<void> {
  const copy = await open({ type: "sqlite", file });
  try {
    await migrate(copy, tables);
    await store.snapshot((from) => copy.transaction((to) => copyRows(from, to)));
  } finally {
    await copy.close();
  }
}

/** No agent may run with that store meanwhile. */
export async function restore(file: string, plan: StorePlan, dataDir: string, stores: Stores, { version, agent, atMs }: Omit<BackupFacts, "store">): Promise<Restored> {
  const { backup, aside } = plan.type === "sqlite" ? await intoFile(file, plan.file, stores, { agent, atMs }) : await intoServer(file, plan, dataDir, stores, { version, agent, atMs });
  const ours = ownerOf(backup, plan, agent);
  if (ours !== agent) writeFileSync(agentIdFile(dataDir), `${ours}\n`, { flush: true });
  if (ours === backup.agent) raise(dataDir, backup, stores.log);
  return { file, bytes: statSync(file).size, atMs: backup.atMs, aside, backup };
}

/** Whose rows the agent goes on with. */
function ownerOf(backup: LookedAt, plan: StorePlan, agent: string): string {
  return plan.type === "sqlite" && backup.store === "sqlite" ? backup.agent : agent;
}

/** What a backup holds and what must not come back with it: logins, which somebody may have ended since, and links that make an admin. That it was restored is in the audit. */
async function takeOver(session: StoreSession, { atMs, version, agent: from }: LookedAt, agent: string, nowMs: number): Promise<void> {
  await session.run("DELETE FROM dure_sessions");
  await session.run("DELETE FROM dure_setup_links");
  await forgetBegun(session, "agent.backup"); // The very one that is restored: it was under way when the store was copied.
  await addRow(session, { caller: localCaller(), command: "agent.restore", params: { atMs, version, agent: from }, outcome: "ok" }, agent, nowMs);
}

interface Taken {
  readonly backup: LookedAt;
  readonly aside: string | undefined;
}

/** One rename decides; before it nothing of the old store is lost, after it nothing is missing of the new one. What is looked at is the copy, which nobody else can change. */
async function intoFile(file: string, database: string, stores: Stores, { agent, atMs }: { readonly agent: string; readonly atMs: number }): Promise<Taken> {
  mkdirSync(dirname(database), { recursive: true });
  const fresh = `${database}.restoring`;
  gone(fresh);
  try {
    copied(file, fresh);
    const backup = await lookAtBackup(fresh, stores.tables, file);
    await settle(database); // Before anything long: it says when an agent is at work there.
    const store = await stores.open({ type: "sqlite", file: fresh });
    try {
      await migrate(store, stores.tables); // It may be of an older version.
      await store.transaction((session) => takeOver(session, backup, ownerOf(backup, { type: "sqlite", file: database }, agent), atMs));
    } finally {
      await store.close();
    }
    await settle(fresh);
    sync(fresh);
    const aside = existsSync(database) ? keepAside(database, atMs) : undefined;
    renameSync(fresh, database);
    sync(dirname(database));
    return { backup, aside };
  } finally {
    gone(fresh);
  }
}

/** Room is left for what else lives on that disk. */
const SPARE_BYTES = 64 << 20;

function copied(file: string, to: string): void {
  if (!statSync(file).isFile()) throw new UsageError(`${file} is no file`, { ko: { message: `파일이 아닙니다: ${file}` } });
  const { bavail, bsize } = statfsSync(dirname(to));
  const [needed, free] = [statSync(file).size, Math.max(0, bavail * bsize - SPARE_BYTES)];
  if (free < needed) {
    const [wanted, there] = [bytesText(needed), bytesText(free)];
    throw new UsageError(`there is no room in ${dirname(to)} for ${wanted}: ${there} can be used`, { hint: "Make room, then try again.", ko: { message: `${dirname(to)} 폴더에 ${wanted}를 둘 공간이 없습니다. 쓸 수 있는 공간: ${there}`, hint: "공간을 만든 뒤 다시 시도하세요." } });
  }
  copyFileSync(file, to);
  chmodSync(to, 0o600);
}

/** With whatever SQLite put beside it. */
function gone(file: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(file + end, { force: true });
}

/** A second name for the file as it is, with what was written ahead of it; then no other file belongs to the first. */
function keepAside(database: string, atMs: number): string {
  const aside = freeName(dirname(database), `${database.slice(dirname(database).length + 1)}.before-${timeText(atMs)}`, "");
  for (const end of ["-wal", "-shm", ""]) {
    if (!existsSync(database + end)) continue;
    try {
      linkSync(database + end, aside + end);
    } catch (error) {
      if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "EXDEV", "ENOSYS"].includes(systemCode(error) ?? "")) throw error;
      copyFileSync(database + end, aside + end); // A file system without second names.
    }
  }
  sync(dirname(database));
  for (const end of ["-wal", "-shm"]) rmSync(database + end, { force: true });
  return aside;
}

/** In one transaction; a copy of what was there lies in the backup folder first. */
async function intoServer(file: string, plan: StorePlan, dataDir: string, stores: Stores, facts: Omit<BackupFacts, "store">): Promise<Taken> {
  const folder = backupFolder(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const working = join(folder, `.restoring-${process.pid}.db`);
  gone(working);
  copied(file, working);
  let server: Store | undefined;
  try {
    const backup = await lookAtBackup(working, stores.tables, file);
    server = await stores.open(plan);
    await refuseOthers(server);
    await migrate(server, stores.tables);
    const { file: aside } = await backupInto(folder, server, stores, facts, "before-restore");
    const source = await stores.open({ type: "sqlite", file: working });
    try {
      await migrate(source, stores.tables); // It may be of an older version.
      await server.transaction(async (to) => {
        await copyRows(source, to);
        await takeOver(to, backup, facts.agent, facts.atMs);
      });
    } finally {
      await source.close();
    }
    return { backup, aside };
  } finally {
    await server?.close();
    gone(working);
  }
}

/** Agents elsewhere that share it would write into the middle of it. As far as the server shows them. */
async function refuseOthers(server: Store): Promise<void> {
  const [connections] = await server.all<{ many: number }>("SELECT COUNT(*) AS many FROM information_schema.processlist WHERE db = DATABASE()");
  if ((connections?.many ?? 0) <= 2) return; // Our own: the writer, and the reader that asks.
  throw new UsageError("other agents use this store now", { hint: "Stop every agent that shares the database first.", ko: { message: "다른 에이전트가 이 저장소를 쓰고 있습니다", hint: "이 데이터베이스를 함께 쓰는 에이전트를 모두 먼저 멈추세요." } });
}

/** What the agent numbers from now on comes behind what the backup has. */
function raise(dataDir: string, { lastEvent, lastLine }: LookedAt, log: Log): void {
  for (const [name, last] of [["event-ids", lastEvent], ["log-ids", lastLine]] as const) {
    const ids = keptIds(join(dataDir, name), log, 0);
    if (ids.reached < last) ids.take(last);
  }
}

function freeName(folder: string, name: string, end = ".db"): string {
  let file = join(folder, `${name}${end}`);
  for (let count = 2; existsSync(file); count += 1) file = join(folder, `${name}-${count}${end}`);
  return file;
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

function sync(path: string): void {
  try {
    const opened = openSync(path, "r");
    try {
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    // Not every system lets a folder, or a file that was opened to be read, be written through.
    if (!["EPERM", "EISDIR", "EINVAL", "EACCES", "EBADF"].includes(systemCode(error) ?? "")) throw error;
  }
}
