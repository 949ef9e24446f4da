// Two whole agents with the same config and the same MariaDB. A schedule's times are minutes: how far it has come is set back in the store, so that several are due at once. What ran is told by
// the rule itself, in a file.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { JobsLook } from "#capabilities/jobs/jobs.ts";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import { folder, until } from "../cli/run-dure.ts";
import type { Folder, RunningDure } from "../cli/run-dure.ts";
import { noMariaDb, startMariaDb } from "../servers/mariadb.ts";
import type { MariaDb } from "../servers/mariadb.ts";
import { noRabbitMq, startRabbitMq } from "../servers/rabbitmq.ts";

const noSignals = process.platform === "win32" && "the tests stop agents by signals";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test("fleet: of two agents with one store one submits the jobs of schedules; killed it is followed, and no minute runs twice, whatever their clocks say", { skip: noMariaDb || noSignals, timeout: 400_000 }, async () => {
  await using db = await startMariaDb();
  await using here = folder();
  await prepare(here, db, {});
  const one = await start(here, "one");
  await until(async () => (await look(here, "one"))?.isOurs === true, "the first submits");
  const other = await start(here, "other", HOUR);
  await until(async () => (await look(here, "other"))?.holder !== undefined, "the other knows who does");
  assert.equal((await look(here, "other"))?.isOurs, false);
  assert.ok(Date.now() + HOUR / 2 < ((await ask(here, "other", "jobs.look", {})) as JobsLook).atMs, "its clock is wrong");
  const findings = (await here.dure(["doctor", "other.yml", "--lang", "ko"])).stdout;
  assert.match(findings, /작업 일정을 맡은 에이전트: /);

  other.child.kill("SIGSTOP"); // It is to follow only when the schedule is set back.
  one.child.kill("SIGKILL");
  await one.ended;
  await setBack(db, 5);
  other.child.kill("SIGCONT");
  await until(async () => (await look(here, "other"))?.isOurs === true, "the other follows");
  await until(() => 5 <= ran(here).length, "what was missed is made up for");
  // Its clock is an hour ahead, and none of that hour is due.
  for (const stamp of ran(here)) assert.ok(momentOf(stamp) <= Date.now(), stamp);

  other.child.kill("SIGTERM");
  await other.ended;
  const before = ran(here).length;
  await setBack(db, 30);
  const again = await start(here, "one", -HOUR);
  await until(() => before + 10 <= ran(here).length, "minutes before those");
  again.child.kill("SIGTERM");
  await again.ended;
  assert.deepEqual(ran(here).toSorted(), [...new Set(ran(here))].toSorted());
  for (const stamp of ran(here)) assert.ok(momentOf(stamp) <= Date.now(), stamp);
});

test("fleet: over RabbitMQ a job with a key runs once, whichever of two agents it was given to, and also when one dies while it publishes", { skip: noMariaDb || noRabbitMq || noSignals, timeout: 400_000 }, async () => {
  await using db = await startMariaDb();
  await using broker = await startRabbitMq();
  await using here = folder();
  await prepare(here, db, { queue: `amqp://guest:guest@127.0.0.1:${broker.port}` });
  const agents = [await start(here, "one"), await start(here, "other")];
  const submit = async (name: string, key: string, rule = "trial:note"): Promise<{ readonly id: string; readonly isNew: boolean }> => (await ask(here, name, "jobs.submit", { rule, data: key, key })) as { readonly id: string; readonly isNew: boolean };
  const answers = await Promise.all(["k1", "k1", "k1", "k2", "k2", "k2"].map((key, index) => submit(index % 2 === 0 ? "one" : "other", key)));
  for (const some of [answers.slice(0, 3), answers.slice(3)]) assert.deepEqual([new Set(some.map(({ id }) => id)).size, some.filter(({ isNew }) => isNew).length], [1, 1]);
  await until(() => ran(here).length === 2, "both have run");

  // Who waits for a job under a key gets what came of it where that is known, and else is told that it is another's.
  const waited = await Promise.allSettled(["one", "other"].map((name) => ask(here, name, "jobs.submit", { rule: "trial:note", data: "k1", key: "k1", wait: true })));
  const outcomes = waited.map((each) => (each.status === "fulfilled" ? (each.value as { readonly job: { readonly state: string } }).job.state : String((each.reason as Error).message)));
  assert.ok(outcomes.includes("succeeded"), outcomes.join());
  for (const outcome of outcomes) assert.match(outcome, /^(?:succeeded|the job \S+ of another agent has this key)$/);

  // All slots are taken, so that two publications of one key wait at the broker; the first publisher never told that it had published.
  await submit("one", "wait", "trial:wait");
  await submit("other", "wait too", "trial:wait");
  await until(() => ran(here).length === 4, "nobody has room");
  await submit("one", "k3");
  await db.query("UPDATE fleet.dure_job_keys SET state = 0, retake_ms = 0 WHERE state = 1");
  assert.equal((await submit("other", "k3")).isNew, true);
  here.write("go", "");
  await until(async () => (await db.query("SELECT job_id FROM fleet.dure_job_keys WHERE state = 2")).length === 5, "each key was begun");
  await until(async () => (await Promise.all(["one", "other"].map((name) => ask(here, name, "jobs.list", { states: ["cancelled"], limit: 10 })))).some((page) => 0 < (page as { readonly jobs: readonly unknown[] }).jobs.length), "one of the two was refused");
  assert.deepEqual(ran(here).toSorted(), ["k1", "k2", "k3", "wait", "wait too"]);
  for (const { child, ended } of agents) {
    child.kill("SIGTERM");
    await ended;
  }
});

