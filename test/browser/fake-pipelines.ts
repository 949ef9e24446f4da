// Pipelines in all their states, for pictures and trials of the dashboard.
import { forever } from "./fake-agent.ts";
import type { Answers } from "./fake-agent.ts";

const place = (line: number) => ({ file: "/srv/dure/dure.yml", line, column: 7 });
const none = { en: "", ko: "" };

export const graph = {
  name: "game-logs",
  nodes: [
    { id: "1", plugin: "in.FileTail", kind: "in", about: "/var/log/game/게임-접속-*.log", options: { paths: ["/var/log/game/*.log"], encoding: "cp949", read_from: "beginning" }, place: place(4) },
    { id: "2", plugin: "parse.Regex", kind: "parse", about: "^(?<ip>\\S+) \\S+ \\S+ \\[(?<time>[^\\]]+)\\] \"(?<method>\\S+) (?<path>\\S+)", options: { pattern: "^(?<ip>\\S+)" }, place: place(8) },
    { id: "3", plugin: "filter.Where", kind: "filter", about: "r.status >= 400", options: { where: "r.status >= 400" }, place: place(11) },
    { id: "4", plugin: "buffer.Disk", kind: "buffer", about: "spool/game", options: { path: "spool/game", bytes_max: 67108864 }, place: place(13) },
    { id: "5", plugin: "failover", kind: "failover", about: "ordered", options: { startBy: "ordered", recheckMs: 5000 }, place: place(16) },
    { id: "5.1", plugin: "out.Fluentd", kind: "out", about: "192.168.0.1:24224", options: { host: "192.168.0.1", port: 24224, shared_key: "[hidden]" }, place: place(17) },
    { id: "5.2", plugin: "out.Fluentd", kind: "out", about: "192.168.0.2:24224", options: { host: "192.168.0.2", port: 24224 }, place: place(18) },
    { id: "5.3", plugin: "out.File", kind: "out", about: "/var/spool/dure/last-resort.ndjson", options: { path: "/var/spool/dure/last-resort.ndjson" }, place: place(20) },
  ],
  links: [
    { from: "1", to: "2", label: none, isStandby: false },
    { from: "2", to: "3", label: none, isStandby: false },
    { from: "3", to: "4", label: none, isStandby: false },
    { from: "4", to: "5", label: none, isStandby: false },
    { from: "5", to: "5.1", label: { en: "1", ko: "1" }, isStandby: false },
    { from: "5", to: "5.2", label: { en: "2", ko: "2" }, isStandby: true },
    { from: "5", to: "5.3", label: { en: "last", ko: "최후" }, isStandby: true },
  ],
};

const WIDE_STEPS = 200;

/** A pipeline of very many steps. */
function wideGraph(steps: number) {
  const nodes = Array.from({ length: steps }, (_, index) => ({ id: String(index + 1), plugin: index === 0 ? "in.FileTail" : index % 7 === 3 ? "buffer.Memory" : "parse.Json", kind: index === 0 ? "in" : index % 7 === 3 ? "buffer" : "parse", about: `step ${index + 1}`, options: {}, place: place(index + 3) }));
  const links = nodes.slice(1).map(({ id }, index) => ({ from: String(Math.floor(index / 3) + 1), to: id, label: none, isStandby: false }));
  return { name: "wide", nodes, links };
}

const usual = { retries: 0, deadLetters: 0, bytesIn: 0, bytesOut: 0 };
const T0 = Date.UTC(2026, 10, 22, 3, 0, 0);

