// From sources and matches to pipelines. Tags never change, so each source's way is known before anything runs: its own steps, then
// those of all matches whose pattern fits its tag, in order, up to the first that ends in an output.
import type { Plugin } from "#sdk/plugin.ts";
import type { Registry } from "../registry.ts";
import { particle } from "./korean.ts";
import { knownOptions } from "./pipe-names.ts";
import { optionsOf } from "./pipe-options.ts";
import { stepsOfWords } from "./pipe-steps.ts";
import type { Piece } from "./pipe-string.ts";
import type { Problems } from "./problem.ts";
import type { Span } from "./source.ts";
import type { PipelineDraft, StepDraft } from "./steps.ts";
import { roleOf } from "./topology.ts";
import type { ScalarNode, TreeNode } from "./tree.ts";

export type Tag = ScalarNode;

export interface Pipe {
  readonly steps: readonly StepDraft[];
  readonly tag: Tag | undefined;
  /** A tag is written, even if it cannot be one. */
  readonly hasTag: boolean;
  readonly span: Span;
}

export interface Match {
  readonly pattern: string;
  readonly span: Span;
  /** undefined: the pattern cannot be read, which has been said. */
  readonly fits: ((tag: string) => boolean) | undefined;
  readonly pipe: Pipe;
}

interface Around {
  readonly registry: Registry;
  readonly problems: Problems;
}

/** `apart`: steps of matches that no source leads to; they are checked all the same. */
export async function linkPipes(sources: readonly Pipe[], matches: readonly Match[], around: Around): Promise<{ pipelines: PipelineDraft[]; apart: StepDraft[] }> {
  const { problems } = around;
  const pipelines: PipelineDraft[] = [];
  const used = new Set<Match>();
  const tags = new Map<string, Tag>();
  for (const [index, source] of sources.entries()) {
    const { tag, steps, span } = source;
    if (tag === undefined) {
      const name = unusedName(index + 1, sources);
      if (!source.hasTag) await checkEnd(source, around);
      // Where a tag was meant, something is missing that has been said.
      pipelines.push({ name, nameSpan: span, steps: source.hasTag ? [...numbered(steps), undefined] : numbered(steps) });
      continue;
    }
    const name = String(tag.value);
    const other = tags.get(name.toLowerCase());
    if (other !== undefined) {
      const { line } = problems.source.place(other.start);
      problems.add("DURE123", tag, {
        text: { en: `the tag '${name}' is used already, on line ${line}`, ko: `태그 '${name}'${particle(name, "은/는")} ${line}행에서 이미 쓰였습니다` },
      });
    }
    tags.set(name.toLowerCase(), other ?? tag);
    const way = await wayOf(name, matches, around.registry);
    for (const match of way.matches) used.add(match);
    if (way.matches.length === 0 && matches.every(({ fits }) => fits !== undefined))
      problems.add("DURE124", tag, {
        text: { en: `no match fits the tag '${name}': it goes to the standard output`, ko: `태그 '${name}'에 맞는 매치가 없어 표준 출력으로 보냅니다` },
        help: { en: `add \`${name}: …\` under \`matches:\``, ko: `\`matches:\` 아래에 \`${name}: …\`를 추가하세요` },
      });
    const all = [...(await tagged(steps, tag, around)), ...way.matches.flatMap(({ pipe }) => pipe.steps)];
    if (!way.hasOutput) all.push(...(await defaultOutput(tag, around)));
    pipelines.push({ name, nameSpan: { start: tag.start, end: tag.end }, steps: numbered(all) });
  }
  const isGuess = sources.length === 0 || sources.some(({ tag, hasTag }) => hasTag && tag === undefined);
  for (const match of matches) {
    if (used.has(match) || match.fits === undefined || isGuess) continue;
    const isReached = [...tags.values()].some((tag) => match.fits?.(String(tag.value)) === true);
    problems.add("DURE125", match.span, {
      text: isReached
        ? { en: `'${match.pattern}' is never reached: an earlier match ends in an output`, ko: `앞의 매치가 출력으로 끝나 '${match.pattern}'까지 오지 않습니다` }
        : { en: `no source has a tag that fits '${match.pattern}'`, ko: `'${match.pattern}'에 맞는 태그를 가진 소스가 없습니다` },
    });
  }
  return { pipelines, apart: matches.filter((match) => !used.has(match)).flatMap(({ pipe }) => pipe.steps) };
}

