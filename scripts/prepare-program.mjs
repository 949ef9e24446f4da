// `node scripts/prepare-program.mjs FILE…`: each module of the program without its types and comments, line by line where it was, in
// `build/program/`. All characters are ASCII: a text that holds a single Korean one takes two bytes for each of its characters in memory.
// What is written is read back, and has to be made of the same words as the source; a module of which that is not true is left out.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "acorn";
import { buildDir, root } from "./project.mjs";

const programDir = join(buildDir, "program");
const OPTIONS = { ecmaVersion: "latest", sourceType: "module", allowHashBang: true };
/** Where one of these stands beside a space, the space says nothing. */
const TIGHT = new Set(["(", ")", "{", "}", "[", "]", ",", ";", ":", "=>", "=", "_=", "?", "."]);
/** Texts in which a character may be written as its code. */
const QUOTED = new Set(["string", "template", "regexp"]);
const ASCII = /^[\0-\x7f]*$/;

if (process.argv[1] === fileURLToPath(import.meta.url)) prepareAll(process.argv.slice(2));

function prepareAll(files) {
  rmSync(programDir, { recursive: true, force: true });
  for (const file of files) {
    const { mtimeMs, size } = statSync(file);
    const source = readFileSync(file, "utf8");
    const prepared = preparedText(source);
    if (prepared === undefined) continue;
    const to = join(programDir, relative(join(root, "src"), file));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(`${to}.new`, `${prepared}\n//${mtimeMs} ${size}`);
    renameSync(`${to}.new`, to);
  }
}

/** Undefined where it cannot be said in fewer bytes with certainty, and for what begins a process or thread: nothing can be loaded in its place. */
export function preparedText(source) {
  if (/\bimportQuickly\(/.test(source)) return undefined;
  const code = stripTypeScriptTypes(source, { mode: "strip" });
  const words = wordsOf(code);
  /** Of each template that is open here, whether a function is to read how it was written. */
  const tagged = [];
  let text = "";
  let [end, before] = [0, "("];
  for (const { start, end: wordEnd, label } of words) {
    text += gapText(code.slice(end, start), before, label);
    if (label === "`") before === "template" ? tagged.pop() : tagged.push(["name", ")", "]"].includes(before));
    const word = code.slice(start, wordEnd);
    if (label === "template" && tagged.at(-1) && !ASCII.test(word)) return undefined;
    text += QUOTED.has(label) ? word.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`) : word;
    [end, before] = [wordEnd, label];
  }
  return ASCII.test(text) && isSame(words, wordsOf(text)) ? text : undefined;
}

/** What stands between two words: the ends of its lines, or a space where one is needed. */
function gapText(gap, before, after) {
  const lines = gap.split("\n").length - 1;
  if (0 < lines) return "\n".repeat(lines);
  return gap === "" || TIGHT.has(before) || TIGHT.has(after) ? "" : " ";
}

function wordsOf(code) {
  const tokens = [];
  parse(code, { ...OPTIONS, onToken: tokens });
  return tokens.filter(({ type }) => type.label !== "eof").map(({ start, end, type, value }) => ({ start, end, label: type.label, value }));
}

function isSame(some, others) {
  return some.length === others.length && some.every(({ label, value }, index) => label === others[index].label && valueText(value) === valueText(others[index].value));
}

/** Of a regular expression what it matches counts, not how it is written. */
function valueText(value) {
  if (value?.pattern === undefined) return String(value);
  return `${value.pattern.replace(/\\u([0-9a-f]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))}/${value.flags}`;
}
