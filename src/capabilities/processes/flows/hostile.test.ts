// Children that do not do what is expected of them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mock, test } from "node:test";
import { flowPlan, plan, sh, stage, stdoutOf, until } from "./flows.testing.ts";
import type { Stage } from "./flows.testing.ts";

const FOREVER = AbortSignal.timeout(240_000);
const ECHO = sh('while IFS= read -r line; do echo "<$line>"; echo "$line" >&2; done');
const statusOf = ({ flows }: Stage, process: string) => {
  const status = flows.queues().find((queue) => queue.process === process);
  assert.ok(status !== undefined);
  return status;
};

test("a silent child is ended when its time is over, and its event comes again", async () => {
  await using it = await stage(plan({ only: { ack: { type: "line", timeoutMs: 300 } } }));
  await it.flows.send("only", "x", FOREVER);
  await (await it.start("only", sh("cat >/dev/null"))).settled;
  assert.deepEqual(it.alerts.map(({ event }) => event), ["x"]);
  assert.equal(statusOf(it, "only").own, 1);
  await it.start("only", ["cat"]);
  await until("it is done", () => statusOf(it, "only").eventsIn === 1);
});

test("an event that kills its consumer each time is put aside after its attempts, over a restart of the agent; the next one passes", async () => {
  const one = plan({ only: { ack: { type: "stderr-echo", attemptsMax: 3 } } });
  const dies = sh('while IFS= read -r line; do [ "$line" = 독 ] && { echo "java.lang.Exception: $line" >&2; exit 1; }; echo "$line" >&2; done');
  await using first = await stage(one);
  for (const line of ["독", "good"]) await first.flows.send("only", line, FOREVER);
  for (const _ of [1, 2]) await (await first.start("only", dies)).settled;
  assert.equal(statusOf(first, "only").own, 2);
  await first.flows.close();
  await using second = await stage(one, { dir: first.dir });
  await (await second.start("only", dies)).settled;
  await second.start("only", dies);
  await until("the next one is done", () => statusOf(second, "only").eventsIn === 1);
  assert.equal(statusOf(second, "only").skipped, 1);
  assert.deepEqual(second.facts.map(({ name, data }) => [name, data["event"], data["attempts"]]), [["process.event-skipped", "독", 3]]);
  const aside = JSON.parse(readFileSync(join(first.dir, "aside", "only.ndjson"), "utf8")) as { event: string };
  assert.equal(aside.event, "독");
  assert.deepEqual([...first.alerts, ...second.alerts].map(({ message }) => message), Array(3).fill("Exception: 독"));
});

test("json: an event that is refused comes again under the same id, counted; CP949 is shown as text", async () => {
  const script = `
    let rest = ""; process.stdin.on("data", (chunk) => { rest += chunk;
      for (let end; (end = rest.indexOf("\\n")) >= 0; rest = rest.slice(end + 1)) {
        const { id, event, attempt } = JSON.parse(rest.slice(0, end));
        console.log(id + " " + event + " " + attempt);
        console.log(JSON.stringify(attempt < 3 ? { nack: id, reason: "not yet" } : { ack: id }));
      } });`;
  await using it = await stage(plan({ only: { ack: { type: "json" } }, end: {} }, [flowPlan("broad", "only", "end")]));
  await it.flows.produce("only", Buffer.from([0xb0, 0xa1, 0x0a]), FOREVER); // 가
  await it.start("only", [process.execPath, "-e", script]);
  await it.start("end", ["cat"]);
  await until("its result is through", () => statusOf(it, "end").eventsOut === 1);
  const shown = stdoutOf(it.flows, "only").filter((line) => !line.startsWith("{"));
  assert.equal(new Set(shown.map((line) => line.split(" ")[0])).size, 1);
  assert.deepEqual(shown.map((line) => line.split(" ").slice(1)), [["가", "1"], ["가", "2"], ["가", "3"]]);
  assert.deepEqual(stdoutOf(it.flows, "end"), [shown[2]]); // What was printed for the refused tries went nowhere.
});

test("a line that never ends is cut, said once, and costs no memory", async () => {
  const lineBytesMax = 1 << 20;
  await using it = await stage(plan({ source: { lineBytesMax }, end: { queue: { bytesMax: 8 << 20 } } }, [flowPlan("broad", "source", "end")]));
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
  await it.start("end", sh("cat >/dev/null"));
  await (await it.start("source", sh("head -c 268435456 /dev/zero | tr '\\0' x"))).settled;
  await until("all is through", () => statusOf(it, "end").own + statusOf(it, "end").inFlight === 0);
  clearInterval(watch);
  assert.equal(statusOf(it, "source").eventsOut, 256);
  assert.equal(it.warnings.length, 1);
  assert.ok(most - before < 200 << 20, `${(most - before) >> 20} MB more`);
});

