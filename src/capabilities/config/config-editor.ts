// The config as something one edits: shown without its secrets, checked, applied with a note, taken back. The file is the truth; no path comes
// from who asks.
import type { Lang, Text } from "#base/lang.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { ConfigEdit } from "#kernel/config/config-change.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { PlanDifference, Reloaded } from "#kernel/config/plan-difference.ts";
import type { Problem } from "#kernel/config/problem.ts";
import type { EventHub } from "#kernel/events/event-hub.ts";
import { invalidConfig } from "./config.ts";
import type { ConfigFact, RunningConfig } from "./config.ts";
import { isStill, readConfigFile, replaceConfigFile } from "./config-file.ts";
import type { AnswerTo, ChangeAnswer, CheckAnswer, Draft, FormatAnswer, Kept, Question } from "./config-questions.ts";
import { diffText } from "./line-diff.ts";
import type { LineDiff } from "./line-diff.ts";
import type { Revision, RevisionBook } from "./revisions.ts";

/** Of the file or of what runs, or a revision by its number. */
export type Version = number | "file" | "running";

export interface Applied {
  readonly hash: string;
  readonly revision: number;
  readonly reloaded: Reloaded;
  /** As `diff -u` writes it. */
  readonly diff: string;
}

export interface Wanted {
  readonly text: string;
  /** The hash of the text that it was made from. */
  readonly base: string;
  readonly note: string;
}

/** What the agent is to go over to, and what stands in the file until then. */
interface Written extends Pick<ChangeAnswer, "next" | "text" | "diff"> {
  readonly plan: AgentPlan;
  readonly current: Kept;
  readonly before: Uint8Array;
  readonly who: string;
  readonly note: string;
  readonly what: "applied" | "reverted";
}

export class ConfigEditor {
  readonly #config: RunningConfig;
  readonly #book: RevisionBook;
  readonly #events: EventHub;

  /** Remembered: whoever watches an agent asks for it all the time. */
  #running: { readonly hash: string; readonly revision: number } | undefined;

  constructor({ config, book, events }: { readonly config: RunningConfig; readonly book: RevisionBook; readonly events: EventHub }) {
    this.#config = config;
    this.#book = book;
    this.#events = events;
  }

  get running(): RunningConfig {
    return this.#config;
  }

