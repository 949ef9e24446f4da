// What the sections of processes say of one another: names that lead nowhere, processes that wait for what never comes, files that two would write.
import { circlesOf } from "./circles.ts";
import { checkFlows } from "./flow-links.ts";
import { particle } from "./korean.ts";
import type { Problems } from "./problem.ts";
import type { ProcessesPlan, ProcessPlan } from "./process-plan.ts";
import { reportUnknown, wordsAt } from "./process-words.ts";
import type { Word } from "./process-words.ts";
import type { ProcessEntry, ReadProcesses } from "./read-processes.ts";
import { checkSchedules } from "./schedule-links.ts";
import { locate, spanOf } from "./tree.ts";

/** `others`: where pipelines name processes. */
export function checkProcessLinks(read: ReadProcesses, plan: ProcessesPlan, others: readonly Word[], problems: Problems): void {
  const names = read.processes.map(({ name }) => name);
  const groups = read.groups.map(({ name }) => name);
  const isKnown = (word: Word): boolean => {
    if (names.includes(word.name)) return true;
    reportUnknown(word, names, groups, problems);
    return false;
  };
  const plans = new Map(plan.processes.map((process) => [process.name, process]));
  checkDependencies(read.processes, plans, isKnown, problems);
  checkFlows(read, plan, isKnown, problems);
  for (const group of read.groups) for (const word of wordsAt(group.node, "processes", group.nameSpan)) isKnown(word);
  checkSchedules(read.schedules, isKnown, problems);
  for (const word of others) isKnown(word);
  checkGroupNames(read, problems);
  checkOutputFiles(read.processes, plans, problems);
}

/** `act NAME` means a process or a group. */
function checkGroupNames({ processes, groups }: ReadProcesses, problems: Problems): void {
  for (const { name, nameSpan } of groups) {
    const other = processes.find((process) => process.name.toLowerCase() === name.toLowerCase());
    if (other === undefined) continue;
    const { line } = problems.source.place(other.nameSpan.start);
    problems.add("DURE112", nameSpan, { text: { en: `a process is called '${name}', on line ${line}; a group needs another name`, ko: `${line}행의 프로세스 '${name}'${particle(name, "와/과")} 이름이 같습니다. 그룹에는 다른 이름을 쓰세요` } });
  }
}

// --- depends_on -----------------------------------------------------------------------------------------------------------

function checkDependencies(entries: readonly ProcessEntry[], plans: ReadonlyMap<string, ProcessPlan>, isKnown: (word: Word) => boolean, problems: Problems): void {
  const words = new Map(entries.map((entry) => [entry.name, wordsAt(entry.node, "depends_on", entry.nameSpan).filter(isKnown)]));
  for (const { name } of entries) {
    for (const { process, until } of plans.get(name)?.dependsOn ?? []) {
      const span = words.get(name)?.find((word) => word.name === process)?.span;
      const on = plans.get(process);
      if (span === undefined || on === undefined) continue;
      if (until === "done" && on.restart.when === "always") {
        problems.add("DURE332", span, {
          text: { en: `'${process}' is started again whenever it ends, so it is never done`, ko: `'${process}'${particle(process, "은/는")} 끝날 때마다 다시 시작하므로 \`done\`이 되지 않습니다` },
          help: { en: `write \`restart: on-failure\` or \`restart: never\` at '${process}'`, ko: `'${process}'에 \`restart: on-failure\`나 \`restart: never\`를 쓰세요` },
        });
      }
      if (until === "healthy" && on.health === undefined) {
        problems.add("DURE332", span, {
          text: { en: `'${process}' has no \`health\`, so nobody learns that it is healthy`, ko: `'${process}'에 \`health\`가 없어 정상인지 알 수 없습니다` },
          help: { en: `write \`health:\` at '${process}', or wait for \`started\``, ko: `'${process}'에 \`health:\`를 쓰거나 \`started\`를 기다리세요` },
        });
      }
    }
  }
  for (const circle of circlesOf(words)) {
    const way = [...circle.map(({ from }) => from), circle[0]?.from ?? ""].join(" → ");
    problems.add("DURE331", circle.at(-1)?.word.span ?? { start: 0, end: 1 }, { text: { en: `each waits for the other: ${way}`, ko: `서로를 기다립니다: ${way}` }, help: { en: "take one of them out of `depends_on`", ko: "`depends_on`에서 하나를 빼세요" } });
  }
}

// --- output files ---------------------------------------------------------------------------------------------------------

function checkOutputFiles(entries: readonly ProcessEntry[], plans: ReadonlyMap<string, ProcessPlan>, problems: Problems): void {
  const writers = new Map<string, string>();
  for (const { name, node, nameSpan } of entries) {
    const plan = plans.get(name);
    const file = plan?.output.file;
    if (plan === undefined || file === undefined) continue;
    const span = spanOf(locate(node, ["output", "file"], nameSpan).value ?? node, nameSpan);
    const other = writers.get(file);
    if (other !== undefined) problems.add("DURE336", span, { text: { en: `'${other}' writes the same file`, ko: `'${other}'${particle(other, "이/가")} 같은 파일에 씁니다` }, help: { en: "give each a file of its own", ko: "파일을 따로 쓰세요" } });
    else if (1 < plan.instances) problems.add("DURE336", span, { text: { en: `${plan.instances} instances of '${name}' would write one file`, ko: `'${name}'의 인스턴스 ${plan.instances}개가 한 파일에 쓰게 됩니다` }, help: { en: "leave out `instances`, or have the program write files of its own", ko: "`instances`를 빼거나 프로그램이 파일을 따로 쓰게 하세요" } });
    writers.set(file, name);
  }
}
