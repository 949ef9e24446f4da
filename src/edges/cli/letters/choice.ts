// Which dead letters the words of a command mean: by an id short enough to type, by `last`, by age or by reason.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { parseDurationMs } from "#base/quantities.ts";
import type { Letter } from "#kernel/dead-letters.ts";
import type { Call } from "../command.ts";
import { isConfigWord } from "../config-path.ts";
import { wrongUse } from "../failure.ts";

const DIGITS = 6;
/** What can only be a letter; any other word is the config. */
const ID_WORD = /^(?:last|[0-9a-f]{4,64}|[^/\\]+\/\d{8}T\d{9}Z-[0-9a-f]{8,})$/;

const SEE_IDS = { en: "ids are in the first column of `dure dead-letters`; a pipeline is named with -t", ko: "ID는 `dure dead-letters`의 첫 열에 있고, 파이프라인은 -t로 지정합니다" };

export interface Words {
  readonly ids: readonly string[];
  readonly config: string | undefined;
}

/** The words behind the action, in any order. */
export function wordsOf({ args }: Pick<Call, "args">): Words {
  const [ids, others] = [args.slice(1).filter((word) => ID_WORD.test(word)), args.slice(1).filter((word) => !ID_WORD.test(word))];
  if (1 < others.length) throw wrongUse({ en: `one config at a time: ${others.join(", ")}`, ko: `설정은 한 번에 하나만: ${others.join(", ")}` }, SEE_IDS);
  const [config] = others;
  if (config !== undefined && !isConfigWord(config) && !existsSync(config)) throw wrongUse({ en: `\`${config}\` is neither a dead letter nor a config`, ko: `\`${config}\`: 데드레터도 설정 파일도 아닙니다` }, SEE_IDS);
  return { ids, config };
}

/** The beginning of a hash of the id: the same in each listing, and longer only where two begin alike. */
export function shortIds(letters: readonly Letter[]): ReadonlyMap<string, string> {
  const hashes = letters.map(({ id }) => ({ id, hash: hashOf(id) })).sort((one, other) => (one.hash < other.hash ? -1 : 1));
  return new Map(hashes.map(({ id, hash }, index) => {
    const near = [hashes[index - 1]?.hash ?? "", hashes[index + 1]?.hash ?? ""];
    let digits = DIGITS;
    while (digits < hash.length && near.some((other) => other.startsWith(hash.slice(0, digits)))) digits += 1;
    return [id, hash.slice(0, digits)];
  }));
}

/** The letters these ids mean, each once. Throws when one means none, or several. */
export function lettersOf(letters: readonly Letter[], ids: readonly string[]): Letter[] {
  const chosen = ids.map((word) => {
    const found = word === "last" ? letters.slice(-1) : letters.filter(({ id }) => id === word || hashOf(id).startsWith(word));
    const [letter] = found;
    const hint = { en: "see `dure dead-letters list`", ko: "`dure dead-letters list` 참고" };
    if (letter === undefined) throw wrongUse({ en: `there is no dead letter ${word}`, ko: `${word} 데드레터가 없습니다` }, hint);
    if (1 < found.length) throw wrongUse({ en: `${word} is the beginning of ${found.length} dead letters`, ko: `ID가 ${word}… 인 데드레터가 ${found.length}건입니다` }, hint);
    return letter;
  });
  return [...new Set(chosen)];
}

/** Those that `--older` and `--reason` leave; letters that cannot be read have no reason. */
export function filtered(letters: readonly Letter[], { options }: Pick<Call, "options">): Letter[] {
  const { older, reason } = options;
  const olderMs = older === undefined ? undefined : parseDurationMs(String(older));
  if (older !== undefined && olderMs === undefined) throw wrongUse({ en: `\`--older ${String(older)}\`: write a duration such as 12h or 7d`, ko: `\`--older ${String(older)}\`: 12h, 7d 같은 시간을 쓰세요` });
  const before = olderMs === undefined ? Number.POSITIVE_INFINITY : Date.now() - olderMs;
  return letters.filter((letter) => Date.parse(letter.at) <= before && (reason === undefined || letter.reason.toLowerCase().includes(String(reason).toLowerCase())));
}

function hashOf(id: string): string {
  return createHash("sha256").update(id).digest("hex");
}
