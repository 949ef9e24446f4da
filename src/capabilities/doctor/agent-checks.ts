// Whether the running agent does what the config says: asked through its own commands.
import { createServer } from "node:net";
import { once } from "node:events";
import type { JsonValue } from "#base/json.ts";
import type { Text } from "#base/lang.ts";
import type { PlanDifference } from "#kernel/config/plan-difference.ts";
import { readPidFile } from "#kernel/pid-file.ts";
import { reasonText } from "#kernel/supervisor/reason-words.ts";
import type { PipelineStatus } from "#kernel/status-file.ts";
import type { Check, Patient, Verdict } from "./check.ts";
import { hint, ok, problem, skipped } from "./check.ts";

const NOT_RUNNING = { en: "no agent runs", ko: "실행 중인 에이전트가 없습니다" };

/** A check of the running agent; skipped where none runs. */
export function ofAgent(id: string, run: (patient: Patient) => Promise<Verdict | readonly Verdict[]>): Check {
  return { id, run: (patient) => (readPidFile(patient.pidFile).state === "running" ? run(patient) : skipped(NOT_RUNNING)) };
}

const answers = ofAgent("agent-answers", async ({ ask, version }) => {
  let facts: { version: string; pid: number };
  try {
    facts = (await ask("agent.show")) as typeof facts;
  } catch (error) {
    return problem({ en: `the agent does not answer on its control socket (${error instanceof Error ? error.message : String(error)})`, ko: "에이전트가 제어 소켓에서 답하지 않습니다" }, { en: "ask as the user that it runs as; if it hangs, `dure stop` and look into its log", ko: "에이전트를 실행한 사용자로 실행하세요. 멈춘 것 같으면 `dure stop` 후 로그를 보세요" });
  }
  if (facts.version !== version) return hint({ en: `the agent is version ${facts.version}, this command ${version}`, ko: `에이전트는 ${facts.version}, 이 명령은 ${version} 버전입니다` }, { en: "restart the agent: `dure stop`, `dure start`", ko: "에이전트를 다시 시작하세요: `dure stop`, `dure start`" });
  return ok({ en: `the agent answers (version ${facts.version})`, ko: `에이전트가 답합니다 (버전 ${facts.version})` });
});

const drift = ofAgent("config-drift", async ({ ask }) => {
  const { processes, atNextStart, ...pipelines } = (await ask("agent.plan")) as unknown as Partial<PlanDifference>;
  const differing = [pipelines, processes].flatMap((each) => [...(each?.changed ?? []), ...(each?.added ?? []), ...(each?.removed ?? [])]);
  if (0 < differing.length) return hint({ en: `the file says something else than what runs: ${differing.join(", ")}`, ko: `실행 중인 설정이 파일과 다릅니다: ${differing.join(", ")}` }, { en: "dure reload --plan, then dure reload", ko: "dure reload --plan으로 보고 dure reload" });
  if (0 < (atNextStart?.length ?? 0)) return hint({ en: `wait for the next start: ${atNextStart?.join(", ")}`, ko: `다음 시작 때 적용됩니다: ${atNextStart?.join(", ")}` }, { en: "dure stop, dure start", ko: "dure stop, dure start" });
  return ok({ en: "the agent runs what the file says", ko: "파일의 설정 그대로 실행 중입니다" });
});

const pipelines = ofAgent("pipelines", async ({ ask }) => {
  const all = await pipelinesOf(ask);
  const bad = all.filter(({ state }) => state === "failed" || state === "restarting");
  if (bad.length === 0) return ok({ en: `pipelines: ${all.length}, none failed`, ko: `파이프라인 ${all.length}개, 실패 없음` });
  return bad.map(({ name, state, error = "" }) => problem({ en: `${name} is ${state}: ${error}`, ko: `${name}: ${state === "failed" ? "실패" : "다시 시작하는 중"}: ${error}` }, { en: `dure logs ${name} --level warn`, ko: `dure logs ${name} --level warn` }));
});

const processes = ofAgent("processes", async ({ ask }) => {
  const { processes: all } = (await ask("processes.list")) as unknown as { processes: readonly ProcessFacts[] };
  const bad = all.filter(({ state, isCrashLooping }) => isCrashLooping || state === "failed" || state === "unhealthy");
  if (bad.length === 0) return ok({ en: `processes: ${all.length}, all well`, ko: `프로세스 ${all.length}개, 이상 없음` });
  return bad.map(({ name, state, isCrashLooping, reason = "" }) => {
    const how = isCrashLooping ? { en: "ends again and again", ko: "반복 종료" } : state === "failed" ? { en: "has failed and is not started again", ko: "실패, 다시 시작하지 않음" } : { en: "is not well", ko: "비정상" };
    const why = reasonText(reason);
    return problem({ en: `${name} ${how.en}${why.en === "" ? "" : `: ${why.en}`}`, ko: `${name}: ${how.ko}${why.ko === "" ? "" : `: ${why.ko}`}` }, { en: `dure process show ${name}`, ko: `dure process show ${name}` });
  });
});

