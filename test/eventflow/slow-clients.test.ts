// A thousand people at the console who read nothing, read slowly or stop in the middle of a line, and one who works: he is answered, and the agent stays small.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { folder, until } from "../cli/run-dure.ts";
import { ConsoleUser, OldUser } from "./old-user.ts";

const SLOW = 1000;
const ASKED = 200;
const PROCESSES = 300;
/** What all together may leave unread, and what an agent needs anyway. */
const MEMORY_MIB_MAX = 300;

test("console: a thousand slow ones beside one who works", { timeout: 240_000, skip: process.platform === "win32" && "the agent is stopped by signals" }, async (context) => {
  await using here = folder();
  const processes = Object.fromEntries(Array.from({ length: PROCESSES }, (_, index) => [`process-of-a-long-name-${index}`, { command: "sleep 1000", start: "manual" }]));
  const user = await OldUser.arrive(here, { processes });
  const quietMiB = user.agent.memoryMiB() ?? 0;
  const slow = await Promise.all(
    Array.from({ length: SLOW }, async (_, index) => {
      const socket = connect({ port: user.consolePort, host: "127.0.0.1" }).on("error", () => {});
      await once(socket, "connect");
      // A third reads nothing of megabytes, a third a little now and then, a third never ends its line.
      if (index % 3 === 0) socket.pause();
      else if (index % 3 === 1) socket.on("data", () => {
        socket.pause();
        setTimeout(() => socket.resume(), 1000).unref();
      });
      socket.write(index % 3 === 2 ? "shw ta" : "shw task\nshw status\n".repeat(10));
      return socket;
    }),
  );
  const worker = await ConsoleUser.connect(user.consolePort);
  const tookMs: number[] = [];
  let mostMiB = 0;
  for (let asked = 0; asked < ASKED; asked += 1) {
    const startedAt = performance.now();
    const lines = await worker.say("shw ready -t process-of-a-long-name-7");
    tookMs.push(performance.now() - startedAt);
    assert.match(lines[3] ?? "", /^process-of-a-long-name-7 +N$/);
    mostMiB = Math.max(mostMiB, user.agent.memoryMiB() ?? 0);
  }
  await user.does("set task process:new:cat", "act new", "set stdin new:한 줄", "trm new", "del task new");
  tookMs.sort((one, other) => one - other);
  context.diagnostic(`${SLOW} slow, ${ASKED} answers to the other: ${tookMs[ASKED / 2]?.toFixed(0)} ms median, ${tookMs.at(-1)?.toFixed(0)} at most; RSS ${quietMiB.toFixed(0)} MiB before, ${mostMiB.toFixed(0)} at most`);
  assert.ok(mostMiB < MEMORY_MIB_MAX, `${mostMiB} MiB`);
  worker.close();
  for (const socket of slow) socket.destroy();
  user.leave();
  await until(() => (user.agent.openFiles() ?? 0) < 100, "the agent lets go of them");
  await user.agent.stop();
});
