// `dure init -t in -t out NAME`: the folder of a new plugin, with sources that work, their tests, a manifest and a README.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "#base/lang.ts";
import { closest } from "#base/similar.ts";
import { PLUGIN_API_VERSION } from "#kernel/plugin-packages.ts";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import { readmeOf } from "../plugin-readme.ts";

export type MadeKind = "in" | "parse" | "filter" | "out";

const KINDS: readonly MadeKind[] = ["in", "parse", "filter", "out"];
/** As the program ours follows calls them: `it` and `ir` are inputs of text and of records. */
const OLD_KINDS: Readonly<Record<string, MadeKind>> = { i: "in", it: "in", ir: "in", p: "parse", m: "filter", o: "out" };
const PREFIX = /^(?:i|it|ir|in|p|parse|m|filter|b|buffer|o|out)[._]/;
const NAME = /^[A-Z][A-Za-z0-9_]+$/;

const INSTALLATION = fileURLToPath(new URL("../../../../", import.meta.url));
const TEMPLATE = fileURLToPath(new URL("../plugin-template/", import.meta.url));

export const init: Command = async ({ args: [name = ""], options, globals, terminal, style, answer }) => {
  const kinds = kindsOf(options["type"] as readonly string[]);
  checkName(name);
  const short = kebab(name);
  const given = options["dir"];
  const dir = join(typeof given === "string" ? given : "plugins", `dure-plugin-${short}`);
  if (existsSync(dir)) throw wrongUse({ en: `${dir} exists already; it is left as it is`, ko: `${dir} 폴더가 이미 있어 그대로 두었습니다` }, { en: "choose another name, or another folder with -d", ko: "다른 이름을 쓰거나 -d로 다른 폴더를 지정하세요" });

  for (const kind of kinds) for (const file of ["Sample.ts", "Sample.test.ts"]) copy(kind, file, dir, name, short);
  writeFileSync(join(dir, "package.json"), `${JSON.stringify(manifestOf(name, short, kinds), null, 2)}\n`);
  writeFileSync(join(dir, "README.md"), readmeOf(name, short, kinds));
  writeFileSync(join(dir, ".gitignore"), "node_modules/\n");
  const isLinked = link(dir);

  if (globals.isJson) {
    answer({ dir, plugins: kinds.map((kind) => `${kind}.${name}`), isLinked });
    return exitCode.done;
  }
  terminal.talk(`${style.mark.ok} ${say({ en: `made ${dir}: ${kinds.map((kind) => `${kind}.${name}`).join(", ")}`, ko: `${dir} 생성: ${kinds.map((kind) => `${kind}.${name}`).join(", ")}` })}`);
  if (!isLinked) terminal.talk(`${style.mark.warn} ${say({ en: "its tests need a link to this program: `npm link dure` there", ko: "테스트하려면 이 프로그램을 연결해야 합니다: 그 폴더에서 `npm link dure`" })}`);
  terminal.talk(say({ en: `next: cd ${dir} && node --test`, ko: `다음: cd ${dir} && node --test` }));
  return exitCode.done;
};

function kindsOf(written: readonly string[]): MadeKind[] {
  const words = written.flatMap((word) => word.split(",")).map((word) => word.trim());
  if (words.includes("it") && words.includes("ir"))
    throw wrongUse({ en: "`it` and `ir` are mutually exclusive: a plugin has one input", ko: "`it`와 `ir`는 함께 쓸 수 없습니다. 입력은 하나입니다" });
  const kinds = words.map((word) => {
    const kind = KINDS.find((one) => one === word) ?? (Object.hasOwn(OLD_KINDS, word) ? OLD_KINDS[word] : undefined);
    if (kind !== undefined) return kind;
    const near = closest(word, KINDS);
    throw wrongUse({ en: `\`${word}\` is none of ${KINDS.join(", ")}`, ko: `\`${word}\`: ${KINDS.join(", ")} 가운데 하나여야 합니다` }, near === undefined ? undefined : { en: `did you mean \`-t ${near}\`?`, ko: `혹시 \`-t ${near}\` 인가요?` });
  });
  return kinds.length === 0 ? ["parse"] : KINDS.filter((kind) => kinds.includes(kind));
}

function checkName(name: string): void {
  if (PREFIX.test(name))
    throw wrongUse({ en: `\`${name}\`: write the name without its kind`, ko: `\`${name}\`: 종류 없이 이름만 쓰세요` }, { en: "the kind goes behind -t: dure init -t in Syslog", ko: "종류는 -t 뒤에 씁니다: dure init -t in Syslog" });
  if (NAME.test(name)) return;
  throw wrongUse({ en: `\`${name}\` cannot be a plugin's name`, ko: `\`${name}\`: 플러그인 이름으로 쓸 수 없습니다` }, { en: "begin with a capital, go on with letters, digits and _: Syslog", ko: "대문자로 시작해 영문자, 숫자, _로 쓰세요: Syslog" });
}

function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll("_", "-")
    .toLowerCase();
}

function copy(kind: MadeKind, file: string, dir: string, name: string, short: string): void {
  const to = join(dir, kind, file.replace("Sample", name));
  mkdirSync(dirname(to), { recursive: true });
  const text = readFileSync(join(TEMPLATE, kind, file), "utf8");
  writeFileSync(to, text.replaceAll("Sample", name).replace('"sample"', JSON.stringify(short)).replaceAll(/\bsample\b/g, "plugin"));
}

function manifestOf(name: string, short: string, kinds: readonly MadeKind[]): object {
  return {
    name: `dure-plugin-${short}`,
    version: "0.1.0",
    type: "module",
    engines: { node: ">=22.18" },
    scripts: { test: "node --test" },
    dure: { apiVersion: PLUGIN_API_VERSION, plugins: Object.fromEntries(kinds.map((kind) => [`${kind}.${name}`, `./${kind}/${name}.ts`])) },
  };
}

/** Lets the tests import "dure/testing" at once. The link belongs to this machine, so it is not to be committed. */
function link(dir: string): boolean {
  const modules = join(dir, "node_modules");
  mkdirSync(modules, { recursive: true });
  try {
    symlinkSync(resolve(INSTALLATION), join(modules, "dure"), process.platform === "win32" ? "junction" : "dir");
    return true;
  } catch {
    return false; // Some file systems have no links.
  }
}
