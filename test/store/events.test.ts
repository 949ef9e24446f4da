// Events that outlive the agent: kept, read by pages, followed over a break, a restart and a store that is away.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { createEventHub } from "#kernel/events/event-hub.ts";
import type { AgentEvent, EventHub } from "#kernel/events/event-hub.ts";
import { eventTables, keepEvents } from "#kernel/events/event-log.ts";
import type { EventLog, EventLogParts } from "#kernel/events/event-log.ts";
import { keptIds } from "#kernel/store/kept-ids.ts";
import { storeFolder } from "./lazy.ts";
import type { StoreFolder } from "./lazy.ts";

interface Run extends AsyncDisposable {
  readonly hub: EventHub;
  readonly events: EventLog;
  /** As kill -9 ends it: nothing is written any more. */
  crash(): Promise<void>;
}

function run(folder: StoreFolder, options: Partial<EventLogParts> & { keptInHub?: number } = {}): Run {
  const hub = createEventHub({ keptMax: options.keptInHub ?? 1000 });
  const store = folder.open();
  const ids = keptIds(join(folder.dir, "event-ids"), folder.log, 100);
  const events = keepEvents({ hub, ids, store, agent: "here", log: folder.log, ...options });
  return {
    hub,
    events,
    crash: () => store.close(),
    async [Symbol.asyncDispose]() {
      await events.close();
      await store.close();
    },
  };
}

async function oldest({ events }: Run): Promise<number> {
  return (await events.page({ after: 0, limit: 1 })).events[0]?.id ?? 0;
}

test("events: kept over a restart; ids go on, and none comes twice, even after a crash", async () => {
  using folder = storeFolder([eventTables]);
  {
    await using first = run(folder);
    for (let at = 0; at < 3; at += 1) first.hub.publish("agent.started", { at });
  }
  let crashedAt = 0;
  {
    const second = run(folder);
    assert.equal(second.hub.publish("agent.started").id, 4);
    await second.events.page({ limit: 1 });
    crashedAt = second.hub.publish("agent.lost").id;
    await second.crash();
  }
  await using third = run(folder);
  assert.ok(crashedAt < third.hub.publish("agent.started").id);
  const { events, hasMore, isWhole } = await third.events.page({ limit: 10 });
  assert.deepEqual([events.map(({ name }) => name), hasMore, isWhole], [["agent.started", "agent.started", "agent.started", "agent.started", "agent.started"], false, true]);
  assert.deepEqual(events.map(({ id }) => id).slice(1), [4, 3, 2, 1]);
  assert.deepEqual(events.at(-1)?.data, { at: 0 });
});

test("events: ids go on from the store where the file that holds them was lost", async () => {
  using folder = storeFolder([eventTables]);
  {
    await using first = run(folder);
    for (let at = 0; at < 5; at += 1) first.hub.publish("one");
  }
  rmSync(join(folder.dir, "event-ids"));
  await using second = run(folder);
  await second.events.page({ limit: 1 });
  await second.events.page({ limit: 1 });
  assert.equal(second.hub.publish("two").id, 6);
});

test("events: a reader of before goes on from the store, too, where the file with the ids was lost", async () => {
  using folder = storeFolder([eventTables]);
  {
    await using first = run(folder);
    for (let at = 0; at < 5; at += 1) first.hub.publish("one");
  }
  rmSync(join(folder.dir, "event-ids"));
  await using second = run(folder);
  second.hub.publish("agent.started"); // Before the store has said where it is.
  for (let turn = 0; turn < 2; turn += 1) await second.events.page({ limit: 1 });
  const got: number[] = [];
  const stop = new AbortController();
  const emit = ({ id }: AgentEvent): boolean => {
    got.push(id);
    if (id === 5) second.hub.publish("two");
    if (id === 6) stop.abort();
    return true;
  };
  await second.events.follow({ after: 3, emit, signal: stop.signal });
  assert.deepEqual(got, [4, 5, 6]);
});

test("events: pages by id and name, in both directions", async () => {
  using folder = storeFolder([eventTables]);
  await using agent = run(folder);
  const names = ["pipeline.failed", "pipeline.started", "config.applied", "100%"];
  for (let at = 1; at <= 40; at += 1) agent.hub.publish(names[at % 4] ?? "");
  const idsOf = async (request: Parameters<EventLog["page"]>[0]): Promise<number[]> => (await agent.events.page(request)).events.map(({ id }) => id);
  assert.deepEqual(await idsOf({ limit: 3 }), [40, 39, 38]);
  assert.deepEqual(await idsOf({ limit: 3, before: 38 }), [37, 36, 35]);
  assert.deepEqual(await idsOf({ limit: 3, after: 10 }), [11, 12, 13]);
  assert.deepEqual(await idsOf({ limit: 3, after: 10, before: 12 }), [11]);
  assert.deepEqual(await idsOf({ limit: 3, name: "pipeline.*" }), [40, 37, 36]);
  assert.deepEqual(await idsOf({ limit: 2, name: "100%" }), [39, 35]);
  assert.deepEqual(await idsOf({ limit: 2, name: "pipeline" }), []);
  assert.equal((await agent.events.page({ limit: 40 })).hasMore, false);
  assert.equal((await agent.events.page({ limit: 39 })).hasMore, true);
});

