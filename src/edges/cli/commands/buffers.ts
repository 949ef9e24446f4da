// `dure buffers`: what waits in the disk buffers of a config, whether it is whole, and damage set aside by hand. Only `repair` changes
// anything, and not beside a running agent.
import { UsageError } from "#base/errors.ts";
import { say } from "#base/lang.ts";
import { keptBuffers, lookAt } from "#capabilities/pipelines/buffer-files.ts";
import type { KeptBuffer as Kept, LookedBuffer as Looked } from "#capabilities/pipelines/buffer-files.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { readPidFile, takePidFile } from "#kernel/pid-file.ts";
import type { BufferDamage, BufferRepair } from "#sdk/plugin.ts";
import { askAgent, isElsewhere } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { NOT_LOOKED, openRegistry, planOf } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { CliFailure, wrongUse } from "../failure.ts";
import { chosenPipeline } from "../pipeline-choice.ts";
import { tableLines } from "../terminal.ts";
import { bytesText } from "#base/quantities.ts";
import { countText, secondsText } from "../units.ts";


export const buffers: Command = async (call) => {
  if (isElsewhere({ globals: { ...call.globals, config: [...call.globals.config, ...call.args.slice(1)] } })) return elsewhere(call);
  const plan = await planOf(call, call.args[1], NOT_LOOKED);
  const registry = openRegistry();
  await registry.addFiles(plan.pluginFiles);
  const kept = await keptBuffers({ ...plan, pipelines: call.options["task"] === undefined ? plan.pipelines : [chosenPipeline(plan, call.options["task"])] }, (name) => registry.load(name));
  if (call.args[0] === "repair") return repair(call, plan, kept);
  const isInUse = readPidFile(plan.pidFile).state === "running";
  const isDeep = call.args[0] === "verify";
  const looks = await lookAt(kept, { isDeep, isInUse });
  if (isDeep) return verify(call, looks, isInUse);
  return list(call, looks, isInUse);
};

async function elsewhere(call: Call): Promise<ExitCode> {
  const { args: [action], options } = call;
  if (action === "repair") throw wrongUse({ en: "a buffer is repaired on the agent's own machine, while it is stopped", ko: "버퍼는 에이전트를 멈추고 그 컴퓨터에서 고칩니다" });
  const isDeep = action === "verify";
  const { buffers: all } = await askAgent(call, isDeep ? "buffers.verify" : "buffers.list");
  const looks = all.filter(({ pipeline }) => options["task"] === undefined || pipeline === options["task"]);
  return isDeep ? verify(call, looks, true) : list(call, looks, true);
}

function list({ globals, terminal, style, answer }: Call, looks: readonly Looked[], isInUse: boolean): ExitCode {
  if (globals.isJson) {
    answer({ isInUse, buffers: looks });
    return exitCode.done;
  }
  if (looks.length === 0) {
    terminal.talk(say({ en: "no pipeline has a disk buffer", ko: "디스크 버퍼가 있는 파이프라인이 없습니다" }));
    return exitCode.done;
  }
  const head = [say({ en: "PIPELINE", ko: "파이프라인" }), say({ en: "STEP", ko: "단계" }), say({ en: "RECORDS", ko: "레코드" }), say({ en: "SIZE", ko: "크기" }), say({ en: "OLDEST", ko: "가장 오래된 것" }), say({ en: "QUARANTINE", ko: "격리" }), say({ en: "FOLDER", ko: "폴더" })];
  const rows = looks.map(({ pipeline, step, records, bytes, oldestMs, quarantine, damage, dir }) => [
    pipeline,
    step,
    countText(records),
    bytesText(bytes),
    oldestMs === undefined ? "-" : secondsText(Math.max(0, Date.now() - oldestMs) / 1000),
    bytesText(quarantine.bytes),
    damage.some(({ isUnfinished }) => !isUnfinished) ? `${dir}  ${style.mark.bad} ${say({ en: "damaged: dure buffers verify", ko: "손상됨: dure buffers verify" })}` : dir,
  ]);
  terminal.print(tableLines([head, ...rows], [2, 3, 4, 5]).join("\n"));
  return exitCode.done;
}

