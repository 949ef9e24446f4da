// `dure dead-letters`: what no output would take, to look at, to put right, to send again or to drop. A replay runs the output of the letter's pipeline with
// that pipeline's own positions: out.File stays exact. A running agent is asked to do it, for it has them; without one nothing else may run meanwhile.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "#base/lang.ts";
import type { ReplayCounts } from "#capabilities/pipelines/letter-desk.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import { printable } from "#kernel/config/cells.ts";
import type { AgentPlan, PipelinePlan, StepPlan } from "#kernel/config/plan.ts";
import { openDeadLetters } from "#kernel/dead-letters.ts";
import { linesOfBatch } from "#kernel/letter-text.ts";
import type { Letter } from "#kernel/dead-letters.ts";
import { readPidFile, takePidFile } from "#kernel/pid-file.ts";
import { askAgent } from "../ask-agent.ts";
import { consoleLog } from "../agent-log.ts";
import { isElsewhere } from "../ask-agent.ts";
import { isPersonThere, saysYes } from "../ask-person.ts";
import type { Call, Command } from "../command.ts";
import { NOT_LOOKED, planOf } from "../config-file.ts";
import { DEAD_LETTERS_PLUGIN } from "../dead-letters-plugin.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import { filtered, lettersOf, shortIds, wordsOf } from "../letters/choice.ts";
import { editLetter } from "../letters/edit.ts";
import { lockForNow } from "../lock-for-now.ts";
import { chosenPipeline } from "../pipeline-choice.ts";
import { runPlan } from "../run-plan.ts";
import { tableLines } from "../terminal.ts";
import { bytesText } from "#base/quantities.ts";
import { countText } from "../units.ts";

export const deadLetters: Command = async (call) => {
  const { ids, config } = wordsOf(call);
  if (isElsewhere({ globals: { ...call.globals, config: [...call.globals.config, ...(config === undefined ? [] : [config])] } })) return (await import("./dead-letters-elsewhere.ts")).deadLettersElsewhere(call, ids);
  const plan = await planOf(call, config, NOT_LOOKED);
  const pipeline = call.options["task"] === undefined ? undefined : chosenPipeline(plan, call.options["task"]).name;
  const all = await openDeadLetters(folderOf(plan)).list(pipeline);
  const chosen = filtered(ids.length === 0 ? all : lettersOf(all, ids), call);
  switch (call.args[0]) {
    case "show":
      return show(call, plan, oneLetter(chosen, ids));
    case "edit":
      return edit(call, plan, oneLetter(chosen, ids));
    case "remove":
      return remove(call, plan, chosen, ids);
    case "replay":
      return replay(call, plan, chosen);
    default:
      return listLetters(call, chosen, all);
  }
};

function folderOf({ dataDir }: AgentPlan): string {
  return join(dataDir, "dead-letters");
}

/** While letters are sent or changed, nobody else sends or changes them. */
function lockOf(plan: AgentPlan): Disposable {
  return lockForNow(folderOf(plan), { en: "another command works on the dead letters now", ko: "다른 명령이 지금 데드레터를 다루고 있습니다" });
}

export function oneLetter([letter, ...more]: readonly Letter[], ids: readonly string[]): Letter {
  if (ids.length === 1 && letter !== undefined && more.length === 0) return letter;
  throw wrongUse({ en: "which dead letter? Name one id, or `last`", ko: "어느 데드레터인가요? ID 하나 또는 `last`를 쓰세요" }, { en: "see `dure dead-letters list`", ko: "`dure dead-letters list` 참고" });
}

export function listLetters({ globals, terminal, style, answer }: Call, letters: readonly Letter[], all: readonly Letter[]): ExitCode {
  const shorts = shortIds(all);
  const short = ({ id }: Letter): string => shorts.get(id) ?? id;
  if (globals.isJson) {
    answer({ letters: letters.map((letter) => ({ ...letter, shortId: short(letter) })) });
    return exitCode.done;
  }
  if (letters.length === 0) {
    terminal.talk(all.length === 0 ? say({ en: "no dead letters", ko: "데드레터가 없습니다" }) : say({ en: `none of ${countText(all.length)} dead letters fits`, ko: `데드레터 ${countText(all.length)}건 중 조건에 맞는 것이 없습니다` }));
    return exitCode.done;
  }
  const head = ["ID", say({ en: "WHEN", ko: "시각" }), say({ en: "PIPELINE", ko: "파이프라인" }), say({ en: "STEP", ko: "단계" }), say({ en: "RECORDS", ko: "레코드" }), say({ en: "SIZE", ko: "크기" }), say({ en: "REASON", ko: "이유" })];
  const rows = letters.map((letter) => {
    const { at, pipeline, step, rows, bytes, reason, isDamaged, id } = letter;
    return [short(letter), at, pipeline, step, countText(rows), bytesText(bytes), isDamaged ? `${style.mark.bad} ${say({ en: "damaged", ko: "손상됨" })}: ${id}` : reason];
  });
  terminal.print(tableLines([head, ...rows], [4, 5]).join("\n"));
  const records = letters.reduce((sum, { rows }) => sum + rows, 0);
  terminal.talk(say({ en: `records: ${countText(records)}, dead letters: ${countText(letters.length)}; send them again: dure dead-letters replay`, ko: `레코드 ${countText(records)}개, 데드레터 ${countText(letters.length)}건; 다시 보내기: dure dead-letters replay` }));
  return exitCode.done;
}