async function wayOf(tag: string, matches: readonly Match[], registry: Registry): Promise<{ matches: Match[]; hasOutput: boolean }> {
  const way: Match[] = [];
  for (const match of matches) {
    if (match.fits?.(tag) !== true) continue;
    way.push(match);
    if (await isOutput(match.pipe.steps.at(-1), registry)) return { matches: way, hasOutput: true };
  }
  return { matches: way, hasOutput: false };
}

/** Also one that is not known: what is wrong with it is said elsewhere. */
async function isOutput(step: StepDraft | undefined, registry: Registry): Promise<boolean> {
  if (step === undefined) return false;
  const plugin = await registry.get(step.name);
  return plugin === undefined ? !/^(?:in|parse|filter|buffer)\./.test(step.name) : roleOf(plugin) === "output";
}

async function checkEnd({ steps, span }: Pipe, { registry, problems }: Around): Promise<void> {
  const last = steps.at(-1);
  if (await isOutput(last, registry)) return;
  problems.add("DURE122", last?.nameSpan ?? span, {
    text: { en: "a source ends in a tag or an output", ko: "소스는 tag나 출력으로 끝나야 합니다" },
    help: { en: "add `| tag test`, or `| out.Stdout`", ko: "`| tag test`나 `| out.Stdout`을 붙이세요" },
  });
}

function numbered(steps: readonly StepDraft[]): StepDraft[] {
  return steps.map((step, index) => ({ ...step, id: String(index + 1) }));
}

function unusedName(number: number, sources: readonly Pipe[]): string {
  let name = `source-${number}`;
  while (sources.some(({ tag }) => String(tag?.value).toLowerCase() === name)) name = `${name}-own`;
  return name;
}

/** The source's input gives its records the tag, unless it was told another. */
async function tagged(steps: readonly StepDraft[], tag: Tag, { registry, problems }: Around): Promise<readonly StepDraft[]> {
  const [input, ...rest] = steps;
  const plugin = input === undefined ? undefined : await registry.get(input.name);
  if (input === undefined || plugin?.kind !== "in") return steps;
  if (!Object.hasOwn(knownOptions(plugin), "tag")) {
    problems.add("DURE128", tag, {
      text: {
        en: `'${input.name}' has no option 'tag': the tag chooses the matches, the records keep their own`,
        ko: `'${input.name}'에는 'tag' 옵션이 없어, 태그로 매치를 고르기만 하고 레코드의 태그는 그대로 둡니다`,
      },
    });
    return steps;
  }
  const entries = mapEntries(input.options, plugin);
  if (entries === undefined || entries.some(({ key }) => key === "tag")) return steps;
  const { start, end } = input.nameSpan;
  return [{ ...input, options: { type: "map", start, end, entries: [...entries, { key: "tag", keySpan: tag, value: { ...tag, isQuoted: true } }] } }, ...rest];
}

function mapEntries(options: TreeNode, plugin: Plugin) {
  if (options.type === "map") return options.entries;
  if (options.type === "scalar" && options.value === null) return [];
  return plugin.shorthand === undefined ? undefined : [{ key: plugin.shorthand, keySpan: options, value: options }];
}

async function defaultOutput(tag: Tag, { registry, problems }: Around): Promise<StepDraft[]> {
  const piece: Piece = { text: "o.stdout", isQuoted: false, start: 0, end: 1 };
  const { steps } = await stepsOfWords([piece], registry);
  const span: Span = { start: tag.start, end: tag.end };
  const scalarOf = ({ text }: Piece): ScalarNode => ({ ...tag, value: text, isQuoted: false, isInterpolated: false, isWord: true });
  return steps.map((step) => ({
    type: "plugin",
    id: "",
    name: step.plugin.text,
    nameSpan: span,
    options: optionsOf(step, undefined, { place: () => span, scalarOf, problems }),
    outputs: [],
  }));
}