function verify({ globals, terminal, style, answer }: Call, looks: readonly Looked[], isInUse: boolean): ExitCode {
  const bad = looks.flatMap(({ damage }) => damage.filter(({ isUnfinished }) => !isUnfinished));
  const code = bad.length === 0 ? exitCode.done : exitCode.testFailed;
  if (globals.isJson) {
    answer({ isInUse, buffers: looks });
    return code;
  }
  for (const { pipeline, step, batches, records, damage } of looks) {
    for (const one of damage) terminal.print(`${one.isUnfinished ? style.mark.warn : style.mark.bad} ${pipeline} ${step} ${damageText(one)}`);
    if (damage.length === 0) terminal.print(`${style.mark.ok} ${pipeline} ${step} ${say({ en: `records: ${countText(records)}, batches: ${countText(batches)}`, ko: `레코드 ${countText(records)}개, 묶음 ${countText(batches)}개` })}`);
  }
  if (isInUse) terminal.talk(say({ en: "an agent is running: what it is writing now was left out", ko: "에이전트가 실행 중이라 지금 쓰고 있는 부분은 빼고 확인했습니다" }));
  if (0 < bad.length) terminal.talk(say({ en: `damaged places: ${bad.length}. The agent goes on behind them by itself; by hand, while it is stopped: dure buffers repair`, ko: `손상된 곳 ${bad.length}군데. 에이전트는 스스로 건너뛰고 계속합니다. 멈춘 동안 직접 하려면: dure buffers repair` }));
  return code;
}

async function repair({ globals, terminal, style, answer }: Call, plan: AgentPlan, kept: readonly Kept[]): Promise<ExitCode> {
  const pidFile = takePidFile(plan.pidFile);
  try {
    const repairs: (BufferRepair & Pick<Kept, "pipeline" | "step">)[] = [];
    for (const { pipeline, step, files, context } of kept) for (const one of await files.repair(context).catch(inUseElsewhere)) repairs.push({ pipeline, step, ...one });
    if (globals.isJson) answer({ repairs });
    else {
      for (const { pipeline, step, damage, kept: copy, problem } of repairs) {
        const [mark, end] = problem !== undefined ? [style.mark.bad, say({ en: `left as it is: ${problem}`, ko: `그대로 둠: ${problem}` })] : damage.isUnfinished ? [style.mark.warn, ""] : [style.mark.ok, say({ en: `set aside: ${copy}`, ko: `격리함: ${copy}` })];
        terminal.print(`${mark} ${pipeline} ${step} ${damageText(damage)} ${end}`.trimEnd());
      }
      const count = repairs.filter(({ kept: copy }) => copy !== undefined).length;
      terminal.talk(count === 0 ? say({ en: "nothing was set aside", ko: "격리한 것이 없습니다" }) : say({ en: `damaged places set aside: ${count}`, ko: `손상된 곳 ${count}군데 격리함` }));
    }
    return repairs.some(({ problem }) => problem !== undefined) ? exitCode.failed : exitCode.done;
  } finally {
    pidFile.release();
  }
}

function inUseElsewhere(error: unknown): never {
  if (!(error instanceof UsageError)) throw error;
  throw new CliFailure(exitCode.temporary, { en: error.message, ko: `다른 에이전트가 버퍼를 쓰고 있습니다: ${error.message}` }, { en: "stop that agent first", ko: "먼저 그 에이전트를 끝내세요" });
}

function damageText({ file, offset, bytes, what, isUnfinished }: BufferDamage): string {
  const place = say({ en: `${file} offset ${offset}, ${countText(bytes)} bytes:`, ko: `${file} 오프셋 ${offset}, ${countText(bytes)}바이트:` });
  if (isUnfinished) return `${place} ${say({ en: "unfinished at a kill; the next start leaves it out and its source sends it again", ko: "강제 종료로 끝맺지 못함. 다음 시작 때 빼고 입력이 다시 보냅니다" })}`;
  const whats = { head: { en: "the batch's head is damaged", ko: "묶음의 머리가 손상됨" }, payload: { en: "the batch's checksum is wrong", ko: "묶음의 체크섬이 다름" }, "cut off": { en: "the batch is cut off", ko: "묶음이 잘림" } };
  return `${place} ${say(whats[what])}`;
}
