// The old program's last form: `sources:`, a list of pipe strings, and `matches:`, a tag pattern and a pipe string each. Every source
// becomes an ordinary pipeline here. Each word of a string becomes a value of its own before anything is put into it, so what comes
// from outside is never split.
import { compileTagPattern, TagPatternError } from "#base/tag-pattern.ts";
import type { Text } from "#base/lang.ts";
import type { Registry } from "../registry.ts";
import { interpolate } from "./interpolate.ts";
import { particle } from "./korean.ts";
import { fillNames } from "./pipe-environment.ts";
import { linkPipes } from "./pipe-links.ts";
import type { Match, Pipe, Tag } from "./pipe-links.ts";
import { optionsOf } from "./pipe-options.ts";
import { placesIn } from "./pipe-places.ts";
import { readPipeSettings } from "./pipe-settings.ts";
import { pipeFaults, stepsOfWords, tagOf } from "./pipe-steps.ts";
import { PipeError, splitPipe } from "./pipe-string.ts";
import type { Piece } from "./pipe-string.ts";
import type { Problems } from "./problem.ts";
import { PROCESS_SECTIONS } from "./process-sections.ts";
import { closest } from "#base/similar.ts";
import type { Span } from "./source.ts";
import type { ConfigDraft, StepDraft } from "./steps.ts";
import { entryOf, isNull, spanOf } from "./tree.ts";
import type { ListNode, MapEntry, MapNode, ScalarNode, TreeNode } from "./tree.ts";

export interface PipeSurroundings {
  readonly registry: Registry;
  readonly problems: Problems;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configDir: string;
  readonly filesRead: Set<string>;
}

const OWN_KEYS = ["sources", "matches", "svc_name", "svc_dname", "debug", "logger"];
const ROOT_KEYS = [...OWN_KEYS, "agent", "http", "jobs", "notifiers", "store", "vars", ...PROCESS_SECTIONS];
const TAG = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]{0,99}$/u;
const EXAMPLE: Text = { en: "write `- in.FakeData | tag test`", ko: "`- in.FakeData | tag test`처럼 쓰세요" };

export async function readPipeForm(root: MapNode, config: ConfigDraft, around: PipeSurroundings): Promise<void> {
  const { problems, env, configDir, filesRead } = around;
  const others = root.entries.filter(({ key }) => key !== "sources" && key !== "matches");
  interpolate({ ...root, entries: others }, { env, configDir, filesRead }, problems);
  checkKeys(root, problems);
  for (const section of ["agent", "http", "jobs", "notifiers", "store"] as const) {
    const entry = entryOf(root, section);
    if (entry !== undefined) config[section] ??= entry;
  }
  for (const section of PROCESS_SECTIONS) {
    const entry = entryOf(root, section);
    if (entry !== undefined) config.processes[section] ??= entry;
  }
  readPipeSettings(root, config, problems);

  const name = entryOf(root, "svc_name")?.value;
  const names = { SWAK_HOME: configDir, SWAK_SVC_NAME: name?.type === "scalar" && typeof name.value === "string" ? name.value : undefined, ...env };
  const vars = entryOf(root, "vars")?.value;
  const reader = new PipeReader({ ...around, env: names }, vars?.type === "map" ? vars : undefined);
  const sources = await reader.sources(entryOf(root, "sources"), root);
  const matches = await reader.matches(entryOf(root, "matches"));
  const linked = await linkPipes(sources, matches, around);
  config.pipelines.push(...linked.pipelines);
  config.apart.push(...linked.apart);
}

function checkKeys(root: MapNode, problems: Problems): void {
  for (const { key, keySpan } of root.entries) {
    if (ROOT_KEYS.includes(key) || key.startsWith("x-")) continue;
    problems.add("DURE103", keySpan, {
      text: { en: `unknown key '${key}'`, ko: `'${key}'${particle(key, "은/는")} 알 수 없는 키입니다` },
      help: { en: `known here: ${ROOT_KEYS.join(", ")}`, ko: `쓸 수 있는 키: ${ROOT_KEYS.join(", ")}` },
      suggestion: closest(key, ROOT_KEYS),
    });
  }
}

