// Processes in all their states, for pictures and trials of the dashboard.
import { forever } from "./fake-agent.ts";
import type { Answers } from "./fake-agent.ts";

const NOW = Date.UTC(2026, 10, 23, 3, 0, 0);
const ESC = "\u001b";

interface Shape {
  readonly name: string;
  readonly state: string;
  readonly [more: string]: unknown;
}

function process(index: number, { name, state, queue = {}, ...more }: Shape, second: number) {
  const isAtWork = state === "running" || state === "unhealthy";
  return {
    name,
    type: "process",
    state,
    wanted: "running",
    sinceMs: NOW - 3_900_000,
    instancesWanted: 1,
    instances: [{ instance: 1, state, pid: isAtWork ? 4000 + index : null, startedMs: isAtWork ? NOW - 3_900_000 * (index + 1) : null, restarts: 0, cpuPercent: isAtWork ? 3 + index * 7 + (second % 4) : null, residentBytes: isAtWork ? 21_000_000 * (index + 1) : null, ...(state === "backoff" ? { nextTryMs: NOW + second * 1000 + 8000 } : {}) }],
    restarts: 0,
    isCrashLooping: false,
    groups: [],
    dependsOn: [],
    queue: { process: name, own: 0, shared: 0, bytes: 0, inFlight: 0, skipped: 0, eventsIn: 1000 + second * 40 * (index + 1), eventsOut: 900 + second * 40 * (index + 1), isFull: false, ...(queue as object) },
    ...more,
  };
}

const lastExit = (name: string) => ({ atMs: NOW - 4000, instance: 1, pid: 4711, startedMs: NOW - 5200, code: 1, signal: null, isWanted: false, stderr: ["Traceback (most recent call last):", `  File "${name}.py", line 3`, `${ESC}[31mValueError: 값이 없습니다${ESC}[0m`] });

export function processesAt(second: number) {
  return [
    process(0, { name: "extract", state: "running", groups: ["밤", "etl"], nextRunMs: NOW + 9 * 3_600_000 }, second),
    process(1, { name: "load", state: "running", groups: ["etl"], instancesWanted: 3, queue: { own: 100_000, bytes: 9_000_000, inFlight: 3, isFull: true } }, second),
    process(2, { name: "check", state: "unhealthy", groups: ["etl"], reason: "http answered 503", queue: { own: 12, bytes: 4000, skipped: 2 } }, second),
    process(3, { name: "crash", state: "backoff", restarts: 7, isCrashLooping: true, lastExit: lastExit("crash") }, second),
    process(4, { name: "web", state: "waiting", dependsOn: ["db"], reason: "waits for db to be healthy" }, second),
    process(5, { name: "db", state: "starting" }, second),
    process(6, { name: "주문-집계", state: "failed", restarts: 5, isCrashLooping: true, lastExit: lastExit("orders") }, second),
    process(7, { name: "report", state: "stopped", wanted: "stopped", by: "hong" }, second),
    process(8, { name: "migrate", state: "done" }, second),
  ];
}

const detail = (name: string) => ({
  status: processesAt(0).find((each) => each.name === name),
  exits: [lastExit(name), { ...lastExit(name), atMs: NOW - 90_000, startedMs: NOW - 3_690_000, code: null, signal: "SIGKILL", stderr: [] }, { ...lastExit(name), atMs: NOW - 9_000_000, startedMs: NOW - 9_700_000, code: 0, isWanted: true, stderr: [] }],
  probes: [
    { atMs: NOW - 2000, instance: 1, isWell: false, tookMs: 31, words: "http answered 503" },
    { atMs: NOW - 12_000, instance: 1, isWell: true, tookMs: 4, words: "http answered 200" },
  ],
  command: ["/usr/bin/python3", "etl.py", "두 단어"],
  written: ["python3", "etl.py", "두 단어"],
  env: { DB_URL: "[hidden]", MODE: "night" },
  cwd: "/srv/etl",
  workDir: "/var/lib/dure/work/etl",
  limits: { memoryBytesMax: 268_435_456, processesMax: 40 },
  start: "auto",
  restart: { when: "always", firstMs: 1000, mostMs: 30_000, attemptsMax: 10, steadyMs: 60_000 },
  stop: { signal: "SIGTERM", waitMs: 10_000 },
  ack: { type: "line", timeoutMs: 60_000, onFailure: "retry", attemptsMax: null },
  programs: [
    { version: 2, fileName: "etl.py", bytes: 20_480, sha256: "ab".repeat(32), atMs: NOW - 3_600_000, by: "hong", isCurrent: true },
    { version: 1, fileName: "etl.py", bytes: 18_000, sha256: "cd".repeat(32), atMs: NOW - 86_400_000, by: "kim", isCurrent: false },
  ],
  place: { file: "/srv/dure/dure.yml", line: 14, column: 5 },
});