/** What the pipelines are after so many seconds. */
export function pipelinesAt(second: number, nowMs: number) {
  const moved = (perSecond: number): number => Math.round(perSecond * (second + 100) + Math.sin(second / 5) * perSecond);
  const through = moved(1200);
  return [
    {
      ...usual,
      name: "game-logs",
      state: "running",
      recordsIn: through,
      recordsOut: moved(310),
      bytesIn: through * 120,
      bytesOut: moved(310) * 90,
      retries: 17,
      failing: [{ step: "5.1:out.Fluentd", sinceMs: nowMs - 95_000, reason: "connect ECONNREFUSED 192.168.0.1:24224", isBypassed: true }],
      steps: [
        { step: "1:in.FileTail", recordsIn: through },
        { step: "2:parse.Regex", recordsIn: through },
        { step: "3:filter.Where", recordsIn: through },
        { step: "4:buffer.Disk", recordsIn: moved(330), held: { bytes: 31_000_000, batches: 220, bytesMax: 67_108_864 } },
        { step: "5:failover", recordsIn: moved(310) },
        { step: "5.1:out.Fluentd", recordsIn: 1200 },
        { step: "5.2:out.Fluentd", recordsIn: moved(310) },
        { step: "5.3:out.File", recordsIn: 0 },
      ],
    },
    { ...usual, name: "게임-결제-로그", state: "running", recordsIn: moved(88), recordsOut: moved(88), bytesIn: moved(9000), bytesOut: moved(9000), steps: [{ step: "1:in.FileTail", recordsIn: moved(88) }, { step: "2:out.Fluentd", recordsIn: moved(88) }] },
    { ...usual, name: "mysql-abuse", state: "paused", recordsIn: 5210, recordsOut: 5210, paused: { by: "hong", sinceMs: nowMs - 6 * 60_000 }, steps: [{ step: "1:in.MySql", recordsIn: 5210 }] },
    { ...usual, name: "syslog-all-hosts-of-the-second-data-centre", state: "failed", error: "listen EADDRINUSE: address already in use 0.0.0.0:514", recordsIn: 0, recordsOut: 0, deadLetters: 3, steps: [] },
    { ...usual, name: "metrics", state: "running", recordsIn: moved(12_400), recordsOut: moved(12_400), bytesIn: moved(900_000), bytesOut: moved(700_000), steps: [{ step: "1:in.StatsD", recordsIn: moved(12_400) }, { step: "2:buffer.Memory", recordsIn: moved(12_400), held: { bytes: 1_200_000, batches: 4, bytesMax: 16_777_216 } }, { step: "3:out.Influx", recordsIn: moved(12_400) }] },
    { ...usual, name: "once", state: "ended", recordsIn: 200, recordsOut: 200, steps: [{ step: "1:in.File", recordsIn: 200 }] },
  ];
}

export function sixAt(second: number) {
  const nowMs = Date.now();
  return { atMs: nowMs, pipelines: pipelinesAt(second, nowMs), before: { atMs: nowMs - 2000, pipelines: pipelinesAt(second - 2, nowMs - 2000) } };
}

const events = [
  { name: "output.failing", data: { pipeline: "game-logs", step: "5.1:out.Fluentd", reason: "connect ECONNREFUSED 192.168.0.1:24224" }, ago: 95 },
  { name: "pipeline.paused", data: { pipeline: "mysql-abuse", by: "hong" }, ago: 360 },
  { name: "pipeline.failed", data: { pipeline: "syslog-all-hosts-of-the-second-data-centre", error: "listen EADDRINUSE: address already in use 0.0.0.0:514" }, ago: 900 },
  { name: "agent.reloaded", data: { changed: 1, added: 0, removed: 0 }, ago: 1100 },
  { name: "dead-letter.written", data: { pipeline: "syslog-all-hosts-of-the-second-data-centre", batches: 3 }, ago: 1200 },
  { name: "agent.started", data: { version: "0.1.0" }, ago: 7200 },
];

export function tapSample(number: number, step = "2:parse.Regex") {
  const status = [200, 200, 404, 500][number % 4];
  const gone = number % 9 === 8;
  return {
    step,
    tag: "game.access",
    skipped: 0,
    records: [{ timeMs: T0 + number * 250, before: { message: `10.0.0.${number % 250} - - [22/Nov/2026:12:00:00 +0900] "GET /api/items?id=${number} HTTP/1.1" ${status} 1032 "상점 구매" 0.012` }, ...(gone ? {} : { after: { ip: `10.0.0.${number % 250}`, method: "GET", path: "/api/items", status, bytes: 1032, title: "상점 구매", client: { os: "Android", version: number } } }) }],
  };
}

