import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { setLang } from "#base/lang.ts";
import { cellsOf } from "#kernel/config/cells.ts";
import type { PipelineStatus } from "#kernel/status-file.ts";
import { plain, styleOf } from "../terminal.ts";
import { withJobs } from "./jobs.ts";
import { withJob, withJobTrouble, withRecentJobs } from "./one-job.ts";
import { compact, spark, topScreen } from "./screen.ts";
import { afterKey, keysOf, rowsShown, START, tappedStep, withLine, withLook, withProcesses, withReload, withTrouble } from "./state.ts";
import type { TopState } from "./state.ts";

const drawing = { style: styleOf({ hasColor: false, hasUnicode: true }), hasUnicode: true };
const ascii = { style: styleOf({ hasColor: false, hasUnicode: false }), hasUnicode: false };

function status(name: string, recordsIn: number, more: Partial<PipelineStatus> = {}): PipelineStatus {
  return { name, state: "running", recordsIn, recordsOut: recordsIn, bytesIn: recordsIn * 100, bytesOut: 0, retries: 0, deadLetters: 0, ...more };
}

/** One look a second, each with these pipelines more. */
function watched(perSecond: Readonly<Record<string, readonly number[]>>, more: Readonly<Record<string, Partial<PipelineStatus>>> = {}): TopState {
  const seconds = Math.max(...Object.values(perSecond).map(({ length }) => length));
  const at = (second: number) => ({ atMs: second * 1000, pipelines: Object.entries(perSecond).map(([name, counts]) => status(name, counts.slice(0, second).reduce((sum, count) => sum + count, 0), more[name])) });
  let state = START;
  for (let second = 1; second <= seconds; second += 1) state = withLook(state, { ...at(second), before: at(second - 1) });
  return state;
}

const press = (state: TopState, text: string): TopState | undefined => keysOf(text).reduce<TopState | undefined>((now, key) => (now === undefined ? undefined : afterKey(now, key)), state);
const namesOf = (state: TopState | undefined): string[] => (state === undefined ? [] : rowsShown(state).map(({ name }) => name));

const EXAMPLE = watched(
  { "web-logs": Array.from({ length: 60 }, (_, second) => second * 20), "게임-로그": Array.from({ length: 60 }, () => 88), broken: [0, 0, 0] },
  { broken: { state: "failed", error: "no luck\x1b[2J", retries: 17, deadLetters: 12_345 } },
);

test("top: a screen of 80 columns", () => {
  const screen = topScreen({ ...EXAMPLE, selected: "broken" }, { columns: 80, rows: 9 }, drawing);
  assert.deepEqual(screen, [
    "dure top  ! 3 pipelines, 1 failed",
    "",
    "  PIPELINE▲ STATE      IN/S OUT/S    IN   OUT RETRY  DEAD IN/S, LAST 60 S",
    "> broken    ✗ failed      0     0     0     0    17 12.3k ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁",
    "  web-logs  ✓ running 1,180 1,180 35.4k 35.4k     0     0 ▂▂▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇████",
    "  게임-로그 ✓ running    88    88 5,280 5,280     0     0 ██████████████████████",
    "",
    "broken: no luck�[2J",
    "q quit  ? keys  Enter steps  t tap  l log  r reload  s sort  / filter  p pause",
  ]);
});