test("a full queue holds its producer up; a consumer that never reads, or has closed its input, holds what waits", async () => {
  await using it = await stage(plan({ source: {}, end: { queue: { eventsMax: 100 }, ack: { type: "stderr-echo" } } }, [flowPlan("broad", "source", "end")]));
  const source = await it.start("source", sh("seq 1 100000"));
  const deaf = await it.start("end", sh("exec <&-; sleep 600"));
  await until("it is full", () => statusOf(it, "end").isFull);
  let isSent = false;
  const sending = it.flows.send("end", "one more", FOREVER).then(() => (isSent = true));
  await assert.rejects(it.flows.send("end", "given up", AbortSignal.timeout(50)));
  assert.equal(isSent, false);
  assert.equal(source.child.exitCode, null);
  deaf.child.kill("SIGKILL");
  await deaf.settled;
  await it.start("end", ECHO);
  await sending;
  await until("all is through", () => statusOf(it, "end").eventsIn === 100_001);
  assert.deepEqual(it.facts.slice(0, 2).map(({ name }) => name), ["process.queue-full", "process.queue-free"]);
});

test("a program that prints each line with its end and one more does not get ahead of itself", async () => {
  await using it = await stage(plan({ only: { ack: { type: "stderr-echo" } } }));
  for (let number = 1; number <= 50; number += 1) await it.flows.send("only", String(number), FOREVER);
  // The two come together at first, then apart.
  const script = `
    const { createInterface } = require("node:readline"); let count = 0;
    createInterface({ input: process.stdin }).on("line", (line) => {
      count += 1;
      if (count < 3) process.stderr.write(line + "\\n\\n");
      else { process.stderr.write(line + "\\n"); setTimeout(() => process.stderr.write("\\n"), 1); }
      setTimeout(() => console.log("done " + line), 2);
    });`;
  await it.start("only", [process.execPath, "-e", script]);
  await until("all is done", () => statusOf(it, "only").eventsIn === 50);
  assert.equal(it.alerts.length, 0);
});

test("a graceful end: the event in hand is finished, then its input ends", { skip: process.platform !== "linux" && "looks into /proc" }, async () => {
  await using it = await stage(plan({ only: { ack: { type: "stderr-echo" } } }));
  for (let number = 1; number <= 3; number += 1) await it.flows.send("only", String(number), FOREVER);
  const { io, child, settled } = await it.start("only", sh('IFS= read -r line; kill -STOP $$; echo "$line" >&2; cat >/dev/null; exit 7'));
  await until("it has one", () => statusOf(it, "only").inFlight === 1);
  const drained = io.drain();
  await until("it waits", () => readFileSync(`/proc/${child.pid}/stat`, "utf8").includes(" T "));
  child.kill("SIGCONT");
  await drained;
  await settled;
  assert.deepEqual([child.exitCode, statusOf(it, "only").own, it.alerts.length], [7, 2, 0]);
});

test("two processes that nobody looks at have one pipe, and what is in it outlives either", { skip: process.platform === "win32" && "no named pipes" }, async () => {
  await using it = await stage(plan({ source: {}, end: {} }, [flowPlan("broad", "source", "end", false)]));
  const source = await it.start("source", sh("seq 1 1000"));
  await source.settled;
  assert.equal(statusOf(it, "source").eventsOut, 0); // We have not seen a line of it.
  await it.start("end", ["cat"]);
  await until("all is through", () => statusOf(it, "end").eventsOut === 1000);
  await it.flows.send("end", "a message", FOREVER);
  await until("the message, too", () => statusOf(it, "end").eventsOut === 1001);
});

test("lines for a pipeline come again until they are acknowledged; dumps carry what waits from one agent to another; output is rotated", async () => {
  const file = join(process.env["TMPDIR"] ?? "/tmp", `dure-output-${process.pid}-${Date.now()}.log`);
  const one = plan({ source: { output: { file, fileBytesMax: 1000, filesMax: 2 } }, end: {} }, [flowPlan("share", "source", "end")]);
  await using first = await stage(one);
  const read = async (isAcked: boolean): Promise<string[]> => {
    const all: string[] = [];
    for await (const { lines, ack } of first.flows.consume("source", "pipeline orders", FOREVER)) {
      all.push(...lines.toString().trim().split("\n"));
      if (isAcked) ack();
      if (all.length === 300) break;
    }
    return all;
  };
  const consumer = first.flows.consume("source", "pipeline orders", FOREVER)[Symbol.asyncIterator]();
  const waiting = consumer.next();
  for (const range of ["1 150", "151 300"]) await (await first.start("source", sh(`seq ${range}`))).settled;
  await waiting;
  await consumer.return?.();
  assert.equal((await read(false)).length, 300);
  assert.equal((await read(true)).at(-1), "300");
  assert.deepEqual([readFileSync(file, "utf8").trim().split("\n").at(-1), readFileSync(`${file}.1`, "utf8").startsWith("1\n2\n")], ["300", true]);

  await first.flows.send("end", "여기", FOREVER);
  assert.equal(await first.flows.saveQueues(["source", "end"], first.dir), 301);
  await using second = await stage(one);
  assert.equal(await second.flows.loadQueues(["source", "end"], first.dir), 301);
  await second.start("end", ["cat"]);
  await until("all is through", () => statusOf(second, "end").eventsOut === 301);
  assert.equal(stdoutOf(second.flows, "end")[0], "여기");
});