/** Pipeline `wide` as it moves. */
function wideAt(second: number) {
  const { nodes } = wideGraph(WIDE_STEPS);
  return { ...usual, name: "wide", state: "running", recordsIn: second * 900, recordsOut: second * 900, steps: nodes.map(({ id, plugin, kind }, index) => ({ step: `${id}:${plugin}`, recordsIn: Math.round(second * 900 * (1 + Math.sin(index + second / 3))), ...(kind === "buffer" ? { held: { bytes: ((second * 37 + index * 91) % 100) * 10_000, batches: 3, bytesMax: 1_000_000 } } : {}) })) };
}

/** `everyMs`: how often what is live comes. `isWide`: with a pipeline of 200 steps that all move. */
export function pipelineAnswers({ everyMs = 1000, isWide = false }: { everyMs?: number; isWide?: boolean } = {}): Answers {
  let second = 20;
  const lookAt = (at: number) => {
    const look = sixAt(at);
    if (!isWide) return look;
    return { ...look, pipelines: [...look.pipelines, wideAt(at)], before: { ...look.before, pipelines: [...look.before.pipelines, wideAt(at - 2)] } };
  };
  const samples = Array.from({ length: 300 }, (_, index) => Date.now() - (300 - index) * 2000);
  const waves = (most: number): number[] => samples.map((_, index) => Math.round(2 * most * (0.75 + 0.2 * Math.sin(index / 14) + 0.05 * Math.sin(index * 1.7))));
  return {
    "pipelines.list": () => lookAt(second),
    async "pipelines.watch"({ emit, signal }) {
      emit(lookAt(second));
      const timer = setInterval(() => emit(lookAt((second += 1))), everyMs);
      await forever(signal);
      clearInterval(timer);
    },
    "pipelines.history": () => ({ everyMs: 2000, atMs: samples, pipelines: [["game-logs", 1200], ["metrics", 12_400], ["게임-결제-로그", 88]].map(([name, most]) => ({ name, recordsIn: waves(Number(most)), recordsOut: waves(Number(most) * 0.9), bytesIn: waves(Number(most) * 90), bytesOut: waves(Number(most) * 80), errors: samples.map(() => 0), heldBytes: samples.map(() => 0) })) }),
    "pipelines.show": ({ params }) => {
      if (params["name"] === "wide") return { graph: wideGraph(WIDE_STEPS) };
      if (params["name"] === "no-such") throw Object.assign(new Error("there is no pipeline `no-such`"), { code: "NOT_FOUND", hint: "See `dure ls`.", ko: { message: "`no-such` 파이프라인이 없습니다", hint: "`dure ls` 참고" } });
      return { graph };
    },
    async "pipelines.tap"({ emit, signal }) {
      let number = 0;
      for (; number < 40; number += 1) emit(tapSample(number));
      const timer = setInterval(() => emit(tapSample((number += 1))), Math.min(100, everyMs));
      await forever(signal);
      clearInterval(timer);
    },
    "pipelines.positions": ({ params }) => ({
      positions: params["name"] === "game-logs" ? [{ path: "/var/log/game/게임-접속-2026-11-22.log", offset: 98_123_776, bytes: 98_189_312, lagBytes: 65_536, atMs: Date.now() - 4000 }, { path: "/var/log/game/게임-접속-2026-11-21.log", offset: 1_204_000, atMs: Date.now() - 90_000_000 }] : [],
      hasMore: false,
    }),
    "pipelines.make-test": () => ({ yaml: "tests:\n  - name: game-logs, step 2\n    pipeline: game-logs\n    input:\n      - '10.0.0.1 - - …'\n    expect:\n      - { status: 200 }\n" }),
    "pipelines.pause": ({ params }) => ({ name: params["name"], state: "paused" }),
    "pipelines.resume": ({ params }) => ({ name: params["name"], state: "running" }),
    "events.list": () => ({ events: events.map(({ ago, ...event }, index) => ({ ...event, id: 100 - index, atMs: Date.now() - ago * 1000 })) }),
    "events.follow": ({ signal }) => forever(signal),
    "agent.show": () => ({ version: "0.1.0", residentBytes: 96_000_000, heapBytes: 30_000_000, cpuSeconds: 12 }),
    "metrics.list": () => [{ name: "dure_plugin_lines_unmatched_total", type: "counter", help: "Lines that did not fit.", series: [{ labels: { pipeline: "game-logs", step: "2", plugin: "parse.Regex" }, value: 42 }] }],
  };
}