async function show({ globals, terminal, answer }: Call, plan: AgentPlan, letter: Letter): Promise<ExitCode> {
  const batch = await openDeadLetters(folderOf(plan)).read(letter.id, poolOf(plan));
  const lines = linesOfBatch(batch);
  batch.release();
  if (globals.isJson) answer({ letter }, { records: `[${lines.join(",")}]` });
  else {
    terminal.print(lines.join("\n"));
    terminal.talk(`${letter.at} ${letter.pipeline} ${letter.step}: ${letter.reason}`);
  }
  return exitCode.done;
}

async function edit(call: Call, plan: AgentPlan, letter: Letter): Promise<ExitCode> {
  return editLetter(call, letter, { kept: openDeadLetters(folderOf(plan)), pool: poolOf(plan), lock: () => lockOf(plan) });
}

async function remove(call: Call, plan: AgentPlan, letters: readonly Letter[], ids: readonly string[]): Promise<ExitCode> {
  if (!(await agreedToRemove(call, letters, ids))) return exitCode.failed;
  if (0 < letters.length) {
    using _ = lockOf(plan);
    const kept = openDeadLetters(folderOf(plan));
    for (const { id } of letters) await kept.remove(id);
  }
  return tellRemoved(call, letters);
}

/** Whoever is there is asked; nobody is told that nothing happened. */
export async function agreedToRemove({ options, globals, terminal, answer }: Call, letters: readonly Letter[], ids: readonly string[]): Promise<boolean> {
  if ((ids.length === 0) !== (options["all"] === true)) throw wrongUse({ en: "which dead letters? Name ids, or say --all, with --older or --reason for some of them", ko: "어느 데드레터인가요? ID를 쓰거나 --all을 쓰세요. 일부만이면 --older나 --reason과 함께" }, { en: "see `dure dead-letters list`", ko: "`dure dead-letters list` 참고" });
  if (letters.length === 0 || options["yes"] === true) return true;
  const what = amountText(letters);
  if (!isPersonThere()) throw wrongUse({ en: `nobody is at the terminal to be asked (${what}): say --yes`, ko: `물어볼 터미널이 없습니다 (${what}). --yes를 쓰세요` });
  if (await saysYes(say({ en: `${what}. They will be gone for good. Remove? [y/N] `, ko: `${what}. 되돌릴 수 없습니다. 지울까요? [y/N] ` }))) return true;
  if (globals.isJson) answer({ removed: 0, records: 0 });
  else terminal.talk(say({ en: "nothing was removed", ko: "아무것도 지우지 않았습니다" }));
  return false;
}

export function tellRemoved({ globals, terminal, answer }: Call, letters: readonly Letter[]): ExitCode {
  if (globals.isJson) answer({ removed: letters.length, records: recordsIn(letters) });
  else terminal.talk(say({ en: `removed: ${amountText(letters)}`, ko: `지움: ${amountText(letters)}` }));
  return exitCode.done;
}

function amountText(letters: readonly Letter[]): string {
  return say({ en: `records: ${countText(recordsIn(letters))}, dead letters: ${countText(letters.length)}`, ko: `레코드 ${countText(recordsIn(letters))}개, 데드레터 ${countText(letters.length)}건` });
}

function recordsIn(letters: readonly Letter[]): number {
  return letters.reduce((sum, { rows }) => sum + rows, 0);
}

/** A letter is read whole: as much memory as the agent that wrote it could have. */
function poolOf({ memoryBytesMax }: AgentPlan): ChunkPool {
  return new ChunkMemory({ bytesMax: memoryBytesMax }).pool();
}

async function replay(call: Call, plan: AgentPlan, letters: readonly Letter[]): Promise<ExitCode> {
  if (readPidFile(plan.pidFile).state === "running") return replayThere(call, letters);
  const { globals, terminal } = call;
  const pidFile = takePidFile(plan.pidFile);
  using held = new DisposableStack();
  held.defer(() => pidFile.release());
  held.use(lockOf(plan));
  const log = consoleLog(call, plan, "warn");
  try {
    const whole = letters.filter(({ isDamaged }) => !isDamaged);
    const known = plan.pipelines.filter(({ name }) => whole.some(({ pipeline }) => pipeline === name));
    const orphans = whole.filter(({ pipeline }) => !known.some(({ name }) => name === pipeline));
    for (const name of new Set(orphans.map(({ pipeline }) => pipeline))) terminal.talk(say({ en: `no pipeline is called ${name} any more: its letters stay`, ko: `${name} 파이프라인이 이제 없어 그 레코드는 그대로 둡니다` }));
    let [written, back, left] = [0, 0, orphans.length];
    let code: ExitCode = exitCode.done;
    const plugin = fileURLToPath(new URL("../dead-letters-plugin.ts", import.meta.url));
    for (const pipelines of rounds(plan, known, whole)) {
      const end = await runPlan({ ...plan, pipelines, pluginFiles: [...plan.pluginFiles, plugin] }, { call, log, mode: "test", isInline: true, pidFile: plan.pidFile });
      back += end.summary.pipelines.reduce((sum, { stats }) => sum + stats.deadLetters, 0);
      code = end.exitCode;
      if (code !== exitCode.done) break;
    }
    if (0 < known.length) {
      const now = await openDeadLetters(folderOf(plan)).list();
      left = whole.filter(({ id }) => now.some((letter) => letter.id === id)).length;
      written = whole.length - left - back;
    }
    tell(call, { replayed: written, refusedAgain: back, left, damaged: letters.length - whole.length });
    if (0 < back && !globals.isJson) terminal.talk(WHY());
    return code === exitCode.done && back > 0 ? exitCode.failed : code;
  } finally {
    log.close();
  }
}