test("top: a pipeline whose output takes nothing is not fine", () => {
  const state = watched({ 웹: [5, 0], 주문: [5, 5] }, { 웹: { failing: [{ step: "2:out.Fluentd", sinceMs: Date.now() - 90_500, reason: "10.0.0.1:24224:\x1b[2J ECONNREFUSED" }] } });
  const screen = topScreen({ ...state, selected: "웹" }, { columns: 80, rows: 7 }, drawing);
  assert.equal(screen[0], "dure top  ! 2 pipelines, 0 failed, 1 retrying");
  assert(screen.some((line) => /웹 +! retrying/.test(line)) && screen.some((line) => /주문 +✓ running/.test(line)), screen.join("\n"));
  assert.match(screen[5] ?? "", /^웹: 2:out\.Fluentd has taken nothing for 1m 30s: 10\.0\.0\.1:24224:�\[2J ECONN/);
});

test("top: in Korean and in ASCII, with marks and words", () => {
  setLang("ko");
  try {
    const screen = topScreen(EXAMPLE, { columns: 80, rows: 8 }, ascii);
    assert.match(screen[2] ?? "", /^ {2}파이프라인\^ 상태/);
    assert.match(screen[3] ?? "", /^ {2}broken {6}\[X\] 실패/);
    assert.match(screen[5] ?? "", /^ {2}게임-로그 {3}\[OK\] 실행 중 .*#+$/);
    for (const line of screen) assert.doesNotMatch(line, /[^\x20-\x7e가-힣]/);
  } finally {
    setLang("en");
  }
});

test("top: whatever the size, the names and the sequence of keys, every line fits", () => {
  const name = fc.string({ unit: fc.constantFrom("가", "a", "\x1b", "é", "👍", "-"), minLength: 1, maxLength: 40 });
  const key = fc.constantFrom("j", "k", "\x1b[A", "\x1b[B", "?", "/", "가", "a", "\x7f", "\r", "\x1b", "1", "5", "9", "9", "t", "l", "r", "y", "n", "p", "s", "q", "\r");
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 40 }), fc.array(key, { maxLength: 20 }), fc.integer({ min: 1, max: 250 }), fc.integer({ min: 1, max: 60 }), fc.boolean(), (names, keys, columns, rows, hasUnicode) => {
      let state = withTrouble(withLook(START, { atMs: 1000, pipelines: names.map((each, index) => status(each, 10 ** (index % 20), { steps: names.map((step) => ({ step: `1:${step}`, recordsIn: index, held: { bytes: 1, batches: 1, bytesMax: 3 } })) })), before: { atMs: 0, pipelines: names.map((each) => status(each, 0)) } }), "gone");
      for (const each of keys) state = withLine(afterKey(state, each) ?? state, names.join(each));
      const screen = topScreen(state, { columns, rows }, { style: styleOf({ hasColor: true, hasUnicode }), hasUnicode });
      assert(screen.length <= rows);
      for (const line of screen) {
        assert(cellsOf(plain(line)) <= columns, JSON.stringify(line));
        assert.doesNotMatch(plain(line), /[\x00-\x1f]/);
      }
    }),
  );
});

test("top: keys sort, select, filter and quit", () => {
  assert.deepEqual(namesOf(EXAMPLE), ["broken", "web-logs", "게임-로그"]);
  assert.deepEqual(namesOf(press(EXAMPLE, "3")), ["web-logs", "게임-로그", "broken"], "numbers begin with the largest");
  assert.deepEqual(namesOf(press(EXAMPLE, "33")), ["broken", "게임-로그", "web-logs"]);
  assert.deepEqual(namesOf(press(EXAMPLE, "1")), ["게임-로그", "web-logs", "broken"]);
  assert.deepEqual(namesOf(press(EXAMPLE, "/로그\r")), ["게임-로그"]);
  assert.deepEqual(namesOf(press(EXAMPLE, "/WEBx\x7f\r")), ["web-logs"]);
  assert.equal(namesOf(press(EXAMPLE, "/web\x1b")).length, 3);
  assert.equal(press(EXAMPLE, "jj")?.selected, "web-logs");
  assert.equal(press(EXAMPLE, "\x1b[B\x1bOB\x1b[B\x1b[B\x1b[A")?.selected, "web-logs", "it stays within the list");
  assert.equal(press(EXAMPLE, "/q")?.filter, "q", "while a name is typed, a q is a letter");
  for (const keys of ["q", "\x03", "/a\x03", "?q", "?\x03"]) assert.equal(press(EXAMPLE, keys), undefined, JSON.stringify(keys));
  assert.match(topScreen(press(EXAMPLE, "?") ?? START, { columns: 80, rows: 20 }, drawing).join("\n"), /Ctrl-C +quit[^]*9 DEAD/);
});

const STEPS = ["1:in.FileTail", "2:parse.Json", "3:buffer.Size", "4:out.Fluentd"];

/** One look a second apart, with steps; the buffer holds a quarter of what it may. */
function stepped(): TopState {
  const at = (records: number) => STEPS.map((step) => ({ step, recordsIn: records, ...(step.includes("parse") ? { busyMs: records / 4 } : {}), ...(step.includes("buffer") ? { held: { bytes: 1 << 20, batches: 1, bytesMax: 4 << 20 } } : {}) }));
  return withLook(START, { atMs: 2000, pipelines: [status("게임", 1500, { steps: at(1500) })], before: { atMs: 1000, pipelines: [status("게임", 500, { steps: at(500) })] } });
}