interface ProcessFacts {
  readonly name: string;
  readonly state: string;
  readonly isCrashLooping: boolean;
  readonly reason?: string;
}

const outputs = ofAgent("outputs", async ({ ask }) => {
  const failing = (await pipelinesOf(ask)).flatMap(({ name, failing = [] }) => failing.map((each) => ({ name, ...each })));
  if (failing.length === 0) return ok({ en: "every output takes what it is given", ko: "모든 출력이 정상입니다" });
  return failing.map(({ name, step, sinceMs, reason, isBypassed }) => {
    const lasting = lastingWords(Date.now() - sinceMs);
    return (isBypassed === true ? hint : problem)({ en: `${name} ${step} has taken nothing for ${lasting.en}: ${reason}`, ko: `${name} ${step}: ${lasting.ko} 받지 않음: ${reason}` }, isBypassed === true ? { en: "another output takes over meanwhile; put the other side right", ko: "그동안 다른 출력이 대신합니다. 상대 쪽을 확인하세요" } : { en: "nothing is lost: it is tried again; put the other side right", ko: "잃는 것은 없고 계속 다시 시도합니다. 상대 쪽을 확인하세요" });
  });
});

/** Rather than the time it began: whoever reads it may live in another zone than the agent. */
function lastingWords(ms: number): Text {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return { en: "less than a minute", ko: "방금부터" };
  return minutes < 120 ? { en: `${minutes} min`, ko: `${minutes}분째` } : { en: `${Math.floor(minutes / 60)} h`, ko: `${Math.floor(minutes / 60)}시간째` };
}

async function pipelinesOf(ask: (command: string) => Promise<JsonValue>): Promise<readonly PipelineStatus[]> {
  return ((await ask("pipelines.list")) as unknown as { pipelines: readonly PipelineStatus[] }).pipelines;
}

const FULL_PERCENT = 80;

const buffers = ofAgent("buffers", async ({ ask }) => {
  const filled = (await pipelinesOf(ask)).flatMap(({ name, steps = [] }) =>
    steps.flatMap(({ step, held }) => (held?.bytesMax === undefined ? [] : { name, step, percent: Math.round((held.bytes / Math.max(1, held.bytesMax)) * 100) })),
  );
  const full = filled.filter(({ percent }) => FULL_PERCENT <= percent);
  if (full.length === 0) return ok({ en: `buffers with a bound: ${filled.length}, none nearly full`, ko: `크기가 정해진 버퍼 ${filled.length}개, 거의 찬 것 없음` });
  return full.map(({ name, step, percent }) => hint({ en: `${name} ${step} is ${percent}% full`, ko: `${name} ${step}: ${percent}% 찼습니다` }, { en: "the output behind it is slower than the input; when full, the input waits", ko: "뒤의 출력이 입력보다 느립니다. 가득 차면 입력이 기다립니다" }));
});

const port: Check = {
  id: "http-port",
  async run({ plan, pidFile, ask }) {
    const http = plan?.http ?? null;
    if (http === null) return skipped({ en: "the agent listens on no port for people", ko: "대시보드 포트를 쓰지 않습니다" });
    if (readPidFile(pidFile).state === "running") return shownAt(http.port, await ask("agent.show").catch(() => null));
    const server = createServer();
    try {
      server.listen({ host: http.host, port: http.port });
      await once(server, "listening");
      return ok({ en: `the dashboard's port ${http.port} is free`, ko: `대시보드 포트 ${http.port} 사용 가능` });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "error";
      return (http.isPortGiven ? problem : hint)({ en: `the dashboard's port ${http.port} cannot be had (${code})`, ko: `대시보드 포트를 쓸 수 없습니다: ${http.port} (${code})` }, { en: "end the program that has it (ss -ltnp), or name another: `http: 8601`", ko: "그 포트를 쓰는 프로그램을 끝내거나(ss -ltnp) 다른 포트를 쓰세요: `http: 8601`" });
    } finally {
      server.close();
    }
  },
};

/** The usual port may be another agent's: then it is shown on the next. */
function shownAt(port: number, facts: JsonValue): Verdict {
  const address = typeof facts === "object" && facts !== null && "address" in facts && typeof facts["address"] === "string" ? facts["address"] : undefined;
  if (address === undefined) return skipped({ en: "the agent does not say where its dashboard is", ko: "에이전트가 대시보드 주소를 알려 주지 않습니다" });
  const text = { en: `the dashboard: ${address}`, ko: `대시보드: ${address}` };
  const isElsewhere = port !== 0 && new URL(address).port !== String(port);
  return isElsewhere ? hint({ en: `${text.en}, since port ${port} was taken`, ko: `${text.ko} (${port} 포트는 쓰이고 있었음)` }, { en: "give it a port of its own, so that bookmarks keep: `http: 8601`", ko: "주소가 바뀌지 않게 포트를 따로 정하세요: `http: 8601`" }) : ok(text);
}

export const agentChecks: readonly Check[] = [answers, drift, pipelines, processes, outputs, buffers, port];