test("a producer that waits for a queue goes on when the flow to it is taken away; one whose child prints for ever is dead all the same", async () => {
  const processes = { source: {}, end: { queue: { eventsMax: 10 } } };
  await using it = await stage(plan(processes, [flowPlan("broad", "source", "end")]));
  const source = await it.start("source", sh("yes & echo $! >&2; exec seq 1 50000"));
  await until("it is held up", () => statusOf(it, "end").isFull);
  await it.flows.apply(plan(processes));
  await source.settled;
  process.kill(Number(source.io.lastStderr()[0]), "SIGKILL");
});

test("a consumer gets another name, with events waiting, or is not there when the agent starts: they are put aside as a dump, and can be taken in", async () => {
  const flow = (to: string) => [flowPlan("broad", "source", to)];
  await using it = await stage(plan({ source: {}, end: {} }, flow("end")));
  await (await it.start("source", sh("printf 'one\\n둘\\n'"))).settled;
  assert.equal(statusOf(it, "end").own, 2);
  await it.flows.apply(plan({ source: {}, other: {} }, flow("other")));
  assert.deepEqual(it.flows.queues().map(({ process }) => process), ["source", "other"]);
  assert.match(it.warnings[0] ?? "", /put aside.*"process":"end","events":2/);
  await it.flows.send("other", "three", FOREVER);
  await it.flows.close();
  await using next = await stage(plan({ source: {}, end: {} }, flow("end")), { dir: it.dir });
  assert.match(next.warnings[0] ?? "", /"process":"other","events":1/);
  assert.equal(await next.flows.loadQueues(["end"], join(it.dir, "aside")), 2);
  await next.start("end", ["cat"]);
  await until("they are through", () => statusOf(next, "end").eventsOut === 2);
  assert.deepEqual([stdoutOf(next.flows, "end"), readFileSync(join(it.dir, "aside", "other_input.dmp"), "utf8")], [["one", "둘"], "three\n"]);
});

test("a consumer that is stopped by a signal over its event is ended when its time is over, and the event comes again", { skip: process.platform === "win32" && "no such signal" }, async () => {
  await using it = await stage(plan({ source: {}, end: { ack: { type: "stderr-echo", timeoutMs: 300 } } }, [flowPlan("broad", "source", "end")]));
  const stopped = await it.start("end", sh("kill -STOP $$; cat"));
  await (await it.start("source", sh("seq 1 5"))).settled;
  await stopped.settled;
  assert.deepEqual([statusOf(it, "end").own, it.alerts.map(({ event }) => event)], [5, ["1"]]);
  await it.start("end", ECHO);
  await until("all are done", () => statusOf(it, "end").eventsIn === 5);
});

test("a clock that is set back by an hour while a child is silent holds up nothing: its time is over all the same", async () => {
  await using it = await stage(plan({ only: { ack: { type: "line", timeoutMs: 500 } } }));
  await it.flows.send("only", "x", FOREVER);
  const silent = await it.start("only", sh("cat >/dev/null"));
  await until("it has the event", () => statusOf(it, "only").inFlight === 1);
  const { now } = Date;
  const setBack = mock.method(Date, "now", () => now() - 3_600_000);
  try {
    await silent.settled;
    assert.deepEqual([statusOf(it, "only").own, it.alerts.length], [1, 1]);
  } finally {
    setBack.mock.restore();
  }
});

test("who watches a process that prints without end is given its last lines, and holds up nobody", async () => {
  await using it = await stage(plan({ source: { lineBytesMax: 1 << 20 } }));
  let told = 0;
  const watch = it.flows.watchLines("source", 10, () => (told += 1));
  await (await it.start("source", sh("seq 1 1000000"))).settled;
  const seen = watch.take();
  assert.deepEqual(seen, it.flows.lines("source", 10));
  assert.deepEqual([seen.at(-1)?.text, seen.at(-1)?.id, watch.take().length, 0 < told], ["1000000", 1_000_000, 0, true]);
  watch.close();
});
