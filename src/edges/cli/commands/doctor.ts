// `dure doctor`: looks at this machine, the config, what the agent keeps and the agent itself, and says for each thing that is not well what to do.
import { writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { say } from "#base/lang.ts";
import { examineAll } from "#capabilities/doctor/doctor.ts";
import type { Finding, Outcome, Patient } from "#capabilities/doctor/check.ts";
import { bundleName } from "#kernel/bundle-name.ts";
import { checkConfig } from "#kernel/config/check.ts";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import { agentOf, isElsewhere } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { openRegistry } from "../config-file.ts";
import { configFileOf } from "../config-path.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import { version } from "../version-line.ts";

export const doctor: Command = async (call) => {
  const { globals, terminal, answer, options } = call;
  const { findings, bundleNow } = isElsewhere(call) ? await examinedElsewhere(call) : await examinedHere(call);
  const isGood = !findings.some(({ outcome }) => outcome === "problem");
  const wished = options["bundle"];
  const bundle = typeof wished === "string" ? saved(wished, await bundleNow()) : undefined;
  if (globals.isJson) answer({ isGood, findings: findings.map(asFacts), ...(bundle === undefined ? {} : { bundle }) });
  else {
    terminal.print(linesOf(call, findings).join("\n"));
    if (bundle !== undefined) terminal.talk(say({ en: `bundle for a bug report: ${bundle} (secrets are taken out; have a look before you send it)`, ko: `오류 보고용 묶음: ${bundle} (비밀 값은 지웠지만 보내기 전에 확인하세요)` }));
  }
  return isGood ? exitCode.done : exitCode.testFailed;
};

/** Where the bundle is now. Under a name that nobody chose it is written over nothing: the next second's name is free. */
function saved(wished: string, bytes: Uint8Array): string {
  if (wished !== "") {
    writeFileSync(wished, bytes, { mode: 0o600 });
    return resolve(wished);
  }
  for (let atMs = Date.now(); ; atMs += 1000) {
    const file = resolve(bundleName(atMs));
    try {
      writeFileSync(file, bytes, { flag: "wx", mode: 0o600 });
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

interface Examined {
  readonly findings: readonly Finding[];
  bundleNow(): Promise<Uint8Array>;
}

async function examinedHere(call: Call): Promise<Examined> {
  const patient = await patientOf(call);
  const findings = await examineAll(patient);
  return { findings, bundleNow: async () => (await import("#capabilities/doctor/bundle.ts")).bundleOf(patient, findings, openRegistry()) };
}

/** The agent looks at its own machine. */
async function examinedElsewhere(call: Call): Promise<Examined> {
  if (call.args[0] !== undefined) throw wrongUse({ en: `either ${call.args[0]} here or an agent elsewhere`, ko: `이 컴퓨터의 ${call.args[0]} 파일과 다른 곳의 에이전트 중 하나만 지정하세요` });
  const ask = await agentOf(call);
  const { findings } = await ask("agent.doctor");
  return { findings, bundleNow: async () => Buffer.from((await ask("agent.bundle")).base64, "base64") };
}

async function patientOf(call: Call): Promise<Patient> {
  const configFile = configFileOf(call, call.args[0]);
  const { problems, plan } = await checkConfig({ file: configFile, registry: openRegistry(), levels: ["syntax", "schema", "topology", "environment", "lint"] });
  // What this machine lacks keeps no config from being a plan.
  const planned = plan ?? (await checkConfig({ file: configFile, registry: openRegistry() })).plan;
  const dataDir = planned?.dataDir ?? join(dirname(resolve(configFile)), ".dure");
  const pidFile = planned?.pidFile ?? join(dataDir, "dure.pid");
  return { configFile, problems, plan: planned, dataDir, pidFile, version: version(), env: process.env, platform: process.platform, ask: (command) => callControl(controlAddress(pidFile), command) };
}

function asFacts({ id, outcome, text, fix }: Finding): object {
  return { id, outcome, message: say(text), ...(fix === undefined ? {} : { fix: say(fix) }), text, ...(fix === undefined ? {} : { fixes: fix }) };
}

function linesOf({ style, globals }: Call, findings: readonly Finding[]): string[] {
  const marks: Readonly<Record<Outcome, string>> = { ok: style.mark.ok, hint: style.mark.warn, problem: style.mark.bad, skipped: style.mark.skip };
  const shown = findings.filter(({ outcome }) => outcome !== "skipped" || globals.verbosity > 0);
  const lines = shown.flatMap(({ id, outcome, text, fix }) => [`${marks[outcome]} ${say(text)}  ${style.dim(id)}`, ...(fix === undefined ? [] : [`    ${say({ en: "fix", ko: "해결" })}: ${say(fix)}`])]);
  const count = (wanted: Outcome): number => findings.filter(({ outcome }) => outcome === wanted).length;
  const [problems, hints, good, skipped] = [count("problem"), count("hint"), count("ok"), count("skipped")];
  return [...lines, "", say({ en: `problems: ${problems}, hints: ${hints}, good: ${good}, not asked: ${skipped}`, ko: `문제 ${problems}개, 조언 ${hints}개, 정상 ${good}개, 확인하지 않음 ${skipped}개` })];
}