  async show(): Promise<Kept & { readonly file: string; readonly isRunning: boolean; readonly revision: number | undefined }> {
    const kept = await this.#config.read();
    // Looking needs no store; who cannot have one has no revisions.
    const revision = await this.#book.ofHash(kept.hash).catch(() => undefined);
    return { ...kept, file: this.#config.file, isRunning: kept.hash === this.#config.runningHash, revision: revision?.revision };
  }

  check(text: string, { hasEnvironment, hasLint }: { readonly hasEnvironment: boolean; readonly hasLint: boolean }, signal: AbortSignal): Promise<CheckAnswer> {
    return this.#ask((draft) => ({ type: "check", draft, hasEnvironment, hasLint }), { text }, signal);
  }

  format(text: string, signal: AbortSignal): Promise<FormatAnswer> {
    return this.#ask((draft) => ({ type: "format", draft }), { text }, signal);
  }

  schema(lang: Lang): Promise<object> {
    return this.#config.worker.ask({ type: "schema", file: this.#config.file, lang });
  }

  /** What applying a text would change; without one, what a reload would. */
  async plan(text: string | undefined, signal: AbortSignal): Promise<{ readonly difference?: PlanDifference; readonly problems: CheckAnswer["problems"]; readonly diff: LineDiff }> {
    const { plan, problems, diff: fromFile } = await this.#ask((draft) => ({ type: "change", draft }), { text: text ?? (await this.#config.read()).masked }, signal);
    const diff = text === undefined ? await this.diff("running", "file").then(({ added, removed, hunks }) => ({ added, removed, hunks }), () => fromFile) : fromFile;
    return { problems, diff, ...(plan === undefined ? {} : { difference: this.#config.compare(plan) }) };
  }

  apply(wanted: Wanted, who: string): Promise<Applied> {
    return this.#write({ text: wanted.text, note: wanted.note, base: wanted.base }, who, "applied");
  }

  async revert(revision: number, { note, base }: { readonly note: string; readonly base?: string | undefined }, who: string): Promise<Applied> {
    const { masked, sealed } = await this.#found(revision);
    return this.#write({ text: masked, note: note === "" ? `revision ${revision}` : note, base, sealed }, who, "reverted");
  }

  /** Makes all changes in the file's text or none, leaves the rest of it as it stands, and has the agent go over to it. Those who ask at once come one after the other. */
  edit(wanted: ConfigEdit, who: string, note: string): Promise<Applied> {
    const config = this.#config;
    return config.inTurn(async () => {
      const { file, dataDir, worker } = config;
      await this.#book.prepare();
      await config.tellStarted(); // What is written over is what one may want back.
      const before = readConfigFile(file);
      const changes = typeof wanted === "function" ? wanted() : wanted;
      const change = await worker.ask({ type: "edit", file, dataDir, changes });
      if (!("current" in change) || !isStill(file, before) || (config.runningHash !== undefined && config.runningHash !== change.current.hash)) throw notApplied(file);
      if ("refused" in change) throw byHandOnly(file);
      const { plan, problems, next } = change;
      if (plan === undefined) throw invalidEdit(problems);
      if (next.hash === change.current.hash) return { hash: next.hash, revision: (await this.#book.ofHash(next.hash))?.revision ?? 0, reloaded: config.compare(plan), diff: "" };
      return this.#goOver({ ...change, plan, before, who, note, what: "applied" });
    });
  }

  async history(limit: number, before: number | undefined): Promise<Revision[]> {
    await this.#config.tellStarted();
    return this.#book.list(limit, before);
  }

  async diff(from: Version, to: Version): Promise<LineDiff & { readonly from: string; readonly to: string }> {
    const [was, is] = [await this.#version(from), await this.#version(to)];
    return { from: String(from), to: String(to), ...(await this.#config.worker.ask({ type: "compare", from: was.masked, to: is.masked })) };
  }

  /** undefined while it is not kept, or the store is away. */
  async runningRevision(): Promise<number | undefined> {
    const { runningHash: hash } = this.#config;
    if (hash === undefined || this.#running?.hash === hash) return this.#running?.revision;
    const revision = (await this.#book.ofHash(hash).catch(() => undefined))?.revision;
    if (this.#running?.hash === hash) return this.#running.revision; // Kept while it was looked for.
    if (revision !== undefined) this.#running = { hash, revision };
    return revision;
  }

  /** What the agent was started with becomes a revision, if it is not the last one already. */
  async keepStarted(): Promise<void> {
    const latest = await this.#book.latest().catch(() => undefined);
    if (latest === undefined || latest.hash !== this.#config.runningHash || latest.outcome === "refused") await this.#config.tellStarted();
  }

  /** What becomes of a config goes into the book, and is an event. */
  async hear(fact: ConfigFact, isOver: () => boolean): Promise<void> {
    const revision = await this.#keep(fact).catch((error: unknown) => {
      if (!isOver()) this.#config.log.warn("a revision of the config could not be kept", { error });
      return undefined;
    });
    if (revision !== undefined && fact.what !== "refused") this.#running = { hash: fact.kept.hash, revision }; // A text that was taken back runs under a new number.
    if (fact.reloaded !== undefined) this.#publish(fact, revision);
  }

  // --- writing ------------------------------------------------------------------------------------------------------------

  #write({ text, note, base, sealed }: Omit<Wanted, "base"> & { readonly base: string | undefined; readonly sealed?: string }, who: string, what: "applied" | "reverted"): Promise<Applied> {
    const config = this.#config;
    return config.inTurn(async () => {
      await this.#book.prepare();
      await config.tellStarted(); // What is written over is what one may want back.
      const before = readConfigFile(config.file);
      const change = await this.#ask((draft) => ({ type: "change", draft }), { text, ...(sealed === undefined ? {} : { sealed }) });
      const { current, plan, problems, next } = change;
      if (current === undefined || !isStill(config.file, before)) throw changedMeanwhile(undefined, undefined);
      if (base !== undefined && base !== current.hash) throw await this.#conflict(base, current);
      if (plan === undefined) throw invalidConfig(problems);
      if (change.isGarbled && sealed === undefined) throw garbled(config.file);
      const isNew = next.hash !== current.hash;
      if (!isNew && next.hash === config.runningHash) return { hash: next.hash, revision: (await this.#book.ofHash(next.hash))?.revision ?? 0, reloaded: config.compare(plan), diff: "" };
      return this.#goOver({ ...change, current, plan, before, who, note, what });
    });
  }

  /** Within a turn: the text is written, and the agent goes over to it; or all stays as it was. */
  async #goOver({ plan, current, next, text, diff, before, who, note, what }: Written): Promise<Applied> {
    const config = this.#config;
    const isNew = next.hash !== current.hash;
    if (isNew) replaceConfigFile(config.file, text);
    let reloaded: Reloaded;
    try {
      reloaded = await config.goOver(plan, next.hash);
    } catch (error) {
      if (isNew) this.#putBack(before, text);
      throw error;
    }
    if (reloaded.problem !== undefined) {
      const left = isNew ? this.#putBack(before, text) : "untouched";
      await config.tell({ what: "refused", who, note, isByHand: false, kept: next, reloaded, problem: reloaded.problem });
      throw refused(reloaded.problem, left);
    }
    await config.tell({ what, who, note, isByHand: false, kept: next, reloaded });
    return { hash: next.hash, revision: (await this.#book.ofHash(next.hash))?.revision ?? 0, reloaded, diff: diffText(diff) };
  }

  /** Not over what somebody has written since: a reload that is refused may have taken its time. */
  #putBack(bytes: Uint8Array, written: string): FileAfterRefusal {
    const { file, log } = this.#config;
    try {
      if (!isStill(file, Buffer.from(written))) return "written by others";
      replaceConfigFile(file, bytes);
      return "put back";
    } catch (error) {
      log.error("the config that runs could not be written back; its file holds what was refused", { file, error });
      return "refused text";
    }
  }

  async #conflict(base: string, current: Kept): Promise<CommandFailure> {
    const made = await this.#book.ofHash(base);
    const latest = await this.#book.ofHash(current.hash);
    const diff = made === undefined ? undefined : await this.#config.worker.ask({ type: "compare", from: made.masked, to: current.masked });
    return changedMeanwhile({ hash: current.hash, text: current.masked, diff }, latest?.who);
  }

  // --- asking -------------------------------------------------------------------------------------------------------------

  /** Placeholders that the file does not explain may be of an earlier revision. */
  async #ask<Q extends Extract<Question, { draft: Draft }>>(question: (draft: Draft) => Q, { text, sealed }: { readonly text: string; readonly sealed?: string }, signal?: AbortSignal): Promise<AnswerTo<Q>> {
    const { file, dataDir, worker } = this.#config;
    const draft: Draft = { file, dataDir, text, sealed: sealed === undefined ? [] : [sealed], ...(sealed === undefined ? {} : { isKept: true }) };
    const answer = (await worker.ask(question(draft), signal)) as AnswerTo<Q> & (CheckAnswer | ChangeAnswer | FormatAnswer);
    if (answer.unknown === 0) return answer;
    const seals = await this.#book.seals().catch(() => []);
    return seals.length === 0 ? answer : worker.ask(question({ ...draft, sealed: [...draft.sealed, ...seals] }), signal);
  }

  async #version(version: Version): Promise<Kept> {
    if (version === "file") return this.#config.read();
    if (version !== "running") return this.#found(version);
    const hash = this.#config.runningHash;
    const now = await this.#config.read();
    if (hash === now.hash) return now;
    const kept = hash === undefined ? undefined : await this.#book.ofHash(hash);
    if (kept !== undefined) return kept;
    throw new CommandFailure("NOT_FOUND", { message: "the text of the config that runs was not kept", hint: "`dure reload --plan` says what a reload would change.", ko: { message: "실행 중인 설정의 본문이 남아 있지 않습니다", hint: "다시 읽으면 바뀔 것은 `dure reload --plan`으로 볼 수 있습니다." } });
  }

  async #found(revision: number): Promise<Revision & Kept> {
    const found = await this.#book.find(revision);
    if (found !== undefined) return found;
    throw new CommandFailure("NOT_FOUND", { message: `there is no revision ${revision}`, hint: "`dure config history` lists them; the oldest are dropped.", ko: { message: `리비전 ${revision} 이력이 없습니다`, hint: "`dure config history`로 목록을 확인하세요. 오래된 것부터 지워집니다." } });
  }

  // --- telling ------------------------------------------------------------------------------------------------------------

  /** A text that runs on is no new revision. */
  async #keep({ what, who, isByHand, note = "", problem, kept }: ConfigFact): Promise<number> {
    const latest = await this.#book.latest();
    const isRefused = what === "refused";
    if (isByHand && latest?.hash === kept.hash && (latest.outcome === "refused") === isRefused) return latest.revision;
    return this.#book.add({ who: isByHand ? "file" : who, note, outcome: what, ...(problem === undefined ? {} : { problem }), ...kept });
  }

  #publish({ what, who, note = "", problem, reloaded }: ConfigFact, revision: number | undefined): void {
    const facts = { by: who, ...(revision === undefined ? {} : { revision }), ...(note === "" ? {} : { note }) };
    if (what === "refused") return void this.#events.publish("config.reload-failed", { ...facts, problem });
    if (what !== "running") this.#events.publish(`config.${what}`, facts);
    const { changed = [], added = [], removed = [] } = reloaded ?? {};
    this.#events.publish("agent.reloaded", { by: who, ...(revision === undefined ? {} : { revision }), changed, added, removed });
  }
}

function changedMeanwhile(now: { readonly hash: string; readonly text: string; readonly diff: LineDiff | undefined } | undefined, who: string | undefined): CommandFailure {
  const by = who === undefined || who === "file" ? { en: "by hand", ko: "직접 수정" } : { en: `by ${who}`, ko: who };
  return new CommandFailure(
    "CONFLICT",
    {
      message: `the config has changed meanwhile (${by.en})`,
      hint: "Look at what differs, and apply to the config as it is now.",
      ko: { message: `그사이 설정이 바뀌었습니다 (${by.ko})`, hint: "다른 부분을 확인하고 지금 설정을 바탕으로 다시 적용하세요." },
    },
    { details: { reason: "changed", ...(now === undefined ? {} : { hash: now.hash, text: now.text, ...(now.diff === undefined ? {} : { diff: JSON.parse(JSON.stringify(now.diff)) as [] }) }) } },
  );
}

function notApplied(file: string): CommandFailure {
  return new CommandFailure(
    "CONFLICT",
    { message: `${file} holds something that does not run`, hint: "Somebody has changed it by hand: apply that first with `dure reload`, or put it back.", ko: { message: `${file} 파일에 아직 적용되지 않은 내용이 있습니다`, hint: "누군가 직접 고쳤습니다. `dure reload`로 먼저 적용하거나 되돌리세요." } },
    { details: { reason: "changed" } },
  );
}

function byHandOnly(file: string): CommandFailure {
  return new CommandFailure("CONFLICT", { message: `${file} is written in a way in which this cannot be changed`, hint: "Change it in an editor, or as a whole with `dure config apply`.", ko: { message: `${file} 파일의 작성 방식 때문에 이 값을 바꿀 수 없습니다`, hint: "편집기로 고치거나 `dure config apply`로 전체를 적용하세요." } });
}

/** Who changed one thing wants to know what is wrong with that, not how many errors there are. */
function invalidEdit(problems: readonly Problem[]): CommandFailure {
  const failure = invalidConfig(problems);
  const first = problems.find(({ severity }) => severity === "error");
  if (first === undefined) return failure;
  const { text, help, suggestion, code } = first;
  const hint = { en: suggestion === undefined ? help?.en : `Did you mean ${suggestion}?`, ko: suggestion === undefined ? help?.ko : `혹시 ${suggestion}인가요?` };
  return new CommandFailure("CONFIG_INVALID", { message: `${text.en} (${code})`, hint: hint.en ?? "Nothing was changed.", ko: { message: `${text.ko} (${code})`, hint: hint.ko ?? "바뀐 것은 없습니다." } }, failure.details === undefined ? {} : { details: failure.details });
}

function garbled(file: string): CommandFailure {
  return new CommandFailure("CONFLICT", {
    message: `${file} is not UTF-8: what cannot be read of it would be lost`,
    hint: "Save it as UTF-8 in an editor, or go back to a revision.",
    ko: { message: `${file} 파일이 UTF-8이 아닙니다. 적용하면 읽을 수 없는 글자가 사라집니다`, hint: "편집기에서 UTF-8로 다시 저장하거나 이전 리비전으로 되돌리세요." },
  });
}

/** What stands in the file when the agent did not go over to what was written there. */
type FileAfterRefusal = "untouched" | "put back" | "written by others" | "refused text";

const afterRefusal: Readonly<Record<FileAfterRefusal, Text>> = {
  untouched: { en: "", ko: "" },
  "put back": { en: "; the file is as it was", ko: ". 파일은 이전 그대로입니다" },
  "written by others": { en: "; somebody has written it meanwhile, and that stays in the file", ko: ". 그사이 다른 사람이 파일을 고쳐, 파일에는 그 내용이 남아 있습니다" },
  "refused text": { en: "; the file could not be written back and holds what was refused", ko: ". 파일을 되돌려 쓰지 못해 거부된 내용이 남아 있습니다" },
};

function refused(problem: string, left: FileAfterRefusal): CommandFailure {
  const file = afterRefusal[left];
  return new CommandFailure(
    "CONFLICT",
    { message: `the config did not start, and the one before runs on${file.en}: ${problem}`, hint: "Put right what the step says, then apply again.", ko: { message: `설정을 시작하지 못해 이전 설정이 계속 실행됩니다${file.ko}: ${problem}`, hint: "단계가 알리는 문제를 바로잡고 다시 적용하세요." } },
    { details: { reason: "refused", problem } },
  );
}
