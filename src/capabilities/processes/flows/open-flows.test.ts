import assert from "node:assert/strict";
import { test } from "node:test";
import { flowPlan, plan, sh, stage, stdoutOf, until } from "./flows.testing.ts";

const FOREVER = AbortSignal.timeout(120_000);
/** Prints each event, and echoes it. */
const ECHO = sh('while IFS= read -r line; do echo "<$line>"; echo "$line" >&2; done');
/** Acknowledges with an empty line. */
const ACK = sh('while IFS= read -r line; do echo "[$line]"; echo >&2; done');
const CAT = ["cat"];

test("what a process prints goes to all of a broad flow, and is split among a shared one", async () => {
  const echo = { ack: { type: "stderr-echo" } } as const;
  await using it = await stage(plan({ source: {}, one: echo, two: echo, left: echo, right: {} }, [flowPlan("broad", "source", ["one", "two"]), flowPlan("share", "source", ["left", "right"])]));
  await it.start("one", ECHO);
  await it.start("two", ACK);
  await it.start("left", ECHO);
  await it.start("right", CAT);
  await it.start("source", ["seq", "1", "200"]);
  const shared = (): string[] => [...stdoutOf(it.flows, "left").map((text) => text.slice(1, -1)), ...stdoutOf(it.flows, "right")];
  await until("all has passed", () => stdoutOf(it.flows, "one").length === 200 && stdoutOf(it.flows, "two").length === 200 && shared().length === 200);
  const numbers = Array.from({ length: 200 }, (_, index) => String(index + 1));
  assert.deepEqual(stdoutOf(it.flows, "one"), numbers.map((number) => `<${number}>`));
  assert.deepEqual(stdoutOf(it.flows, "two"), numbers.map((number) => `[${number}]`));
  assert.deepEqual(shared().sort((one, other) => Number(one) - Number(other)), numbers);
  await until("all is settled", () => it.flows.queues().every(({ own, shared: left, inFlight }) => own + left + inFlight === 0));
});

test("a message is what a process reads next; what it says that is no acknowledgement is kept, and moves", async () => {
  await using it = await stage(plan({ only: { ack: { type: "stderr-echo" } } }));
  const { io } = await it.start("only", sh('while IFS= read -r line; do echo "about $line" >&2; echo "got $line"; printf "%s  \\r\\n" "$line" >&2; done'));
  await it.flows.send("only", "하나:둘,셋|넷", FOREVER);
  await it.flows.send("only", "two", FOREVER);
  await until("both are done", () => it.flows.queues()[0]?.eventsIn === 2);
  assert.deepEqual(io.lastStderr(), ["about 하나:둘,셋|넷", "about two"]);
  const seen = it.flows.movements(100).map(({ direction, text }) => `${direction}: ${text}`);
  // Which of two pipes is read first, nobody says.
  for (const word of ["하나:둘,셋|넷", "two"]) assert.deepEqual(seen.splice(0, 3).sort(), [`stdin -> task: ${word}`, `task -> stderr: about ${word}`, `task -> stdout: got ${word}`]);
  assert.deepEqual(seen, []);
});

test("an event whose consumer died comes again first, and an alert says what it had said", async () => {
  await using it = await stage(plan({ only: { ack: { type: "stderr-echo" } } }));
  for (const word of ["fall", "stand"]) await it.flows.send("only", word, FOREVER);
  const first = await it.start("only", sh('read -r line; echo "half of $line"; echo "Traceback of $line" >&2; exit 3'));
  await first.settled;
  assert.equal(it.flows.queues()[0]?.own, 2);
  assert.deepEqual(it.alerts.map(({ process, message, event }) => [process, message, event]), [["only", "Traceback of fall", "fall"]]);
  await it.start("only", ECHO);
  await until("both are done", () => it.flows.queues()[0]?.own === 0 && it.flows.queues()[0]?.inFlight === 0);
  assert.deepEqual(stdoutOf(it.flows, "only"), ["half of fall", "<fall>", "<stand>"]);
});

test("what was printed for an event that failed goes nowhere; what was printed for one that is done, all of it", async () => {
  await using it = await stage(plan({ maker: { ack: { type: "stderr-echo" } }, end: {} }, [flowPlan("broad", "maker", "end")]));
  await it.start("end", CAT);
  await it.flows.send("maker", "x", FOREVER);
  await (await it.start("maker", sh('read -r line; echo lost; exit 1'))).settled;
  await it.start("maker", sh('while read -r line; do seq 1 20000; echo >&2; done'));
  await until("all has passed", () => it.flows.queues().find(({ process }) => process === "end")?.eventsOut === 20_000);
  assert.equal(it.flows.queues().find(({ process }) => process === "end")?.eventsIn, 20_000);
});