async function prepare(here: Folder, db: MariaDb, jobs: Readonly<Record<string, unknown>>): Promise<void> {
  await db.query("CREATE DATABASE fleet; CREATE USER 'f'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON fleet.* TO 'f'@'127.0.0.1'");
  here.write("rules/trial.mjs", RULES);
  for (const name of ["one", "other"]) {
    const schedules = [{ name: "매분", cron: "* * * * *", time_zone: "UTC", job: "trial:note", data: "##DATE_TIME##" }];
    const store = { type: "mysql", host: "127.0.0.1", port: db.port, user: "f", password: "x", database: "fleet" };
    here.write(`${name}.yml`, JSON.stringify({ agent: { data_dir: `./${name}` }, http: false, store, jobs: { rules: "./rules", workers: 1, slots: 1, env: { HERE: here.path }, ...jobs }, ...(jobs["queue"] === undefined ? { schedules } : {}) }));
  }
}

/** Its clock goes wrong by so much, in all of its threads. */
async function start(here: Folder, name: string, byMs = 0): Promise<RunningDure> {
  here.write(`clock${byMs}.mjs`, `const now = Date.now; const Real = Date; globalThis.Date = class Date extends Real { constructor(...given) { super(...(given.length === 0 ? [now() + ${byMs}] : given)); } static now() { return now() + ${byMs}; } };\n`);
  const agent = here.spawn(["run", `${name}.yml`, "--lang", "en"], { env: byMs === 0 ? {} : { NODE_OPTIONS: `--import=${here.file(`clock${byMs}.mjs`)}` } });
  await agent.printed(/jobs begun/);
  return agent;
}

async function ask(here: Folder, name: string, method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> {
  return callControl(controlAddress(here.file(name, "dure.pid")), method, params as never, {});
}

async function look(here: Folder, name: string): Promise<JobsLook["schedules"]> {
  return ((await ask(here, name, "jobs.look", {})) as JobsLook).schedules;
}

/** Of `20261123120000`. */
function momentOf(stamp: string): number {
  const [year = 0, month = 1, day, hour, minute] = [stamp.slice(0, 4), ...(stamp.slice(4).match(/../g) ?? [])].map(Number);
  return Date.UTC(year, month - 1, day, hour, minute);
}

/** As if the schedule had stood still for so long. */
async function setBack(db: MariaDb, minutes: number): Promise<void> {
  await db.query("UPDATE fleet.dure_job_schedules SET done_ms = done_ms - ?", [minutes * MINUTE]);
}

function ran(here: Folder): readonly string[] {
  const file = here.file("ran.txt");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

const RULES = `
import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
const file = (name) => process.env.HERE + "/" + name;
export function note(what) { appendFileSync(file("ran.txt"), what + "\\n"); }
export async function wait(what) { note(what); while (!existsSync(file("go"))) await delay(20); }
`;
