// One long trial of schedules in a fleet: several agents with the same schedules, due each second, on one MariaDB. The holder of the lease, or any other, is killed with -9 or stopped for a while at random instants,
// each dies by itself in the midst of publishing, and the database now and then. In the end each second of each schedule must have been begun exactly once.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { fleetTables } from "#kernel/fleet/fleet-tables.ts";
import { JobKeys } from "#kernel/fleet/job-keys.ts";
import { heldLeases } from "#kernel/fleet/lease-table.ts";
import { migrate } from "#kernel/store/migrate.ts";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import type { MysqlServer } from "#plugins/stores/mysql-line.ts";
import { startMariaDb } from "../servers/mariadb.ts";
import { randomNumbers } from "./random.ts";

export interface FleetTrial {
  readonly agents: number;
  readonly schedules: number;
  readonly seconds: number;
  readonly seed: number;
  readonly isDatabaseKilled: boolean;
}

export interface FleetResult {
  readonly kills: Readonly<Record<"holder" | "other" | "itself" | "still" | "database", number>>;
  /** Seconds of schedules from the first that was begun to the last. */
  readonly due: number;
  readonly begun: number;
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  /** Published more than once, and begun once all the same. */
  readonly publishedAgain: number;
  /** Longest time from a second to the begin of its job. */
  readonly lateMs: number;
}

const TTL_MS = 1500;
const EVERY_MS = 300;
const SETTLE_MS = 120_000;

export async function fleetTrial({ agents, schedules, seconds, seed, isDatabaseKilled }: FleetTrial): Promise<FleetResult> {
  const next = randomNumbers(seed);
  await using db = await startMariaDb();
  await db.query("CREATE DATABASE fleet; CREATE USER 'f'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON fleet.* TO 'f'@'127.0.0.1'");
  const facts: MysqlServer = { host: "127.0.0.1", port: db.port, user: "f", password: "x", database: "fleet" };
  const store = await openMysqlStore(facts);
  await migrate(store, [fleetTables]);
  await store.run("CREATE TABLE queue (seq BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, job_key VARCHAR(200) NOT NULL, job_id VARCHAR(40) NOT NULL)");
  const keys = new JobKeys({ store: async () => store, scope: "trial", keepMs: () => 3_600_000, keepMax: () => 1_000_000 });
  const start = (): ChildProcess => spawn(process.execPath, [fileURLToPath(new URL("./fleet-agent.ts", import.meta.url)), JSON.stringify(facts), String(schedules), String(TTL_MS), String(EVERY_MS), String(Math.floor(next() * 2 ** 31))], { stdio: ["ignore", "ignore", "inherit"] });
  const running = Array.from({ length: agents }, start);
  const begun = new Map<string, number>();
  const published = new Map<string, number>();
  let lateMs = 0;
  let after = 0;
  /** Stands for the workers of all agents: begins what the queue has, when the key is its own. */
  const work = async (): Promise<void> => {
    const rows = await store.all<{ seq: number; job_key: string; job_id: string }>("SELECT seq, job_key, job_id FROM queue WHERE ? < seq ORDER BY seq LIMIT 500", [after]);
    for (const { seq, job_key: key, job_id: id } of rows) {
      if ((await keys.begin(key, id)) === undefined) {
        begun.set(key, (begun.get(key) ?? 0) + 1);
        lateMs = Math.max(lateMs, Date.now() - timeOf(key));
      }
      published.set(key, (published.get(key) ?? 0) + 1);
      after = seq;
    }
  };
  const kills = { holder: 0, other: 0, itself: 0, still: 0, database: 0 };
  const tryToWork = (): Promise<void> => work().catch(() => {}); // The database was killed just now.
  try {
    const untilMs = performance.now() + seconds * 1000;
    let [killAtMs, workAtMs] = [performance.now() + 3000, 0];
    while (performance.now() < untilMs) {
      // Not at once: what waits in a queue while its publisher dies is published again.
      if (workAtMs < performance.now()) {
        await tryToWork();
        workAtMs = performance.now() + next() * 6000;
      }
      await delay(20);
      for (const [index, { signalCode }] of running.entries()) {
        if (signalCode === null) continue;
        kills.itself += 1;
        running[index] = start();
      }
      if (performance.now() < killAtMs) continue;
      killAtMs = performance.now() + 200 + next() * 3000;
      const kind = next();
      if (isDatabaseKilled && kind < 0.15) {
        kills.database += 1;
        await db.kill();
        await delay(next() * 2500);
        await db.start();
        continue;
      }
      const holder = (await heldLeases(store).catch(() => []))[0]?.holder;
      const found = running.findIndex(({ pid }) => String(pid) === holder);
      const index = kind < 0.8 && 0 <= found ? found : Math.floor(next() * agents);
      const agent = running[index];
      if (agent === undefined || agent.signalCode !== null) continue;
      if (kind < 0.35) {
        // Others follow meanwhile; what it still does when it wakes up must come to nothing.
        kills.still += 1;
        agent.kill("SIGSTOP");
        setTimeout(() => agent.kill("SIGCONT"), next() * 4000);
        continue;
      }
      const gone = once(agent, "exit");
      agent.kill("SIGKILL");
      await gone;
      kills[index === found ? "holder" : "other"] += 1;
      running[index] = start();
    }
    const endMs = Date.now();
    // What is due until now has to come.
    const last = (): number => Math.min(...Array.from({ length: schedules }, (_, index) => Math.max(0, ...[...begun.keys()].filter((key) => key.startsWith(`schedule/s${index}/`)).map(timeOf))));
    for (const giveUpMs = performance.now() + SETTLE_MS; last() < endMs && performance.now() < giveUpMs; await delay(50)) {
      for (const [index, { signalCode }] of running.entries()) if (signalCode !== null) running[index] = start();
      await tryToWork();
    }
    for (const agent of running) agent.kill("SIGSTOP");
    await delay(500);
    await tryToWork();
    const firstMs = Math.min(...[...begun.keys()].map(timeOf));
    const prefixes = new Set([...begun.keys()].map((key) => key.slice(0, key.lastIndexOf("/") + 1)));
    const wanted: string[] = [];
    // The first second or two belong to rows that are being made.
    for (const prefix of prefixes) for (let atMs = firstMs + 2000; atMs < endMs; atMs += 1000) wanted.push(`${prefix}${atMs}`);
    return {
      kills,
      due: wanted.length,
      begun: begun.size,
      missing: wanted.filter((key) => !begun.has(key)),
      twice: [...begun].filter(([, times]) => times !== 1).map(([key]) => key),
      publishedAgain: [...published.values()].filter((times) => 1 < times).length,
      lateMs,
    };
  } finally {
    for (const agent of running) agent.kill("SIGKILL");
    await store.close();
  }
}

function timeOf(key: string): number {
  return Number(key.slice(key.lastIndexOf("/") + 1));
}
