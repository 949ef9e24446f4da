import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CostlyCalls } from "./costly-calls.ts";

const NEVER = new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("one user's hundred searches stall nobody: another's is the next that begins", async () => {
  const calls = new CostlyCalls({ atOnceMax: 3, ownAtOnceMax: 2, ownWaitingMax: 32 });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (user: string): Promise<unknown> => calls.run(user, NEVER, () => (begun.push(user), new Promise<void>((resolve) => ends.push(resolve))));
  const greedy = Array.from({ length: 100 }, () => ask("kim").catch((error: { code: string }) => error.code));
  await turn();
  assert.deepEqual(begun, ["kim", "kim"]);
  const others = [ask("hong"), ask("lee")];
  await turn();
  assert.deepEqual(begun, ["kim", "kim", "hong"], "there is a place left for him at once");
  ends.shift()?.();
  await turn();
  assert.deepEqual(begun, ["kim", "kim", "hong", "lee"], "who has waited for less goes before one who has two running");
  for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
    end();
    await turn();
  }
  await Promise.all(others);
  const codes = await Promise.all(greedy);
  assert.deepEqual([codes.filter((code) => code === "BUSY").length, codes.filter((code) => code === undefined).length], [66, 34]);
});

test("who has gone before his turn is not begun, and leaves no place taken", async () => {
  const calls = new CostlyCalls({ atOnceMax: 1, ownAtOnceMax: 1, ownWaitingMax: 5 });
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = calls.run("kim", NEVER, () => promise);
  const gone = new AbortController();
  const second = calls.run("kim", gone.signal, () => assert.fail("nobody waits for it"));
  gone.abort();
  await assert.rejects(second, { code: "UNAVAILABLE" });
  resolve();
  await first;
  await assert.rejects(calls.run("kim", NEVER, () => Promise.reject(new Error("failed"))), { message: "failed" });
  assert.equal(await calls.run("kim", NEVER, () => "well"), "well");
});

test("whoever comes in whatever order, each is answered, and never more run at once than may", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.record({ user: fc.constantFrom("a", "b", "c"), turns: fc.nat(4), isGone: fc.boolean() }), { maxLength: 40 }), async (asked) => {
      const calls = new CostlyCalls({ atOnceMax: 3, ownAtOnceMax: 2, ownWaitingMax: 50 });
      const running: string[] = [];
      const answers = await Promise.allSettled(
        asked.map(({ user, turns, isGone }) => {
          const gone = new AbortController();
          if (isGone) setImmediate(() => gone.abort());
          return calls.run(user, gone.signal, async () => {
            running.push(user);
            assert.ok(running.length <= 3 && running.filter((each) => each === user).length <= 2);
            for (let count = 0; count < turns; count += 1) await turn();
            running.splice(running.indexOf(user), 1);
          });
        }),
      );
      assert.ok(answers.every((answer, at) => answer.status === "fulfilled" || asked[at]?.isGone === true));
      assert.deepEqual(running, []);
    }),
    { numRuns: 60 },
  ));
