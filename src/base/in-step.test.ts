// Whoever looks now and then is called as often as he asked for, together with others.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import fc from "fast-check";
import { inStep } from "./in-step.ts";

test("in step: each is called once a period, whoever else comes and goes", () =>
  fc.assert(
    fc.property(fc.array(fc.record({ everyMs: fc.constantFrom(100, 250), waitMs: fc.nat(300), isLeaving: fc.boolean() }), { maxLength: 200 }), (arrivals) => {
      mock.timers.enable({ apis: ["setInterval"] });
      try {
        const all = arrivals.map(({ everyMs, waitMs, isLeaving }) => {
          const one = { everyMs, sinceMs: 0, calls: 0, leave: () => {} };
          mock.timers.tick(waitMs);
          one.leave = inStep(everyMs, () => (one.calls += 1));
          if (isLeaving) one.leave();
          return { ...one, isLeaving, calls: () => one.calls };
        });
        const before = all.map(({ calls }) => calls());
        mock.timers.tick(1000);
        for (const [at, { everyMs, isLeaving, calls }] of all.entries()) assert.equal(calls() - (before[at] ?? 0), isLeaving ? 0 : 1000 / everyMs);
        for (const { leave } of all) leave();
        const after = all.map(({ calls }) => calls());
        mock.timers.tick(1000);
        assert.deepEqual(all.map(({ calls }) => calls()), after);
      } finally {
        mock.timers.reset();
      }
    }),
  ));

test("in step: five hundred wake the thread eight times a period, and never more than sixty-four at once", () => {
  const begun: (() => void)[] = [];
  const set = mock.method(globalThis, "setInterval", (call: () => void) => (begun.push(call), { [Symbol.toPrimitive]: () => 0 }));
  let calls = 0;
  const leaving = Array.from({ length: 500 }, () => inStep(250, () => (calls += 1)));
  set.mock.restore();
  assert.equal(begun.length, 8);
  for (const wake of begun) {
    calls = 0;
    wake();
    assert.ok(calls <= 64);
  }
  for (const leave of leaving) leave();
});
