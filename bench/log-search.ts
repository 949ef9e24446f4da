// `npm run bench -- log-search [--lines 200000]`: what it costs to keep the agent's log in the embedded store, and to search it. CPU of this process, which
// on a busy machine says more than the clock. Bar: any search well under 100 ms.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createLog } from "#kernel/log.ts";
import { searchLines } from "#kernel/log-store/log-search.ts";
import type { LogPageRequest } from "#kernel/log-store/log-search.ts";
import { keepLogLines } from "#kernel/log-store/log-store.ts";
import { RecentLog } from "#kernel/recent-log.ts";
import { keptIds } from "#kernel/store/kept-ids.ts";
import { lazyStore } from "#kernel/store/open-store.ts";
import { openStore, storeTables } from "../src/daemon/store-backend.ts";

const { values } = parseArgs({ allowPositionals: true, options: { lines: { type: "string", default: "200000" } } });
const lines = Number(values.lines);
const MESSAGES = ["batch refused", "pipeline started", "connection lost; trying again", "연결이 끊어져 다시 시도합니다", "레코드를 쓰지 못했습니다", "파일이 회전되었습니다", "reloaded", "slow output", "position committed"];
const START_MS = 1.7e12;
const SEARCHES: readonly Partial<LogPageRequest>[] = [
  {},
  { text: "결제실패" }, { text: "오류" }, { text: "류" }, { text: "없는말이다" }, { text: "끊어져" }, { text: "시도" }, { text: "EC" },
  { text: "ECONNREFUSED" }, { text: "ECONNREFUSED", pipeline: "none" }, { text: "ECONNREFUSED", level: "error" }, { text: "10.0.77.7" }, { text: 'position":17300' },
  { level: "warn" }, { pipeline: "web-3" }, { before: lines / 2 }, { fromMs: START_MS + lines * 25, toMs: START_MS + lines * 26 },
];
const ROUNDS = 7;

const dir = mkdtempSync(join(tmpdir(), "dure-bench-"));
const log = createLog({ level: "error", console: { level: "error", format: "pretty", hasColor: false } });
const recent = new RecentLog();
const plan = { type: "sqlite", file: join(dir, "dure.db") } as const;
const store = lazyStore({ plan, migrations: storeTables, log, open: (wanted, options) => openStore(wanted, log, options) });
const kept = keepLogLines({ records: (listener) => recent.follow(listener), ids: keptIds(join(dir, "ids"), log, 1000), store, agent: "here", linesMax: lines });
try {
  const before = process.cpuUsage();
  for (let at = 0; at < lines; at += 1) {
    const isRare = at === Math.floor(lines / 2);
    recent.write({
      time: START_MS + at * 50,
      level: at % 50 === 0 ? "warn" : "info",
      message: `${MESSAGES[at % MESSAGES.length] ?? ""}${isRare ? " 결제실패 오류발생" : ""}`,
      fields: { pipeline: `web-${at % 7}`, attempt: at % 13, waitMs: (at * 7919) % 30_000, host: `10.0.${at % 250}.7`, error: { message: `connect ECONNREFUSED 127.0.0.1:${at % 60_000}`, code: "ECONNREFUSED" }, position: at * 173 },
    });
    if (at % 900 === 899) await kept.search({ limit: 1 }); // Which writes what waits.
  }
  const opened = await store.get();
  await kept.search({ limit: 1 });
  console.log(`kept: ${lines} lines, ${((spentMs(before) * 1000) / lines).toFixed(0)} µs of CPU a line, ${(statSync(plan.file).size / 1e6).toFixed(0)} MB`);
  for (const request of SEARCHES) {
    const times: number[] = [];
    let found = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const began = process.cpuUsage();
      found = (await searchLines(opened, "here", { limit: 200, ...request })).lines.length;
      times.push(spentMs(began));
    }
    times.sort((one, other) => one - other);
    console.log(`${(times[ROUNDS >> 1] ?? 0).toFixed(1).padStart(7)} ms, at most ${(times.at(-1) ?? 0).toFixed(1).padStart(6)}: ${String(found).padStart(3)} lines for ${JSON.stringify(request)}`);
  }
} finally {
  await kept.close();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
}

function spentMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