test("top: Enter shows the steps of a pipeline with their rates and what a buffer holds; t taps the chosen one, q goes back", () => {
  const steps = press(stepped(), "\rjj");
  assert.deepEqual(topScreen(steps ?? START, { columns: 66, rows: 11 }, drawing).slice(2, 9), [
    "게임  ✓ running  in 1,000/s, out 1,000/s  steps",
    "",
    "  STEP            IN/S     IN  BUSY  HELD",
    "  1:in.FileTail  1,000  1,500",
    "  2:parse.Json   1,000  1,500   25%",
    "> 3:buffer.Size  1,000  1,500        1.0 MiB of 4.0 MiB (25%)",
    "  4:out.Fluentd  1,000  1,500",
  ]);
  const tapped = press(stepped(), "\rjt");
  assert.equal(tappedStep(tapped ?? START), "2:parse.Json");
  assert.equal(press(stepped(), "\rjtq")?.view, "steps");
  assert.equal(press(stepped(), "\rjtqq")?.view, "list");
  assert.equal(press(stepped(), "\rqq"), undefined);
  assert.equal(tappedStep(press(stepped(), "t") ?? START), "4:out.Fluentd", "from the list: what leaves the pipeline");
  assert.equal(press(stepped(), "ltl")?.view, "log");
});

test("top: what a tap and a log say scrolls, is bounded and stands still while paused", () => {
  let state = press(stepped(), "t") ?? START;
  for (let line = 0; line < 1000; line += 1) state = withLine(state, `n${line}`);
  assert.equal(state.lines.length, 500);
  assert.deepEqual(topScreen(state, { columns: 60, rows: 9 }, drawing).slice(4, 7), ["n997", "n998", "n999"]);
  const paused = press(state, "p") ?? START;
  assert.equal(withLine(paused, "more"), paused);
  assert.equal(withLook(paused, { atMs: 9000, pipelines: [] }), paused);
  assert.match(topScreen(paused, { columns: 60, rows: 9 }, drawing)[0] ?? "", /! paused$/);
  assert.equal(withLine(press(paused, "p") ?? START, "more").lines.at(-1), "more");
});

test("top: r shows what a reload would change and does it for a y alone", () => {
  const asked = press(stepped(), "r") ?? START;
  assert.equal(asked.reload?.stage, "asking");
  assert.equal(press(asked, "y")?.reload?.stage, "asking", "not before it has been shown");
  const shown = withReload(asked, { stage: "shown", difference: { same: ["a"], changed: ["게임"], steps: [{ pipeline: "게임", step: "2:parse.Regex", is: "changed", options: ["pattern"] }], added: [], removed: ["b"], processes: { same: [], changed: [], added: [], removed: [] }, atOnce: [], atNextStart: [] } });
  assert.deepEqual(topScreen(shown, { columns: 60, rows: 12 }, drawing).slice(4, 9), ["~ 게임", "    ~ 2:parse.Regex  pattern", "- b", "= unchanged: 1", ""]);
  assert.equal(press(shown, "x")?.view, "reload");
  assert.equal(press(shown, "n")?.view, "list");
  assert.equal(press(shown, "y")?.reload?.stage, "agreed");
  assert.equal(press(shown, "yq")?.view, "reload", "it is under way");
  assert.equal(withReload(stepped(), { stage: "shown" }).view, "list", "nobody waits for it any more");
  const failed = withReload(shown, { stage: "done", problem: "no\x1b luck" });
  assert.match(topScreen(failed, { columns: 60, rows: 9 }, drawing).join("\n"), /✗ no� luck\nnothing was changed/);
  assert.equal(press(failed, "x")?.view, "list");
});

test("top: a selected pipeline is on the screen, however many there are", () => {
  let state: TopState | undefined = watched(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`p${String(index).padStart(2, "0")}`, [1]])));
  for (let step = 0; step < 100; step += 1) {
    state = press(state ?? START, "j");
    assert(topScreen(state ?? START, { columns: 80, rows: 10 }, drawing).some((line) => line.startsWith(`> ${state?.selected} `)), String(state?.selected));
  }
});

test("top: what was last known stays while the agent is away", () => {
  const screen = topScreen(withTrouble(EXAMPLE, "no agent runs with this config"), { columns: 80, rows: 9 }, drawing);
  assert.equal(screen[0], "dure top  ✗ no agent runs with this config - waiting for the agent");
  assert.match(screen.join("\n"), /web-logs/);
});

test("top: counts in five characters, sparklines from the right", () => {
  assert.deepEqual([0, 999, 9999, 10_000, 99_949, 99_950, 999_499, 999_500, 1e6, 123_456_789, 9_999_999_999].map(compact), ["0", "999", "9,999", "10.0k", "99.9k", "100k", "999k", "1.0M", "1.0M", "123M", "10.0G"]);
  assert.equal(spark([], 4, true), "    ");
  assert.equal(spark([0, 0], 60, true), `${" ".repeat(58)}▁▁`);
  assert.equal(spark([0, 50, 100], 60, false), `${" ".repeat(57)}_=#`);
  assert.equal(spark(Array.from({ length: 60 }, (_, index) => (index === 30 ? 9 : 0)), 6, true), "▁▁▁█▁▁");
});