class PipeReader {
  readonly #around: PipeSurroundings;
  readonly #vars: MapNode | undefined;

  constructor(around: PipeSurroundings, vars: MapNode | undefined) {
    this.#around = around;
    this.#vars = vars;
  }

  async sources(entry: MapEntry | undefined, root: MapNode): Promise<Pipe[]> {
    if (entry === undefined) this.#misshapen(root.entries[0]?.keySpan ?? root, { en: "there is no `sources:`", ko: "`sources:`가 없습니다" });
    else if (isNull(entry.value) || (entry.value.type === "list" && entry.value.items.length === 0))
      this.#misshapen(entry.keySpan, { en: "nothing stands under `sources:`", ko: "`sources:` 아래에 아무것도 없습니다" });
    else if (entry.value.type !== "list")
      this.#misshapen(spanOf(entry.value, entry.keySpan), { en: "`sources:` is a list of pipe strings", ko: "`sources:`는 파이프 문자열의 목록입니다" });
    else return this.#listed(entry.value);
    return [];
  }

  async #listed(list: ListNode): Promise<Pipe[]> {
    const pipes: Pipe[] = [];
    for (const item of list.items) {
      const pipe = await this.#pipe(item, { en: "a source is a pipe string", ko: "소스는 파이프 문자열입니다" });
      pipes.push(pipe ?? { steps: [], tag: undefined, hasTag: true, span: { start: item.start, end: item.end } });
    }
    return pipes;
  }

  async matches(entry: MapEntry | undefined): Promise<Match[]> {
    if (entry === undefined) return [];
    const help: Text = { en: 'write `"test*": out.Stdout`', ko: '`"test*": out.Stdout`처럼 쓰세요' };
    if (isNull(entry.value)) this.#misshapen(entry.keySpan, { en: "nothing stands under `matches:`", ko: "`matches:` 아래에 아무것도 없습니다" }, help);
    else if (entry.value.type !== "map")
      this.#misshapen(spanOf(entry.value, entry.keySpan), { en: "`matches:` is a map of tag patterns and pipe strings", ko: "`matches:`는 태그 패턴과 파이프 문자열의 맵입니다" }, help);
    const found: Match[] = [];
    for (const { key, keySpan, value } of entry.value.type === "map" ? entry.value.entries : []) {
      const fits = this.#pattern(key, keySpan);
      const pipe = await this.#pipe(value, { en: "a match is a pipe string", ko: "매치는 파이프 문자열입니다" }, keySpan, help);
      if (pipe?.tag !== undefined)
        this.#around.problems.add("DURE122", pipe.tag, {
          text: { en: "only a source ends in a tag", ko: "tag는 소스의 끝에만 씁니다" },
          help: { en: "end a match with an output, or with nothing", ko: "매치는 출력으로 끝내거나 그대로 끝내세요" },
        });
      if (pipe !== undefined) found.push({ pattern: key, span: keySpan, fits, pipe });
    }
    return found;
  }

  #misshapen(span: Span, text: Text, help = EXAMPLE): void {
    this.#around.problems.add("DURE120", span, { text, help });
  }

  #pattern(pattern: string, span: Span): ((tag: string) => boolean) | undefined {
    try {
      return compileTagPattern(pattern);
    } catch (error) {
      if (!(error instanceof TagPatternError)) throw error;
      const isQuoted = /["']/.test(this.#around.problems.source.text[span.start] ?? "");
      const start = Math.min(span.start + (isQuoted ? 1 : 0) + error.column - 1, Math.max(span.start, span.end - 1));
      this.#around.problems.add("DURE126", { start, end: start + 1 }, { text: PATTERN_FAULTS[error.kind] });
      return undefined;
    }
  }

  /** One pipe string; undefined when it cannot be read, which has been said. */
  async #pipe(node: TreeNode, text: Text, fallback: Span = node, help = EXAMPLE): Promise<Pipe | undefined> {
    const span = spanOf(node, fallback);
    if (node.type !== "scalar" || typeof node.value !== "string") {
      this.#misshapen(span, text, help);
      return undefined;
    }
    const place = placesIn(this.#around.problems.source, node);
    try {
      return await this.#steps(splitPipe(node.value), node, place);
    } catch (error) {
      if (!(error instanceof PipeError)) throw error;
      this.#around.problems.add("DURE121", node.start < node.end ? place(error) : span, { text: pipeFaults[error.kind] });
      return undefined;
    }
  }

  async #steps(segments: readonly Piece[][], node: ScalarNode, place: (span: Span) => Span): Promise<Pipe | undefined> {
    const { registry, problems } = this.#around;
    const scalars: ScalarNode[] = [];
    const scalarOf = (piece: Piece): ScalarNode => {
      const scalar: ScalarNode = { type: "scalar", ...place(piece), value: piece.text, isQuoted: piece.isQuoted, isInterpolated: false, isWord: true };
      scalars.push(scalar);
      return scalar;
    };
    const steps: StepDraft[] = [];
    let tag: Tag | undefined;
    for (const [index, words] of segments.entries()) {
      const named = tagOf(words, index === segments.length - 1);
      if (named !== undefined) {
        tag = scalarOf(named);
        continue;
      }
      const read = await stepsOfWords(words, registry);
      for (const piece of read.ignored)
        problems.add("DURE405", place(piece), {
          text: { en: `'${piece.text}' has no effect`, ko: `'${piece.text}'${particle(piece.text, "은/는")} 효과가 없습니다` },
          help: { en: "a full chunk goes to the output at once", ko: "다 찬 묶음은 바로 출력으로 갑니다" },
        });
      for (const step of read.steps) {
        const nameSpan = place(step.plugin);
        const options = optionsOf(step, (await registry.get(step.plugin.text))?.shorthand, { place, scalarOf, problems });
        steps.push({ type: "plugin", id: "", name: step.plugin.text, nameSpan, options, outputs: [] });
      }
    }
    this.#fill(scalars);
    return { steps, tag: this.#checkedTag(tag), span: { start: node.start, end: node.end }, hasTag: tag !== undefined };
  }

  #fill(words: ScalarNode[]): void {
    const { env, configDir, filesRead, problems } = this.#around;
    interpolate({ type: "list", start: 0, end: 0, items: words }, { env, configDir, filesRead }, problems, this.#vars);
    for (const word of words) fillNames(word, env, problems);
  }

  #checkedTag(tag: Tag | undefined): Tag | undefined {
    if (tag === undefined || TAG.test(String(tag.value))) return tag;
    this.#around.problems.add("DURE127", tag, {
      text: { en: "this cannot be a tag", ko: "태그로 쓸 수 없습니다" },
      help: { en: "use letters, digits, `_` and `-`, with `.` between its parts", ko: "글자, 숫자, `_`, `-`를 쓰고 마디는 `.`으로 나누세요" },
    });
    return undefined;
  }
}

const PATTERN_FAULTS: Readonly<Record<TagPatternError["kind"], Text>> = {
  empty: { en: "this pattern is empty", ko: "패턴이 비어 있습니다" },
  open: { en: "this brace is not closed", ko: "중괄호가 닫히지 않았습니다" },
  close: { en: "this brace closes nothing", ko: "짝이 없는 닫는 중괄호입니다" },
  comma: { en: "a comma stands in braces only; write several patterns with blanks between them", ko: "쉼표는 중괄호 안에만 씁니다. 패턴이 여럿이면 빈칸으로 나누세요" },
  large: { en: "this pattern is too large", ko: "패턴이 너무 큽니다" },
};