/** The running agent has the outputs open, and their positions. */
export async function replayThere(call: Call, letters: readonly Letter[]): Promise<ExitCode> {
  const { globals, terminal } = call;
  const sum = { replayed: 0, refusedAgain: 0, left: 0, damaged: 0 };
  const problems = new Set<string>();
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  process.once("SIGINT", leave).once("SIGTERM", leave);
  try {
    for (let first = 0; first < letters.length; first += IDS_AT_ONCE) {
      const ids = letters.slice(first, first + IDS_AT_ONCE).map(({ id }) => id);
      const counts = await askAgent(call, "dead-letters.replay", { ids }, { signal: leaving.signal });
      for (const key of ["replayed", "refusedAgain", "left", "damaged"] as const) sum[key] += counts[key];
      for (const { message, ko = message } of counts.problems) problems.add(say({ en: message, ko }));
    }
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    terminal.talk(say({ en: "no longer waited for: what was not sent stays among the dead letters", ko: "더 기다리지 않습니다. 보내지 않은 것은 데드레터에 남아 있습니다" }));
    return exitCode.interrupted;
  } finally {
    process.off("SIGINT", leave).off("SIGTERM", leave);
  }
  tell(call, sum);
  if (!globals.isJson) for (const problem of problems) terminal.talk(printable(problem));
  if (0 < sum.refusedAgain && !globals.isJson) terminal.talk(WHY());
  return problems.size === 0 ? exitCode.done : exitCode.failed;
}

const IDS_AT_ONCE = 1000;
const WHY = (): string => say({ en: "why: `dure dead-letters`; records can be put right with `dure dead-letters edit ID`", ko: "이유는 `dure dead-letters`, 레코드를 고치려면 `dure dead-letters edit ID`" });

function tell({ globals, terminal, answer }: Call, counts: Omit<ReplayCounts, "problems">): void {
  const { replayed, refusedAgain, left } = counts;
  if (globals.isJson) answer(counts);
  else terminal.talk(say({ en: `dead letters: ${countText(replayed)} sent, ${countText(refusedAgain)} refused again, ${countText(left)} left as they were`, ko: `데드레터 ${countText(replayed)}건 보냄, ${countText(refusedAgain)}건 다시 거부됨, ${countText(left)}건 그대로 둠` }));
}

/** A pipeline's letters go to the output that would not take them: one output of each pipeline in a round. */
function rounds(plan: AgentPlan, known: readonly PipelinePlan[], letters: readonly Letter[]): PipelinePlan[][] {
  const all: PipelinePlan[][] = [];
  for (const pipeline of known) {
    const own = letters.filter((letter) => letter.pipeline === pipeline.name);
    const byOutput = Map.groupBy(own, ({ step }) => outputOf(pipeline.steps, step) ?? pipeline.steps.findLast(({ type }) => type !== "sleep"));
    [...byOutput].forEach(([output, some], round) => (all[round] ??= []).push(replayPlan(plan, pipeline, output, some)));
  }
  return all;
}

/** The output at the place that a letter names as `3.1.2:out.File`, as it is now; undefined when the config has changed and none stands there. */
function outputOf(steps: readonly StepPlan[], name: string): StepPlan | undefined {
  const [id] = name.split(":");
  for (const step of steps) {
    if (step.id === id && (step.type === "failover" || (step.type === "plugin" && step.plugin.startsWith("out.")))) return step;
    const inside = step.type === "route" ? step.branches.flatMap((branch) => outputOf(branch.steps, name) ?? []) : [];
    if (inside[0] !== undefined) return inside[0];
  }
  return undefined;
}

function replayPlan(plan: AgentPlan, pipeline: PipelinePlan, output: StepPlan | undefined, letters: readonly Letter[]): PipelinePlan {
  const options = { dir: folderOf(plan), letters: letters.map(({ id, bytes }) => ({ id, bytes })) };
  return { ...pipeline, steps: [{ type: "plugin", id: "0", plugin: DEAD_LETTERS_PLUGIN, options, place: pipeline.place }, ...(output === undefined ? [] : [output])] };
}
