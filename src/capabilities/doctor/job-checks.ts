// Whether jobs can run: the rules folder and Python for its files, and what the running agent says of its queue, workers and dead letters.
import { statSync } from "node:fs";
import { findProgram } from "#base/child/find-program.ts";
import { rulesIn } from "#kernel/config/jobs-environment.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import { ofAgent } from "./agent-checks.ts";
import { hint, ok, problem, skipped } from "./check.ts";
import type { Check, Patient, Verdict } from "./check.ts";

const NO_JOBS = { en: "the config has no jobs", ko: "설정에 작업(jobs)이 없습니다" };
/** A folder full of broken files is one fault, not a thousand. */
const PROBLEMS_SHOWN = 10;

/** The answers of `jobs.look` and `jobs.rules`, as far as they are judged here. */
interface Look {
  readonly notices?: { readonly failed: number };
  readonly queue: { readonly backend: string; readonly place: string; readonly state: { readonly is: string; readonly why?: string }; readonly depth: { readonly queued: number; readonly failed: number } };
  readonly schedules?: { readonly isOurs: boolean; readonly holder?: string; readonly problem?: string };
  readonly workers: readonly { readonly pid: number; readonly state: string; readonly isQuarantine: boolean }[];
}
interface Rules {
  readonly rules: readonly unknown[];
  readonly problems: readonly { readonly file: string; readonly message: string; readonly line?: number }[];
}

const folder = ofJobs("rules-folder", (jobs) => {
  if (statSync(jobs.rulesDir, { throwIfNoEntry: false })?.isDirectory() !== true) return problem({ en: `there is no rules folder ${jobs.rulesDir}`, ko: `규칙 폴더가 없습니다: ${jobs.rulesDir}` }, { en: "make it, or name the right one: `jobs: ./rules`", ko: "폴더를 만들거나 `jobs: ./rules`에 맞는 폴더를 쓰세요" });
  return ok({ en: `the rules folder is there: ${jobs.rulesDir}`, ko: `규칙 폴더가 있습니다: ${jobs.rulesDir}` });
});

const python = ofJobs("rules-python", async (jobs, { env }) => {
  const { pythonRule } = await rulesIn(jobs.rulesDir).catch(() => ({ pythonRule: undefined })); // That it is not there has been said.
  if (pythonRule === undefined) return skipped({ en: "no rule is written in Python", ko: "Python 규칙이 없습니다" });
  if (findProgram(jobs.python, jobs.rulesDir, env["PATH"] ?? env["Path"] ?? "") !== undefined) return ok({ en: `Python for the rules: ${jobs.python}`, ko: `규칙을 실행할 Python: ${jobs.python}` });
  return problem({ en: `there are rules in Python, but no program \`${jobs.python}\``, ko: `Python 규칙이 있지만 \`${jobs.python}\` 프로그램을 찾을 수 없습니다` }, { en: "install Python 3, or say where it is: `jobs: { python: /usr/bin/python3 }`", ko: "Python 3을 설치하거나 `jobs: { python: /usr/bin/python3 }`처럼 위치를 쓰세요" });
});

const files = ofRunningJobs("rules", async ({ ask }) => {
  const { rules, problems } = (await ask("jobs.rules")) as unknown as Rules;
  if (problems.length === 0) return ok({ en: `rules: ${rules.length}, every file could be used`, ko: `규칙 ${rules.length}개, 모든 파일 정상` });
  const shown = problems.slice(0, PROBLEMS_SHOWN).map(({ file, line, message }) => {
    const place = line === undefined ? file : `${file}:${line}`;
    return problem({ en: `${place} cannot be used: ${message}`, ko: `${place}: 사용할 수 없습니다: ${message}` }, { en: "mend it, then `dure jobs reload`", ko: "고친 뒤 `dure jobs reload`" });
  });
  const rest = problems.length - shown.length;
  return rest === 0 ? shown : [...shown, problem({ en: `${rest} more files of rules cannot be used`, ko: `그 밖에 규칙 파일 ${rest}개를 사용할 수 없습니다` }, { en: "dure jobs rules", ko: "dure jobs rules" })];
});

const queue = ofRunningJobs("job-queue", async ({ ask }) => {
  const { backend, place, state, depth } = ((await ask("jobs.look")) as unknown as Look).queue;
  const { is, why = "" } = state;
  if (is === "open") return ok({ en: `the queue of jobs is open (${backend}, ${depth.queued} wait)`, ko: `작업 큐 정상 (${backend}, 대기 ${depth.queued}개)` });
  const how = is === "blocked" ? { en: "takes nothing", ko: "받지 않습니다" } : { en: "is away", ko: "연결되지 않습니다" };
  return problem({ en: `the queue of jobs at ${place} ${how.en}: ${why}`, ko: `${place}의 작업 큐가 ${how.ko}: ${why}` }, backend === "rabbitmq" ? { en: "nothing is lost: it is tried again; put the broker right", ko: "잃는 것은 없고 계속 다시 시도합니다. 브로커를 확인하세요" } : { en: "make room on the disk of the data folder", ko: "데이터 폴더가 있는 디스크의 공간을 확보하세요" });
});