test("events: while the store is away the last ones are shown, and all are written when it is back", async () => {
  using folder = storeFolder([eventTables]);
  folder.isAway = true;
  await using agent = run(folder);
  for (let at = 1; at <= 3; at += 1) agent.hub.publish("one");
  const away = await agent.events.page({ limit: 2 });
  assert.deepEqual([away.events.map(({ id }) => id), away.hasMore, away.isWhole], [[3, 2], true, false]);
  folder.isAway = false;
  folder.later();
  const back = await agent.events.page({ limit: 5 });
  assert.deepEqual([back.events.map(({ id }) => id), back.isWhole], [[3, 2, 1], true]);
});

test("events: the oldest are given up, by count and by age, and in a full queue", async () => {
  using folder = storeFolder([eventTables]);
  let nowMs = 1e12;
  {
    await using agent = run(folder, { keptMax: 100, keptMs: 1000, now: () => nowMs });
    for (let at = 1; at <= 700; at += 1) agent.hub.publish("one");
    await agent.events.page({ limit: 1 });
    assert.equal(await oldest(agent), 401, "pruned after the first batch of 500, kept 100 of those");
    nowMs = Date.now() + 10_000;
    for (let at = 1; at <= 500; at += 1) agent.hub.publish("two");
    await agent.events.page({ limit: 1 });
    assert.equal(await oldest(agent), 0);
  }
  folder.isAway = true;
  await using agent = run(folder);
  for (let at = 0; at < 10_050; at += 1) agent.hub.publish("three");
  folder.isAway = false;
  folder.later();
  await agent.events.page({ limit: 1 });
  assert.equal(await oldest(agent), 1251);
  assert.deepEqual(folder.records.filter(({ message }) => message.startsWith("events could not be kept")).map(({ fields }) => fields["events"]), [50]);
});

test("events: a reader that comes again gets each once, from the store, the hub and live; whatever the order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom("publish", "many", "break", "slow", "restart"), { minLength: 1, maxLength: 20 }), async (acts) => {
      using folder = storeFolder([eventTables]);
      let agent = run(folder, { keptInHub: 5 });
      const got: AgentEvent[] = [];
      let published = 0;
      let slow = 0;
      let reading = begin();
      function begin() {
        const stop = new AbortController();
        const emit = (event: AgentEvent): boolean => {
          if (0 < slow) return (slow -= 1), false;
          got.push(event);
          return true;
        };
        return { stop, ended: agent.events.follow({ after: got.at(-1)?.id ?? 0, emit, signal: stop.signal }) };
      }
      const end = async (): Promise<void> => {
        reading.stop.abort();
        await reading.ended;
      };
      for (const act of acts) {
        if (act === "slow") slow = 1;
        if (act === "publish" || act === "many") for (let at = 0; at < (act === "many" ? 12 : 1); at += 1) agent.hub.publish("x", { n: (published += 1) });
        if (act === "break" || act === "restart") await end();
        if (act === "restart") {
          await agent[Symbol.asyncDispose]();
          agent = run(folder, { keptInHub: 5 });
        }
        if (act === "break" || act === "restart") reading = begin();
        await new Promise((resolve) => setImmediate(resolve));
      }
      agent.hub.publish("x", { n: (published += 1) });
      for (const until = Date.now() + 60_000; got.at(-1)?.data["n"] !== published && Date.now() < until; ) await new Promise((resolve) => setTimeout(resolve, 2));
      await end();
      await agent[Symbol.asyncDispose]();
      assert.deepEqual(got.map(({ data }) => data["n"]), Array.from({ length: published }, (_, at) => at + 1));
    }),
    { numRuns: 25 },
  );
});

test("events: what is gone for good is said to be gone", async () => {
  using folder = storeFolder([eventTables]);
  await using agent = run(folder, { keptInHub: 5, keptMax: 100 });
  for (let at = 1; at <= 600; at += 1) agent.hub.publish("one");
  await agent.events.page({ limit: 1 });
  const got: AgentEvent[] = [];
  const stop = new AbortController();
  const following = agent.events.follow({ after: 7, emit: (event) => (got.push(event), event.id === 600 && stop.abort(), true), signal: stop.signal });
  await following;
  assert.deepEqual([got[0]?.name, got[0]?.data, got[1]?.id, got.length], ["events.gap", { after: 7, before: 401 }, 401, 201]);
});
