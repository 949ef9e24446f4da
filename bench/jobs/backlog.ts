// A million jobs that wait, through the agent as its user has it: how long it takes to submit them, to look at them, and to begin again with them.
import { join } from "node:path";
import { controlAddress } from "#kernel/control-socket.ts";
import { controlClient } from "./control-client.ts";
import { startAgent } from "./dure.ts";
import { echoJob } from "./echo-job.ts";
import { memoryMb } from "./tree.ts";

/** Of one call; and calls that are not answered yet. */
const CALL_MAX = 1000;
const OPEN_MAX = 8;
/** The one job that runs never ends: all others wait behind it. */
const HOLD = { rule: "bench:hold", data: {} };

interface Bound {
  readonly en: string;
  readonly ko: string;
  readonly unit: "ms" | "jobs/s" | "MB";
  readonly most?: number;
  readonly least?: number;
}

export async function measureBacklog(dir: string, count: number): Promise<void> {
  const limits = { limits: { slots: 1, queued: count + 10 }, slots: 1 };
  const address = controlAddress(join(dir, "data", "dure.pid"));
  const rows: (readonly [Bound, number])[] = [];
  let agent = await startAgent(dir, 1, "embedded", limits);
  let client = controlClient(address);
  await client.ask("jobs.submit", HOLD);
  const begin = performance.now();
  const open = new Set<Promise<unknown>>();
  for (let at = 0; at < count; at += CALL_MAX) {
    const jobs = Array.from({ length: Math.min(CALL_MAX, count - at) }, (_, nth) => ({ rule: "bench:echo", data: echoJob(at + nth + 1).data }));
    const call: Promise<unknown> = client.ask("jobs.submit-many", { jobs }).finally(() => open.delete(call));
    open.add(call);
    if (OPEN_MAX <= open.size) await Promise.race(open);
  }
  await Promise.all(open);
  rows.push([{ en: "submitted, a thousand a call", ko: "제출, 한 번에 천 건", unit: "jobs/s", least: 10_000 }, (count * 1000) / (performance.now() - begin)]);
  rows.push([{ en: "memory of agent and worker then", ko: "그때 에이전트와 작업자의 메모리", unit: "MB", most: 500 }, memoryMb([agent.pid])]);

  async function timed<T>(bound: Bound, what: () => Promise<T>): Promise<T> {
    const from = performance.now();
    const given = await what();
    rows.push([bound, performance.now() - from]);
    return given;
  }
  const within = (en: string, ko: string, most: number): Bound => ({ en, ko, unit: "ms", most });
  const page = (params: object) => client.ask<{ jobs: { id: string }[]; isPartial?: boolean }>("jobs.list", { limit: 100, ...params });
  const queued = async (): Promise<number> => (await client.ask<{ queue: { depth?: { queued: number } } }>("jobs.look", {})).queue.depth?.queued ?? Number.NaN;
  const isWaiting = async (): Promise<void> => {
    const there = await queued();
    if (there < count || count + 1 < there) throw new Error(`${there} jobs wait, not ${count}`);
  };
  await timed(within("counted", "수 세기", 100), isWaiting);
  const { jobs } = await timed(within("newest hundred", "최근 백 건 목록", 100), () => page({}));
  await timed(within("oldest hundred of a state and a rule", "상태와 규칙으로 거른 오래된 백 건", 250), () => page({ states: ["queued"], rule: "bench:echo", order: "oldest" }));
  await timed(within("one job shown", "작업 하나 보기", 100), () => client.ask("jobs.show", { id: jobs[50]?.id ?? "" }));
  const found = await timed(within("words searched for", "검색", 2000), () => page({ text: `${count - 10}` }));
  if (found.jobs.length === 0 && found.isPartial !== true) throw new Error("the search found nothing");
  client.close();
  // The job that runs never ends, so it is killed as on a bad day.
  process.kill(agent.pid, "SIGKILL");
  await agent.stop();
  agent = await timed(within("begun again after kill -9, until jobs run", "kill -9 뒤 작업을 다시 시작하기까지", 5000), () => startAgent(dir, 1, "embedded", limits));
  client = controlClient(address);
  await isWaiting();
  client.close();
  await agent.stop();

  for (const language of ["en", "ko"] as const) {
    console.log(language === "en" ? `\n| ${count.toLocaleString("en")} queued jobs | measured | bound |\n|---|---|---|` : `\n| 기다리는 작업 ${count.toLocaleString("en")}건 | 측정 | 한도 |\n|---|---|---|`);
    for (const [{ unit, most, least, ...name }, value] of rows) {
      const isKept = value <= (most ?? value) && (least ?? value) <= value;
      const inUnit = (number: number): string => `${number.toLocaleString("en", { maximumFractionDigits: number < 10 ? 1 : 0 })} ${unit === "jobs/s" && language === "ko" ? "건/s" : unit}`;
      console.log(`| ${name[language]} | ${inUnit(value)}${isKept ? "" : language === "en" ? " (**not kept**)" : " (**지키지 못함**)"} | ${least === undefined ? `≤ ${inUnit(most ?? 0)}` : `≥ ${inUnit(least)}`} |`);
    }
  }
}