const workers = ofRunningJobs("job-workers", async ({ ask }) => {
  const { workers: all, queue: { depth } } = (await ask("jobs.look")) as unknown as Look;
  const regular = all.filter(({ isQuarantine }) => !isQuarantine);
  if (regular.length === 0) return (0 < depth.queued ? problem : hint)({ en: `no worker runs, ${depth.queued} jobs wait`, ko: `실행 중인 워커가 없습니다. 대기 작업 ${depth.queued}개` }, { en: "dure operator start worker 2", ko: "dure operator start worker 2" });
  const blocked = all.filter(({ state }) => state === "blocked");
  if (blocked.length === 0) return ok({ en: `workers: ${regular.length}`, ko: `워커 ${regular.length}개` });
  return hint({ en: `${blocked.length} of ${all.length} workers do not answer, since a rule keeps their loop busy: ${blocked.map(({ pid }) => pid).join(", ")}`, ko: `워커 ${all.length}개 중 ${blocked.length}개가 응답하지 않습니다. 규칙이 이벤트 루프를 붙잡고 있습니다: ${blocked.map(({ pid }) => pid).join(", ")}` }, { en: "give a rule that computes a thread of its own: `defineRule({ ownThread: true })`", ko: "계산이 긴 규칙에는 스레드를 따로 주세요: `defineRule({ ownThread: true })`" });
});

const schedules = ofRunningJobs("job-schedules", async ({ ask }) => {
  const { schedules: fleet } = (await ask("jobs.look")) as unknown as Look;
  if (fleet === undefined) return skipped({ en: "no schedule of jobs is shared with other agents", ko: "다른 에이전트와 함께 쓰는 작업 일정이 없습니다" });
  if (fleet.problem !== undefined) return problem({ en: `who submits the jobs of schedules is not known: ${fleet.problem}`, ko: `작업 일정을 맡은 에이전트를 알 수 없습니다: ${fleet.problem}` }, { en: "put the database of `store:` right; what is missed for less than an hour is made up for", ko: "`store:`의 데이터베이스를 확인하세요. 한 시간 안에 놓친 일정은 나중에 실행합니다" });
  if (fleet.holder === undefined) return hint({ en: "nobody submits the jobs of schedules just now", ko: "지금 작업 일정을 맡은 에이전트가 없습니다" }, { en: "one of the agents does within half a minute; look at its log when it does not", ko: "30초 안에 한 에이전트가 맡습니다. 계속 없으면 로그를 확인하세요" });
  return ok(fleet.isOurs ? { en: `this agent submits the jobs of schedules for all that share its store (${fleet.holder})`, ko: `이 에이전트가 저장소를 함께 쓰는 에이전트들의 작업 일정을 맡고 있습니다 (${fleet.holder})` } : { en: `the jobs of schedules are submitted by ${fleet.holder}`, ko: `작업 일정을 맡은 에이전트: ${fleet.holder}` });
});

const deadLetters = ofRunningJobs("dead-jobs", async ({ ask }) => {
  const { queue: { depth: { failed } }, notices } = (await ask("jobs.look")) as unknown as Look;
  const untold = notices?.failed ?? 0;
  if (failed === 0 && 0 < untold) return hint({ en: `notices that were given up: ${untold}`, ko: `전달을 포기한 알림: ${untold}개` }, { en: "dure notifiers tells whose; dure jobs retry --kind notices --states failed sends them again", ko: "dure notifiers로 알림 대상을 확인하고, dure jobs retry --kind notices --states failed로 다시 보내세요" });
  if (failed === 0) return ok({ en: "no job was given up", ko: "포기한 작업이 없습니다" });
  return hint({ en: `jobs that were given up: ${failed}`, ko: `포기한 작업: ${failed}개` }, { en: "dure jobs list --states failed, then dure jobs retry or dure jobs forget", ko: "dure jobs list --states failed로 보고 dure jobs retry 또는 dure jobs forget" });
});

export const jobChecks: readonly Check[] = [folder, python, files, queue, workers, schedules, deadLetters];

/** A check of what the config says of jobs. */
function ofJobs(id: string, run: (jobs: JobsPlan, patient: Patient) => Verdict | Promise<Verdict>): Check {
  return { id, run: (patient) => (patient.plan?.jobs === undefined ? skipped(NO_JOBS) : run(patient.plan.jobs, patient)) };
}

function ofRunningJobs(id: string, run: (patient: Patient) => Promise<Verdict | readonly Verdict[]>): Check {
  const asked = ofAgent(id, run);
  return { id, run: (patient) => (patient.plan?.jobs === undefined ? skipped(NO_JOBS) : asked.run(patient)) };
}
