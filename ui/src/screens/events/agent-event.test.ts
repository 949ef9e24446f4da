// What people read of an event has words for each fact that the agent publishes, and no JSON.
import assert from "node:assert/strict";
import { test } from "node:test";
import { language } from "../../words/say.ts";
import { factsLine, hrefOfSubject, subjectOf, toneOf } from "./agent-event.ts";

test("events: facts are told in words of both languages, lists by their names, and what is empty or no is left out", () => {
  const event = { id: 1, atMs: 0, name: "agent.reloaded", data: { by: "홍길동", revision: 5, changed: ["웹-서버", "중계"], added: [], removed: [] } };
  const broken = { id: 2, atMs: 0, name: "pipeline.failed", data: { pipeline: "중계", error: "no port", isTriedAgain: true } };
  const ended = { ...broken, data: { ...broken.data, isTriedAgain: false } };
  const before = language.value;
  try {
    language.value = "ko";
    assert.equal(factsLine(event), "사용자: 홍길동 · 리비전: 5 · 변경: 웹-서버, 중계");
    assert.equal(factsLine(broken), "오류: no port · 다시 시작합니다");
    language.value = "en";
    assert.equal(factsLine(event), "by: 홍길동 · revision: 5 · changed: 웹-서버, 중계");
    assert.equal(factsLine(ended), "error: no port");
  } finally {
    language.value = before;
  }
});

test("events: what an event is about stands under its noun, the pipeline first", () => {
  const about = (name: string, data: Record<string, string>): string | undefined => subjectOf({ id: 1, atMs: 0, name, data });
  assert.equal(about("process.exited", { process: "적재", reason: "1" }), "적재");
  assert.equal(about("output.failing", { pipeline: "중계", output: "3:out.Http" }), "중계");
  assert.equal(about("job.failed", { id: "j1", rule: "test.module:callme" }), "test.module:callme");
  assert.equal(about("access.login", { user: "hong" }), "hong");
  assert.equal(about("agent.reloaded", { by: "hong" }), undefined);
});

test("events: the end of a process is a warning where nobody asked for it and it failed, and plain otherwise", () => {
  const tone = (data: Readonly<Record<string, boolean | number | null>>): string => toneOf({ name: "process.exited", data });
  assert.equal(tone({ code: 3, isWanted: false }), "warn");
  assert.equal(tone({ code: null, isWanted: false }), "warn");
  assert.equal(tone({ code: 0, isWanted: false }), "calm");
  assert.equal(tone({ code: null, isWanted: true }), "calm");
  assert.equal(toneOf({ name: "process.failed", data: {} }), "bad");
});

test("events: what happened to a job leads to its page, what to a worker or the queue to the operator's desk", () => {
  const href = (name: string, data: Record<string, string>): string | undefined => hrefOfSubject({ id: 1, atMs: 0, name, data });
  assert.equal(href("job.failed", { id: "j 1", rule: "a:b" }), "/jobs/j%201");
  assert.equal(href("worker.exited", {}), "/operator");
  assert.equal(href("process.exited", { process: "적재" }), "/processes/%EC%A0%81%EC%9E%AC");
  assert.deepEqual(["job.failed", "job.lost", "worker.exited", "worker.started", "queue.away", "queue.blocked", "queue.open"].map((name) => toneOf({ name, data: {} })), ["bad", "warn", "warn", "calm", "bad", "warn", "good"]);
});
