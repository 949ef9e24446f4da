// Why a process is as it is, in the reader's language.
import assert from "node:assert/strict";
import { test } from "node:test";
import { language } from "../words/say.ts";
import type { ProcessStatus } from "./look.ts";
import { whyOf } from "./mood.ts";

const process = (given: Partial<ProcessStatus>): ProcessStatus => ({ state: "unhealthy", instances: [], dependsOn: [], ...given }) as unknown as ProcessStatus;

test("why a process is not well, is ended or gave up is said in Korean to who reads Korean; a program's own words stay", () => {
  const before = language.value;
  const last = { atMs: 0, pid: 1, startedMs: 0, code: null, signal: "SIGKILL", isWanted: false, stderr: [], instance: 1, reason: "no acknowledgement within 2000 ms" };
  try {
    language.value = "ko";
    assert.equal(whyOf(process({ reason: "the probe failed 3 times: http answered 503" }), [], 0), "상태 점검 3번 실패: http answered 503");
    assert.match(whyOf(process({ state: "failed", lastExit: last }), [], 0) ?? "", /SIGKILL.*2초 안에 처리 확인\(ack\)이 없음/);
    language.value = "en";
    assert.equal(whyOf(process({ reason: "the probe failed 3 times: http answered 503" }), [], 0), "the probe failed 3 times: http answered 503");
  } finally {
    language.value = before;
  }
});
