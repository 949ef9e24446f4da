// From the words of a pipe string to steps with their plugins' present names: old names, short options, and what an old output was
// followed by (a formatter, a buffer) are understood here, for `dure try` and for `sources:` alike.
import type { Text } from "#base/lang.ts";
import type { Plugin } from "#sdk/plugin.ts";
import type { Registry } from "../registry.ts";
import { flagsOf, formatterFlags, FORMATTERS, givenOptions, presentName, WITHOUT_EFFECT } from "./pipe-names.ts";
import { withLists } from "./pipe-lists.ts";
import { PipeError, splitPipe, stepOf } from "./pipe-string.ts";
import type { Piece, PipeOption, PipeStep } from "./pipe-string.ts";

export const pipeFaults: Readonly<Record<PipeError["kind"], Text>> = {
  quote: { en: "this quote is not closed", ko: "따옴표가 닫히지 않았습니다" },
  empty: { en: "there is no step: write plugins with `|` between them", ko: "단계가 없습니다: 플러그인을 `|`로 이어 쓰세요" },
  step: { en: "a step is missing here", ko: "여기에 단계가 없습니다" },
  "second-bare": { en: "a step takes one bare argument: quote what belongs together", ko: "이름 없는 인자는 하나뿐입니다: 한 덩어리는 따옴표로 감싸세요" },
  "option-name": { en: "this is no option's name: write --name value", ko: "옵션 이름이 아닙니다: --이름 값 으로 쓰세요" },
  pair: { en: "this option takes a name and a value", ko: "이 옵션에는 이름과 값을 차례로 씁니다" },
  tag: { en: "one tag is written behind `tag`", ko: "`tag` 뒤에는 태그를 하나 씁니다" },
  "tag-end": { en: "`tag` stands at the end", ko: "`tag`는 맨 끝에 씁니다" },
  "above-0": { en: "this must be above 0", ko: "0보다 커야 합니다" },
  "sub-command": { en: "an output is followed by f.stdout, f.csv, f.tsv, f.json, f.msgpack or a buffer such as b.memory", ko: "출력 뒤에는 f.stdout, f.csv, f.tsv, f.json, f.msgpack 또는 b.memory 같은 버퍼를 씁니다" },
};

/** The steps of a whole pipe string; a tag at its end is given to the input. Rejects with PipeError. */
export async function readPipe(pipe: string, registry: Registry): Promise<PipeStep[]> {
  const segments = splitPipe(pipe);
  const steps: PipeStep[] = [];
  for (const [index, words] of segments.entries()) {
    const tag = tagOf(words, index === segments.length - 1);
    const [input, ...rest] = steps;
    if (tag === undefined) steps.push(...(await stepsOfWords(words, registry)).steps);
    else if (input !== undefined) return [{ ...input, options: over([{ path: ["tag"], name: tag, value: { ...tag, isQuoted: true } }], input.options) }, ...rest];
  }
  return steps;
}

/** The name behind `tag`; undefined when these are the words of a plugin. */
export function tagOf([command, name, ...more]: readonly Piece[], isLast: boolean): Piece | undefined {
  if (command?.text !== "tag") return undefined;
  const [second] = more;
  if (name === undefined || second !== undefined) throw new PipeError("tag", (second ?? command).start, (second ?? command).end);
  if (!isLast) throw new PipeError("tag-end", command.start, command.end);
  return name;
}

export interface WordsRead {
  /** One step, or two: the buffer that an old output carries stands before it. */
  readonly steps: readonly PipeStep[];
  /** Options that are understood and change nothing. */
  readonly ignored: readonly Piece[];
}

/** The steps between two bars. Rejects with PipeError. */
export async function stepsOfWords(words: readonly Piece[], registry: Registry): Promise<WordsRead> {
  const [head] = words;
  if (head === undefined) throw new PipeError("empty", 0, 1);
  const name = await presentName(head.text, registry);
  const parts = name.startsWith("out.") ? subCommands(words) : [words];
  const own = await oneStep(parts[0] ?? words, name, registry);
  let options = own.step.options;
  const steps: PipeStep[] = [];
  const ignored = [...own.ignored];
  for (const part of parts.slice(1)) {
    const [sub] = part;
    if (sub === undefined) continue;
    if (sub.text.startsWith("b.")) {
      const buffer = await oneStep(part, await presentName(sub.text, registry), registry);
      if (sub.text === "b.memory") checkAboveNothing(buffer.written);
      steps.push(buffer.step);
      ignored.push(...buffer.ignored);
      continue;
    }
    const formatter = FORMATTERS.get(sub.text);
    if (formatter === undefined) throw new PipeError("sub-command", sub.start, sub.end);
    const { bare, options: written } = stepOf(part, formatterFlags(name, own.plugin));
    if (bare !== undefined && formatter.bare === undefined) throw new PipeError("second-bare", bare.start, bare.end);
    const unnamed = bare === undefined || formatter.bare === undefined ? [] : [{ path: [formatter.bare], name: bare, value: bare }];
    const formatted = withLists({ plugin: sub, bare: undefined, options: [...unnamed, ...written] }, own.plugin).options;
    options = over(over(options, [optionAt(sub, "format", formatter.format)]), formatted);
  }
  return { steps: [...steps, { ...own.step, options }], ignored };
}

/** Of a chunk that may hold nothing, nothing would ever come: as in the old program, these are above 0. */
function checkAboveNothing(options: readonly PipeOption[]): void {
  for (const { value } of options) if (value !== undefined && /^0+(?:\.0*)?[a-z]*$/i.test(value.text)) throw new PipeError("above-0", value.start, value.end);
}

async function oneStep(words: readonly Piece[], name: string, registry: Registry): Promise<{ step: PipeStep; plugin: Plugin | undefined; written: readonly PipeOption[]; ignored: Piece[] }> {
  const plugin = await registry.get(name);
  const { plugin: head, bare, options: written } = withLists(stepOf(words, flagsOf(name, plugin)), plugin);
  const isIgnored = ({ path }: PipeOption) => WITHOUT_EFFECT.has(path[0] ?? "") && head.text.toLowerCase() === "b.memory";
  const given = givenOptions(head.text, plugin).filter(([option]) => bare === undefined || option !== plugin?.shorthand);
  const options = over(
    given.map(([option, value]) => optionAt(head, option, value)),
    written.filter((option) => !isIgnored(option)),
  );
  return { step: { plugin: { ...head, text: name }, bare, options }, plugin, written, ignored: written.filter(isIgnored).map((option) => option.name) };
}

/** `o.stdout f.stdout -z UTC b.memory -f 1` at each f. and b. */
function subCommands(words: readonly Piece[]): Piece[][] {
  const parts: Piece[][] = [];
  for (const [index, piece] of words.entries()) {
    if (index === 0 || (!piece.isQuoted && /^[fb]\.[A-Za-z]\w*$/.test(piece.text))) parts.push([]);
    parts.at(-1)?.push(piece);
  }
  return parts;
}

/** An option that nobody wrote, at the word it comes from. */
function optionAt(piece: Piece, option: string, value: string): PipeOption {
  return { path: [option], name: piece, value: { ...piece, text: value, isQuoted: false } };
}

function over(base: readonly PipeOption[], more: readonly PipeOption[]): PipeOption[] {
  const written = new Set(more.map(({ path }) => path[0]));
  return [...base.filter(({ path }) => !written.has(path[0])), ...more];
}
