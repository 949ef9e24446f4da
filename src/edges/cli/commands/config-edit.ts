// `dure config edit`: the config of a running agent, here or elsewhere, in the person's editor. What comes back is checked and compared, and applied
// after a yes; while anything is wrong it goes back into the editor. Secrets are placeholders that stay where they are.
import { basename } from "node:path";
import { lang, say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { isError } from "#kernel/config/problem.ts";
import type { Problem } from "#kernel/config/problem.ts";
import type { ResultOf } from "../../all-commands.ts";
import { agentOf } from "../ask-agent.ts";
import type { Ask } from "../ask-agent.ts";
import { choiceOf, isPersonThere } from "../ask-person.ts";
import type { Call, Command } from "../command.ts";
import { problemThere } from "../config-elsewhere.ts";
import { configFailure, showProblems } from "../config-file.ts";
import { configText } from "../config-text.ts";
import { diffLines } from "../derived/diff-lines.ts";
import { differenceLines } from "../difference-lines.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { AgentRefusal, CliFailure, explained, wrongUse } from "../failure.ts";
import { openDraft } from "../in-editor.ts";
import type { Draft } from "../in-editor.ts";
import { withNotes, withProblems, withoutNotes } from "../problem-notes.ts";

type Shown = ResultOf<"config.show">;
type Planned = ResultOf<"config.plan">;
type Applied = ResultOf<"config.apply">;

const NOT_APPLIED: Text = { en: "nothing was applied: the config has errors, and the one before runs on", ko: "설정에 오류가 있어 적용하지 않았습니다. 이전 설정이 계속 실행됩니다" };

export const configEdit: Command = async (call) => {
  const { from, yes } = call.options;
  if (typeof from === "string" && yes !== true && !isPersonThere()) throw wrongUse({ en: "nobody is at the terminal to be asked: say --yes", ko: "물어볼 터미널이 없습니다. --yes를 쓰세요" });
  const ask = await agentOf(call);
  const shown = await ask("config.show");
  return typeof from === "string" ? fromFile(call, ask, shown, from) : fromEditor(call, ask, shown);
};

async function fromFile(call: Call, ask: Ask, shown: Shown, file: string): Promise<ExitCode> {
  const text = withoutNotes(configText(file).replace(/^\uFEFF/, ""));
  if (text === shown.text) return unchanged(call, shown);
  const { planned, problems } = await planOf(ask, shown, text);
  showProblems(call, { problems, sources: new Map([[shown.file, text]]) });
  if (problems.some(isError)) throw configFailure({ problems }, NOT_APPLIED);
  tellPlan(call, planned);
  if (call.options["yes"] !== true && (await choiceOf(say({ en: "Apply? [y/N] ", ko: "적용할까요? [y/N] " }))) !== "y") return notApplied(call, shown, undefined);
  return told(call, shown, await apply(call, ask, shown, text));
}

async function fromEditor(call: Call, ask: Ask, shown: Shown): Promise<ExitCode> {
  const draft = await openDraft({ name: basename(shown.file).replaceAll(/[^\w.-]/g, "_"), kept, without: { en: "dure config show --json has the text to begin with", ko: "dure config show --json에 바탕이 될 본문이 있습니다" } });
  let opened = shown.text;
  for (;;) {
    const text = withoutNotes((await draft.edit(opened)).toString("utf8"));
    if (text === shown.text) {
      await draft.remove();
      return unchanged(call, shown);
    }
    const { planned, problems } = await planOf(ask, shown, text);
    showProblems(call, { problems, sources: new Map([[shown.file, text]]) });
    const isWrong = problems.some(isError);
    if (!isWrong) tellPlan(call, planned);
    const choice = isWrong ? await again() : call.options["yes"] === true ? "y" : await choiceOf(say({ en: "Apply? [y]es, [e]dit again, [N]o: ", ko: "적용할까요? [y] 적용, [e] 다시 편집, [N] 취소: " }));
    if (choice === "y") {
      const applied = await apply(call, ask, shown, text).catch((error: unknown) => takenBack(error, draft));
      if (!(applied instanceof AgentRefusal)) {
        await draft.remove();
        return told(call, shown, applied);
      }
      const { message, hint } = explained(applied);
      call.terminal.talk(`${call.style.mark.bad} ${message}`);
      if ((await again()) !== "e") throw new CliFailure(applied.exitCode, applied.text, kept(draft.file));
      opened = withNotes(text, [message, ...(hint === undefined ? [] : [hint])]);
    } else if (choice === "e") opened = isWrong ? withProblems(text, problems, shown.file) : text;
    else if (isWrong) throw new CliFailure(exitCode.configInvalid, NOT_APPLIED, kept(draft.file));
    else return notApplied(call, shown, draft);
  }
}

/** What is not a yes to that is a no. */
async function again(): Promise<string> {
  return (await choiceOf(say({ en: "Edit again? [Y/n] ", ko: "다시 편집할까요? [Y/n] " }), "y")) === "y" ? "e" : "n";
}

async function planOf(ask: Ask, { file }: Shown, text: string): Promise<{ readonly planned: Planned; readonly problems: readonly Problem[] }> {
  const planned = await ask("config.plan", { text });
  return { planned, problems: planned.problems.map((problem) => problemThere(problem, file, file)) };
}

function apply({ options }: Call, ask: Ask, { hash }: Shown, text: string): Promise<Applied> {
  const note = options["note"];
  return ask("config.apply", { text, base: hash, ...(typeof note === "string" ? { note } : {}) });
}

/** What a change of the text can put right goes back into the editor; what cannot be, ends with the edit kept. */
function takenBack(error: unknown, draft: Draft): AgentRefusal {
  if (!(error instanceof AgentRefusal)) throw error;
  const { code, details } = error.facts;
  const isConflict = (details as { readonly reason?: unknown } | undefined)?.reason === "changed";
  if (code === "CONFIG_INVALID" || (code === "CONFLICT" && !isConflict)) return error;
  throw new CliFailure(error.exitCode, error.text, kept(draft.file));
}

function tellPlan({ terminal, style }: Call, { diff, difference }: Planned): void {
  terminal.talk(diffLines(diff, style).join("\n"));
  if (difference !== undefined) terminal.talk(differenceLines(difference, style).join("\n"));
}

function unchanged({ globals, terminal, answer }: Call, { file, hash }: Shown): ExitCode {
  if (globals.isJson) answer({ file, hash, isChanged: false });
  else terminal.talk(say({ en: "nothing was changed", ko: "바뀐 것이 없습니다" }));
  return exitCode.done;
}

function notApplied({ globals, terminal, answer }: Call, { file, hash }: Shown, draft: Draft | undefined): ExitCode {
  if (globals.isJson) answer({ file, hash, isChanged: false });
  else terminal.talk([say({ en: "nothing was applied", ko: "적용하지 않았습니다" }), ...(draft === undefined ? [] : [kept(draft.file)[lang()]])].join("; "));
  return exitCode.failed;
}

function told({ globals, terminal, style, answer }: Call, { file }: Shown, { revision, hash, reloaded }: Applied): ExitCode {
  if (globals.isJson) answer({ file, hash, isChanged: true, revision, reloaded });
  else terminal.talk(`${style.mark.ok} ${say({ en: `applied as revision ${revision}; what it was: dure config history, dure config revert`, ko: `리비전 ${revision} 적용됨. 이전으로 되돌리기: dure config history, dure config revert` })}`);
  return exitCode.done;
}

function kept(file: string): Text {
  return { en: `your edit is kept in ${file}; again with: dure config edit --from ${file}`, ko: `편집한 내용은 ${file} 에 있습니다. 다시: dure config edit --from ${file}` };
}