test("top: Tab shows the processes with what waits for them, and goes back; an agent without pipelines begins there", () => {
  const process = (name: string, state: "running" | "failed", own: number) => ({ name, type: "process", state, wanted: "running" as const, sinceMs: 0, instancesWanted: 1, instances: [{ instance: 1, state, pid: state === "running" ? 42 : null, startedMs: state === "running" ? Date.now() - 90_000 : null, restarts: 3, cpuPercent: 12.34, residentBytes: 5 << 20 }], restarts: 3, isCrashLooping: false, queue: { process: name, own, shared: 0, bytes: 0, inFlight: 0, skipped: 0, eventsIn: 0, eventsOut: 0, isFull: false }, groups: [], dependsOn: [] });
  const both = withProcesses(EXAMPLE, [process("적재", "running", 1234), process("bad", "failed", 0)]);
  assert.match(topScreen(both, { columns: 80, rows: 9 }, drawing)[0] ?? "", /3 pipelines, 1 failed; 2 processes, 1 not well/);
  const shown = topScreen(press(both, "\t") ?? START, { columns: 80, rows: 9 }, drawing);
  assert.match(shown[2] ?? "", /^PROCESS +STATE +PID +UP +↺ +CPU +MEM +QUEUE +NEXT$/);
  assert.match(shown[3] ?? "", /^적재 +✓ running +42 +1m +3 +12% +5\.0 MiB +1,234 +–$/);
  assert.match(shown[4] ?? "", /^bad +✗ failed/);
  assert.equal(press(both, "\t\t")?.view, "list", "there are no jobs");
  assert.equal(press(both, "\tq"), undefined);
  assert.doesNotMatch(topScreen(press(both, "\t/bad\r") ?? START, { columns: 80, rows: 9 }, drawing).join("\n"), /적재/);
  assert.match(topScreen(press(both, "\tj") ?? START, { columns: 80, rows: 9 }, drawing)[3] ?? "", /^bad/);
  const alone = withProcesses(withLook(START, { atMs: 1000, pipelines: [] }), [process("적재", "running", 0)]);
  assert.equal(alone.view, "processes");
});

test("top: Tab goes on to the jobs: what waits, who runs what, how each rule does; an agent with jobs alone begins there", () => {
  const look = (atMs: number, succeeded: number, depth?: { queued: number; delayed: number; running: number; failed: number }) => ({
    atMs,
    queue: { backend: "rabbitmq" as const, place: "amqp://10.0.0.5 dure.jobs", state: depth === undefined ? { is: "away" as const, why: "no \x1banswer", sinceMs: 0 } : { is: "open" as const }, ...(depth === undefined ? {} : { depth }) },
    notices: { waiting: 0, failed: 0 },
    workers: [{ pid: 4711, state: "ready" as const, slots: 40, isQuarantine: false, startedMs: 0, done: 1234, failed: 1, memoryBytes: 64 << 20, jobs: [{ id: "1", rule: "주문:접수", startedMs: atMs - 4000 }] }],
    watcher: { isOn: true, intervalMs: 5000 },
    management: { isOn: true },
    done: { succeeded, failed: 1, retried: 2, lost: 0, cancelled: 0 },
  });
  const rule = (name: string, succeeded: number) => ({ name, module: "a", function: "b", file: "a.ts", runtime: "node" as const, succeeded, failed: 1, running: 1, heldBack: false, runMs: { p50: 1.234, p95: 200, p99: 250.4 }, waitMs: { p50: 2, p95: 3, p99: 4000 } });
  const depth = { queued: 1200, delayed: 3, running: 1, failed: 2 };
  const alone = withJobs(withJobs(withLook(START, { atMs: 1000, pipelines: [] }), { look: look(1000, 100, depth), rules: [] }), { look: look(2000, 600, depth), rules: [rule("주문:접수", 9), rule("a:b", 99)] });
  assert.equal(alone.view, "jobs");
  const shown = topScreen(alone, { columns: 100, rows: 14 }, drawing);
  assert.match(shown[0] ?? "", /; 1,203 jobs wait \(Tab\)/);
  assert.deepEqual(shown.slice(2, 5), ["rabbitmq amqp://10.0.0.5 dure.jobs  ✓", "waiting 1,200, later 3, running 1, dead letters 2", "500/s; since the start 600 done, 1 failed, 2 tried again, 0 lost with a worker"]);
  assert.match(shown[7] ?? "", /^4711 +ready +1\/40 +1,234 +1 +64 MiB +주문:접수 4s$/);
  assert.match(shown[10] ?? "", /^a:b +1 +99 +1 +1\.2 ms +250 ms +2\.0 ms +4000 ms$/);
  assert.doesNotMatch(topScreen(press(alone, "/주문\r") ?? START, { columns: 100, rows: 14 }, drawing).join("\n"), /a:b/);
  assert.deepEqual([press(alone, "\t")?.view, press(alone, "\t\t\t")?.view, press(alone, "q")], ["list", "jobs", undefined]);
  const away = topScreen(withJobs(alone, { look: look(3000, 600), rules: [] }), { columns: 100, rows: 14 }, drawing);
  assert.match(away[2] ?? "", /✗ no �answer$/);
  assert.match(away[3] ?? "", /waiting –, later –/);
});

