// Why something that was asked of the jobs cannot be.
import { closest } from "#base/similar.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { problemPlace } from "./rule-problem.ts";
import type { RuleProblem } from "./worker-protocol.ts";

export function noJob(id: string): CommandFailure {
  return new CommandFailure("NOT_FOUND", { message: `there is no job ${id}`, hint: "It may have been forgotten since: `jobs: keep` says after how long.", ko: { message: `없는 작업입니다: ${id}`, hint: "보관 기간이 지나 지워졌을 수 있습니다. 기간은 `jobs: keep`에 있습니다." } });
}

/** The job was not submitted again. */
export function keyElsewhere(id: string): CommandFailure {
  return new CommandFailure("CONFLICT", { message: `the job ${id} of another agent has this key`, hint: `That agent knows what comes of it: \`dure job wait ${id} --url …\`.`, ko: { message: `같은 키의 작업이 다른 에이전트에 이미 있습니다: ${id}`, hint: `결과는 그 에이전트가 압니다: \`dure job wait ${id} --url …\`` } });
}

export function noRule(name: string, known: readonly string[], problem: RuleProblem | undefined): CommandFailure {
  if (problem !== undefined) {
    const place = problemPlace(problem);
    return new CommandFailure("NOT_FOUND", { message: `there is no rule ${name}: ${place}: ${problem.message}`, hint: "Mend the file, then `dure jobs reload`.", ko: { message: `없는 규칙입니다: ${name}. ${place}: ${problem.message}`, hint: "파일을 고친 뒤 `dure jobs reload`를 실행하세요." } });
  }
  const like = closest(name, known);
  return new CommandFailure("NOT_FOUND", {
    message: `there is no rule ${name}`,
    hint: like === undefined ? "`dure jobs rules` lists them, and the files that could not be loaded." : `Did you mean ${like}?`,
    ko: { message: `없는 규칙입니다: ${name}`, hint: like === undefined ? "`dure jobs rules`로 규칙과 불러오지 못한 파일을 볼 수 있습니다." : `혹시 ${like}입니까?` },
  });
}

export function twoArguments(): CommandFailure {
  return new CommandFailure("INVALID", { message: "a job has one argument", hint: "Give `data` or `dataJson`, not both.", ko: { message: "작업의 인자는 하나입니다", hint: "`data`와 `dataJson` 중 하나만 주세요." } });
}

/** Of an agent that only delivers notices, or does nothing of this at all. */
export function noJobs(): CommandFailure {
  return new CommandFailure("CONFLICT", { message: "this agent runs no jobs", hint: "Write `jobs: ./rules` with the folder of your rules into the config.", ko: { message: "이 에이전트에는 작업 설정이 없습니다", hint: "설정에 규칙 폴더를 `jobs: ./rules`처럼 쓰세요." } });
}

export function noNotifier(name: string, known: readonly string[]): CommandFailure {
  const like = closest(name, known);
  return new CommandFailure("NOT_FOUND", {
    message: `there is no notifier ${name}`,
    hint: like !== undefined ? `Did you mean ${like}?` : known.length === 0 ? "`notifiers:` of the config names whom to tell." : `There are ${known.join(", ")}.`,
    ko: { message: `없는 알림 대상입니다: ${name}`, hint: like !== undefined ? `혹시 ${like}입니까?` : known.length === 0 ? "알릴 곳은 설정의 `notifiers:`에 씁니다." : `있는 것: ${known.join(", ")}` },
  });
}

export function noRules(dir: string): CommandFailure {
  return new CommandFailure("CONFLICT", { message: `no rule could be loaded from ${dir}; those before go on`, hint: "`dure jobs rules` says what is wrong with which file.", ko: { message: `${dir}에서 불러온 규칙이 하나도 없어 이전 규칙을 그대로 씁니다`, hint: "`dure jobs rules`로 어느 파일이 왜 잘못되었는지 볼 수 있습니다." } });
}

export function notStarted(): CommandFailure {
  return new CommandFailure("CONFLICT", { message: "the new workers did not start; those before go on", hint: "The agent's log says why.", ko: { message: "새 워커가 시작되지 않아 이전 워커를 그대로 씁니다", hint: "이유는 에이전트 로그에 있습니다." } });
}

export function badData(why: string, ko: string): CommandFailure {
  return new CommandFailure("INVALID", { message: `data ${why}`, ko: { message: `data: ${ko}` } }, { issues: [{ path: "data", message: why }] });
}

export const onlyAtStart = { message: "queue and operator of `jobs:` are changed at the next start only" };
