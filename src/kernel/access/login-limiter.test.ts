import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LoginLimiter } from "./login-limiter.ts";

const HOUR_MS = 3_600_000;

test("limiter: whenever somebody tries, one name is tried some 30 times an hour at most, from however many addresses", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 50, maxLength: 300 });
  fc.assert(
    fc.property(gaps, (waits) => {
      let nowMs = 0;
      const limiter = new LoginLimiter({ now: () => nowMs });
      const madeAt: number[] = [];
      waits.forEach((wait, index) => {
        nowMs += wait;
        if (limiter.take("hong", `192.0.2.${index % 200}`) === 0) madeAt.push(nowMs);
      });
      for (const [index, start] of madeAt.entries()) assert.ok(madeAt.slice(index).filter((at) => at < start + HOUR_MS).length <= 32);
    }),
  );
});

test("limiter: a clock that is set back makes nobody wait for longer than he was told", () => {
  let nowMs = 9 * HOUR_MS;
  const limiter = new LoginLimiter({ now: () => nowMs });
  let waitMs = 0;
  for (let tries = 0; tries < 30 && waitMs === 0; tries += 1) waitMs = limiter.take("hong", "192.0.2.1");
  assert.ok(0 < waitMs);
  nowMs = 0;
  assert.ok(limiter.take("hong", "192.0.2.1") <= waitMs);
  nowMs = waitMs;
  assert.equal(limiter.take("hong", "192.0.2.1"), 0);
  assert.ok(limiter.take("hong", "192.0.2.1") <= 2 * waitMs, "and the hours count as no tries");
});

test("limiter: who does exactly what it is told gets in when the time is over, and others are not held up", () => {
  let nowMs = 0;
  const limiter = new LoginLimiter({ now: () => nowMs });
  const waits: number[] = [];
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const waitMs = limiter.take("hong", "192.0.2.1");
    waits.push(waitMs);
    nowMs += waitMs;
    if (0 < waitMs) assert.equal(limiter.take("hong", "192.0.2.1"), 0);
  }
  assert.deepEqual(waits.slice(0, 8), [0, 0, 0, 0, 0, 1000, 2000, 4000]);
  assert.ok(waits.every((wait) => wait <= 15 * 60_000));
  assert.equal(limiter.take("kim", "192.0.2.2"), 0);
  limiter.succeeded("hong", "192.0.2.3");
  assert.equal(limiter.take("hong", "192.0.2.3"), 0);
});

test("limiter: an office behind one address, where somebody mistypes every few minutes for days, waits for nothing", () => {
  let nowMs = 0;
  const limiter = new LoginLimiter({ now: () => nowMs });
  for (let typo = 0; typo < 1000; typo += 1) {
    assert.equal(limiter.take(`user${typo % 50}`, "192.0.2.1"), 0);
    nowMs += 4 * 60_000;
    assert.equal(limiter.take(`user${(typo + 7) % 50}`, "192.0.2.1"), 0);
    limiter.succeeded(`user${(typo + 7) % 50}`, "192.0.2.1");
  }
});

test("limiter: it remembers a bounded number of names; the one tried longest ago is forgotten first", () => {
  const limiter = new LoginLimiter({ now: () => 0, keptMax: 3 });
  for (let attempt = 0; attempt < 5; attempt += 1) limiter.take("hong", `192.0.2.${attempt}`);
  assert.notEqual(limiter.take("hong", "192.0.2.9"), 0);
  for (const name of ["a", "b", "c"]) limiter.take(name, "192.0.2.10");
  assert.equal(limiter.take("hong", "192.0.2.11"), 0);
});

for (const [one, other, isSame] of [
  ["2001:db8::1", "2001:db8:0:0:ffff::1", true],
  ["2001:db8::1", "2001:db8:0:1::1", false],
  ["::ffff:192.0.2.1", "192.0.2.1", true],
  ["192.0.2.1", "192.0.2.2", false],
  ["::1", "::2", true],
] as const)
  test(`limiter: ${one} and ${other} are ${isSame ? "one network" : "two"}`, () => {
    const limiter = new LoginLimiter({ now: () => 0 });
    for (let attempt = 0; attempt < 20; attempt += 1) limiter.take(`name${attempt}`, one);
    assert.equal(limiter.take("another", other) !== 0, isSame);
  });