export const printed = [
  ["stdin", '{"id": 1, "이름": "길동"}'],
  ["stdout", `${ESC}[32m처리 완료${ESC}[0m: 1건`],
  ["stderr", `${ESC}[31mWARN${ESC}[0m 값이 비어 있습니다`],
  ["stdout", "<script>alert(1)</script>"],
] as const;

const flows = [
  { type: "broad", from: ["extract"], to: ["load", "check"], isViewed: true, ack: "line" },
  { type: "share", from: ["load"], to: ["주문-집계", "report"], isViewed: true, ack: "stderr-echo" },
  { type: "broad", from: ["check"], to: ["report"], isViewed: false, ack: "none" },
];

/** `isEmpty`: there are none, nor anything that belongs to them. */
export function processAnswers({ isEmpty = false, everyMs = 1000, second = 2 } = {}): Answers {
  const all = (at: number) => (isEmpty ? [] : processesAt(at));
  const one = { process: "extract", message: "2026-11-22", startMs: NOW - 60_000 };
  return {
    "processes.list": () => ({ atMs: NOW, processes: all(0) }),
    "processes.watch": ({ emit, signal }) => {
      let at = 0;
      const look = (): void => emit({ atMs: NOW + at * 1000, processes: all(at++) });
      while (at < second) look();
      const timer = setInterval(look, everyMs);
      signal.addEventListener("abort", () => clearInterval(timer), { once: true });
      return forever(signal);
    },
    "processes.show": ({ params }) => detail(String(params["name"])),
    "processes.follow": async ({ emit, signal }) => {
      for (let id = 1; id <= 56; id += 1) emit({ id, atMs: NOW + id * 100, instance: 1, stream: "stdout", text: `${id}: 한 줄을 처리했습니다 ${"·".repeat(id % 40)}` });
      printed.forEach(([stream, text], index) => emit({ id: 57 + index, atMs: NOW + 6000 + index, instance: 1, stream, text }));
      await forever(signal);
    },
    "processes.movements": () => ({ movements: isEmpty ? [] : Array.from({ length: 40 }, (_, index) => ({ atMs: NOW + index, process: index % 2 === 0 ? "extract" : "load", direction: (["stdin -> task", "task -> stdout", "task -> stderr"] as const)[index % 3], text: `{"id": ${index}, "이름": "길동"}` })) }),
    "flows.list": () => ({ flows: isEmpty ? [] : flows, queues: all(0).map(({ queue }) => ({ ...queue, eventsMax: 100_000 })) }),
    "groups.list": () => ({ groups: isEmpty ? [] : [{ name: "etl", processes: ["extract", "load", "check"] }] }),
    "schedules.list": () => ({
      timeZone: "Asia/Seoul",
      schedules: isEmpty
        ? []
        : [
            { name: "nightly", cron: "0 2 * * *", process: "extract", action: "send", message: "run ##DATE_TIME##", timeZone: "UTC", isRun: false, nextRunMs: NOW + 3_600_000, lastRunMs: NOW - 7_200_000 },
            { name: "*/5 * * * 1-5 web", cron: "*/5 * * * 1-5", process: "web", action: "restart", message: "", timeZone: "Asia/Seoul", isRun: false, nextRunMs: null, lastRunMs: null, lastProblem: "there is no process `web`" },
          ],
    }),
    "recoveries.list": () => ({
      recoveries: isEmpty
        ? []
        : [
            { ...one, name: "extract-1", endMs: null, state: "running" },
            { ...one, name: "extract-2", endMs: NOW, state: "done" },
            { ...one, name: "extract-3", endMs: NOW, state: "FAIL" },
            { ...one, name: "extract-4", endMs: NOW, state: "TIME_OUT" },
          ],
    }),
    "process-settings.list": () => ({ settings: [{ name: "kill wait time", value: "10", isChangeable: true, configKey: "process_settings.kill_wait" }, { name: "scheduler run", value: "False", isChangeable: true, configKey: "process_settings.schedules" }, { name: "dump dir", value: "/var/lib/dure/work", isChangeable: false, configKey: "process_settings.work_dir" }] }),
    "console.run": ({ params }) => ({ answer: params["line"] === "shw nothing" ? "NOK : there is no such list" : "TYPE      NAME       STATUS\nprocess   extract    ACT\nprocess   주문-집계  TRM" }),
  };
}
