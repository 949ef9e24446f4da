import assert from "node:assert/strict";
import { test } from "node:test";
import { unmet } from "./dependencies.ts";
import { reasonText } from "./reason-words.ts";
import { howItEnded } from "./supervised.ts";

const nobody = { isStarted: false, isHealthy: false, isDone: false };

test("reasons: what the engine says of a process has Korean words", () => {
  const said = [
    ...(["started", "healthy", "done"] as const).map((until) => unmet([{ process: "적재", until }], () => nobody)),
    unmet([{ process: "적재", until: "done" }], () => undefined),
    howItEnded({ code: 3, signal: null }),
    howItEnded({ code: null, signal: "SIGKILL" }),
    howItEnded({ code: null, signal: "SIGKILL", overLimit: "memoryBytesMax" }),
    howItEnded({ code: null, signal: "SIGKILL", overLimit: "processesMax" }),
    "no acknowledgement within 2000 ms",
    "the probe failed 3 times: it has not printed the line yet",
    "exit 1; gave up after 5 tries",
  ];
  for (const each of said) {
    const reason = each ?? assert.fail("nothing is said");
    const { en, ko } = reasonText(reason);
    assert.equal(en, reason);
    assert.match(ko, /[가-힣]{2}/, reason);
    assert.doesNotMatch(ko, /\b(?:waits|for|the|it|within|exit|after)\b/, reason);
  }
});

test("reasons: what a program or the system says stays as it is", () => {
  for (const reason of ["127.0.0.1:1: ECONNREFUSED", "HTTP 503", ""]) assert.deepEqual(reasonText(reason), { en: reason, ko: reason });
});
