// pg-boss with N worker processes; answers are jobs of a queue of their own. It looks twice a second, which is the most it can: woken by PostgreSQL's notices, whose
// commits wait for each other, it did not bear 500 jobs a second that come one by one.
import { createRequire } from "node:module";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import type { Contender } from "./contender.ts";
import { PEERS } from "./install.ts";
import { startProgram } from "./program.ts";
import { startPostgres } from "./servers.ts";

interface Boss {
  start(): Promise<unknown>;
  createQueue(name: string): Promise<void>;
  insert(name: string, jobs: readonly { readonly data: object }[]): Promise<unknown>;
  work(name: string, options: object, run: (jobs: readonly { readonly data: { readonly number: number } }[]) => Promise<void>): Promise<string>;
  on(event: "error", listener: (error: Error) => void): void;
  stop(options: object): Promise<void>;
}

/** Many at a time, without a pause while there is more. */
const WORK = { batchSize: 300, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true };

export const pgBoss: Contender = {
  name: "pg-boss (PostgreSQL)",
  ko: "pg-boss (PostgreSQL)",
  family: "peer",
  async start(dir, workers) {
    const { PgBoss } = createRequire(PEERS)("pg-boss") as { readonly PgBoss: new (options: object) => Boss };
    const postgres = await startPostgres(dir);
    const connectionString = `postgres://postgres@127.0.0.1:${postgres.port}/postgres`;
    const boss = new PgBoss({ connectionString, supervise: false });
    boss.on("error", ({ message }) => console.error(`pg-boss: ${message}`));
    await boss.start();
    for (const name of ["jobs", "answers"]) await boss.createQueue(name);
    writeFileSync(join(dir, "worker.mjs"), PROGRAM);
    const env = { ...process.env, PEERS, POSTGRES: connectionString, WORK: JSON.stringify(WORK) };
    const programs = await Promise.all(Array.from({ length: workers }, () => startProgram(process.execPath, [join(dir, "worker.mjs")], { cwd: dir, env, ready: /ready/ })));
    let tell: (number: number, back: unknown) => void = () => {};
    await boss.work("answers", WORK, async (jobs) => {
      for (const { data } of jobs) tell(data.number, data);
    });
    return {
      send: async (jobs) => void (await boss.insert("jobs", jobs.map(({ data }) => ({ data })))),
      onReply: (listener) => (tell = listener),
      workers: () => programs.map(({ pid }) => pid),
      servers: () => [postgres.pid],
      async stop() {
        await boss.stop({ graceful: false });
        await Promise.all(programs.map((program) => program.stop()));
        await postgres.stop();
      },
    };
  },
};

const PROGRAM = `
import { createRequire } from "node:module";
const { PgBoss } = createRequire(process.env.PEERS)("pg-boss");
const boss = new PgBoss({ connectionString: process.env.POSTGRES, supervise: false, migrate: false });
boss.on("error", (error) => console.error(error.message));
await boss.start();
await boss.work("jobs", JSON.parse(process.env.WORK), async (jobs) => {
  await boss.insert("answers", jobs.map(({ data }) => ({ data })));
});
console.log("ready");
`;
