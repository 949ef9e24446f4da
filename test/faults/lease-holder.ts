// A process of `leases.test.ts`: wants the lease, and writes under it as long as it has it. It is killed and stopped from outside.
import { setTimeout as delay } from "node:timers/promises";
import { Candidate } from "#kernel/fleet/candidate.ts";
import type { Lease } from "#kernel/fleet/lease.ts";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import type { MysqlServer } from "#plugins/stores/mysql-line.ts";

const [how = "", facts = "", ttlMs = "", everyMs = ""] = process.argv.slice(2);
const server = JSON.parse(facts) as MysqlServer;
const [store, aside] = [await openMysqlStore(server), await openMysqlStore(server)];
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const say = (word: string): Promise<unknown> => aside.run("INSERT INTO words (pid, word) VALUES (?, ?)", [process.pid, word]);
const put = "INSERT INTO written (pid, token) VALUES (?, ?)";

async function work(lease: Lease): Promise<void> {
  try {
    // It looks at no clock and no signal: what it may not write is for the store to refuse.
    for (;;) {
      await lease.write((session) => session.run(put, [process.pid, lease.token]));
      await delay(10);
    }
  } catch {
    await say("lost");
  }
}

async function standInTheMidst(lease: Lease): Promise<void> {
  try {
    await lease.write(async (session) => {
      await session.run(put, [process.pid, lease.token]);
      await say("midst");
      for (;;) {
        await delay(50);
        await session.run("DO 0");
      }
    });
  } catch {
    await say("lost");
  }
}

new Candidate({ store: async () => store, name: "schedules", holder: String(process.pid), log: quiet, ttlMs: Number(ttlMs), everyMs: Number(everyMs), won: (lease) => void (how === "midst" ? standInTheMidst(lease) : work(lease)) });