test("top: Enter goes from the jobs to the newest of them, and from one to all that became of it", () => {
  const row = { id: "01J", rule: "주문:접수", state: "failed" as const, priority: 4, attempt: 2, losses: 1, labels: { company: "1" }, from: "cli:kim", createdMs: 0, startedMs: 5000, endedMs: 7500, dataBytes: 2, error: { kind: "ValueError", message: "펑\x1b[2J" } };
  const other = { ...row, id: "01K", rule: "a:b", state: "running" as const };
  const listed = withRecentJobs({ ...START, view: "recent-jobs" }, [other, row]);
  assert.equal(press({ ...START, view: "jobs" }, "\r")?.view, "recent-jobs");
  const list = topScreen(listed, { columns: 100, rows: 8 }, drawing);
  assert.match(list[2] ?? "", /SUBMITTED +STATE +RAN +TRY +RULE +ERROR/);
  assert.match(list[4] ?? "", / failed +2\.5 s +2 +주문:접수 +ValueError: 펑�\[2J$/);
  assert.deepEqual([press(listed, "j")?.selectedJob, press(listed, "jk")?.selectedJob, press(listed, "\r")?.selectedJob, press(listed, "/주문\r\r")?.selectedJob], ["01J", "01K", "01K", "01J"]);
  const opened = press(listed, "j\r") ?? START;
  assert.deepEqual([opened.view, opened.job], ["job", undefined]);
  const marks = [
    { atMs: 0, kind: "queued", attempt: 1 },
    { atMs: 1000, kind: "started", attempt: 1, text: "host/4711" },
    { atMs: 1200, kind: "log", attempt: 1, text: "첫 줄\n둘째 줄" },
    { atMs: 3000, kind: "lost", attempt: 1, text: "SIGKILL" },
    { atMs: 5000, kind: "started", attempt: 2, text: "host/4712" },
    { atMs: 5400, kind: "TRANSCRIBED", attempt: 2 },
    { atMs: 7500, kind: "failed", attempt: 2, text: "펑" },
  ];
  assert.equal(withJob(opened, { ...other, data: "{}", marks }), opened, "another job's answer that comes late");
  const shown = withJob(opened, { ...row, data: '{"order":7}', marks });
  const text = topScreen(shown, { columns: 100, rows: 40 }, drawing).join("\n");
  for (const part of [/주문:접수 {2}failed {2}2\.5 s\n01J {2}cli:kim {2}company=1/, /TIMELINE\n.*queued/, /\+2\.1 s +failed +#2 +펑|\+2100 ms +failed/, /\+400 ms +TRANSCRIBED/, /ATTEMPTS\n#1 .* 2\.0 s +lost +host\/4711\n#2 .* 2\.5 s +failed +host\/4712/, /INPUT\n\{"order":7\}/, /PRINTED\n.*#1 첫 줄\n.*#1 둘째 줄/]) assert.match(text, part);
  // Of attempts that ended at once the start is not kept; the last one's is known.
  const short = topScreen(withJob(opened, { ...row, worker: "host/1", data: "{}", marks: marks.filter(({ kind }) => kind !== "started") }), { columns: 100, rows: 40 }, drawing).join("\n");
  assert.match(short, /ATTEMPTS\n#1 +– +– +lost\n#2 +\d\d:\d\d:\d\d +2\.5 s +failed +host\/1/);
  assert.match(topScreen(press(shown, "jjj") ?? START, { columns: 100, rows: 12 }, drawing)[4] ?? "", /queued/, "it scrolls, under its head");
  assert.deepEqual([press(shown, "q")?.view, press(shown, "qq")?.view, press(shown, "qqq")], ["recent-jobs", "jobs", undefined]);
  assert.match(topScreen(withJobTrouble(opened, "forbidden"), { columns: 100, rows: 8 }, drawing)[2] ?? "", /✗ forbidden/);
});
