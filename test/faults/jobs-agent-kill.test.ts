// The agent is killed with -9 while thousands of jobs wait, and by a job itself: those that wait all end, each recorded once; the one that kills it is given up.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobPage, JobRecord, JobRow } from "#sdk/job-store.ts";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import { noRabbitMq, startRabbitMq } from "#test/servers/rabbitmq.ts";
import type { RabbitMq } from "#test/servers/rabbitmq.ts";
import { folder, until } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";
import { startAgent } from "./agent.ts";
import { numbersIn } from "./numbered.ts";

const QUEUED = Number(process.env["DURE_QUEUED"] ?? 10_000);
const KILLS = 3;
const WORKERS = 2;
const SLOTS = 20;
const AT_A_TIME = 1000;
const noProcesses = process.platform === "linux" ? false : "kills by process id";

for (const [queue, skip] of [["embedded", noProcesses], ["RabbitMQ", noProcesses === false ? noRabbitMq : noProcesses]] as const) {
  test(`agent kill -9 × ${KILLS} with ${QUEUED} jobs in the ${queue} queue: all of them end, each once in the record`, { skip, timeout: 300_000 + QUEUED * 20 }, async (context) => {
    await using server = queue === "RabbitMQ" ? await startRabbitMq() : undefined;
    await using here = folder();
    const world = worldIn(here, { server, poisonAfter: 100 }); // Whoever is killed is not to blame.
    let agent = await world.start();
    let submitted = 0;
    for (; submitted < QUEUED; submitted += AT_A_TIME) {
      const jobs = Array.from({ length: Math.min(AT_A_TIME, QUEUED - submitted) }, (_, index) => ({ rule: "trial:run", data: { number: submitted + index } }));
      await world.ask("jobs.submit-many", { jobs });
    }
    const startedMs: number[] = [];
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const before = world.begun().length;
      await until(() => before < world.begun().length, "some run");
      await agent.kill();
      const since = performance.now();
      agent = await world.start();
      startedMs.push(Math.round(performance.now() - since));
    }
    let rows: readonly JobRow[] = [];
    await until(async () => {
      const { states } = { states: ["queued", "delayed", "running", "sent"] };
      if (0 < (await world.ask<JobPage>("jobs.list", { states, limit: 1 })).jobs.length) return false;
      rows = await world.rows();
      return rows.length === QUEUED;
    }, "all have ended", 240_000 + QUEUED * 10);
    await agent.stop();
    assert.deepEqual(rows.filter(({ state }) => state !== "succeeded").slice(0, 10), []);
    assert.equal(new Set(rows.map(({ id }) => id)).size, QUEUED);
    const begun = world.begun();
    assert.equal(new Set(begun).size, QUEUED, "none is lost");
    const again = begun.length - QUEUED;
    assert.ok(again <= KILLS * WORKERS * SLOTS, `${again} began again: more than were running`);
    context.diagnostic(`${again} began again; started in ${startedMs.join(", ")} ms`);
  });

  test(`a job that kills its agent is given up by those that come after, over ${queue}`, { skip, timeout: 300_000 }, async (context) => {
    await using server = queue === "RabbitMQ" ? await startRabbitMq() : undefined;
    for (const kind of queue === "RabbitMQ" ? (["quorum", "classic"] as const) : (["auto"] as const)) {
      await using here = folder();
      const world = worldIn(here, { server, kind, poisonAfter: 3 });
      let agent = await world.start();
      await world.ask("jobs.submit", { rule: "trial:kill", data: {} }).catch(() => {}); // It may be gone before it has answered.
      let starts = 1;
      for (let record: JobRow | undefined; record?.state !== "failed"; ) {
        // Either it kills this one, too, or it is given up.
        await until(async () => {
          record = (await world.ask<JobPage>("jobs.list", { rule: "trial:kill", limit: 1 }).catch(() => undefined))?.jobs[0];
          return record?.state === "failed" || agent.hasEnded();
        }, `it ends, or its agent does: ${JSON.stringify(record)}`, 120_000);
        if (!agent.hasEnded()) continue;
        assert.ok(starts < 8, "it is run again and again");
        agent = await world.start();
        starts += 1;
      }
      const { jobs } = await world.ask<JobPage>("jobs.list", { rule: "trial:kill", limit: 2 });
      assert.deepEqual(jobs.map(({ state, error }) => [state, error?.kind]), [["failed", "POISON"]]);
      context.diagnostic(`${kind}: given up with the start of agent ${starts}`);
      assert.equal((await world.ask<{ readonly job: JobRecord }>("jobs.submit", { rule: "trial:run", data: { number: 1 }, wait: true })).job.state, "succeeded");
      await agent.stop();
    }
  });
}

interface Given {
  readonly server: RabbitMq | undefined;
  readonly kind?: "auto" | "quorum" | "classic";
  readonly poisonAfter: number;
}

function worldIn(here: Folder, { server, kind = "auto", poisonAfter }: Given) {
  here.write("rules/trial.mjs", RULE);
  const queue = server === undefined ? {} : { queue: { url: `amqp://guest:guest@127.0.0.1:${server.port}/`, kind, name: `jobs.${kind}` } };
  const config = { http: false, jobs: { rules: "./rules", ...queue, workers: WORKERS, slots: SLOTS, poison_after: poisonAfter, env: { TRIAL_DIR: here.path } } };
  const ask = async <Answer>(method: string, params: Record<string, unknown>): Promise<Answer> => (await callControl(controlAddress(here.file(".dure/dure.pid")), method, params as never, {})) as Answer;
  return {
    ask,
    begun: () => numbersIn(here.file("begun.log")),
    async start() {
      const agent = startAgent(here, {}, { config });
      await agent.logged(/jobs begun/);
      return agent;
    },
    async rows(): Promise<readonly JobRow[]> {
      const rows: JobRow[] = [];
      for (let after: string | undefined, isMore = true; isMore; isMore = after !== undefined) {
        const page: JobPage = await ask<JobPage>("jobs.list", { limit: AT_A_TIME, order: "oldest", ...(after === undefined ? {} : { after }) });
        rows.push(...page.jobs);
        after = page.next;
      }
      return rows;
    },
  };
}

const RULE = `
import { appendFileSync } from "node:fs";
const dir = process.env.TRIAL_DIR;
export async function run({ number }) {
  appendFileSync(dir + "/begun.log", number + "\\n");
  await new Promise((resolve) => setTimeout(resolve, 20));
  return number;
}
export function kill() {
  process.kill(process.ppid, "SIGKILL");
  return new Promise(() => {});
}
`;
