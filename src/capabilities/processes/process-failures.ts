// Why something cannot be done with a process: there is none of that name, there is one already, or its state is not the one for it.
import { closest } from "#base/similar.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";

/** Of hundreds, nobody reads all. */
const NAMED_MAX = 20;

export function noProcess(name: string, names: readonly string[]): CommandFailure {
  return notFound({ en: "process", ko: "프로세스가" }, name, names);
}

export function notFound(noun: { readonly en: string; readonly ko: string }, name: string, names: readonly string[]): CommandFailure {
  const near = closest(name, names);
  const named = names.length <= NAMED_MAX ? names.join(", ") : `${names.slice(0, NAMED_MAX).join(", ")}, …`;
  return new CommandFailure("NOT_FOUND", {
    message: `there is no ${noun.en} \`${name}\``,
    hint: near !== undefined ? `Did you mean \`${near}\`?` : names.length === 0 ? "There is none at all." : `There are ${named}.`,
    ko: { message: `\`${name}\` ${noun.ko} 없습니다`, hint: near !== undefined ? `혹시 \`${near}\` 인가요?` : names.length === 0 ? "하나도 없습니다." : `있는 것: ${named}` },
  });
}

export function exists(noun: { readonly en: string; readonly ko: string }, name: string): CommandFailure {
  return new CommandFailure("CONFLICT", { message: `there is a ${noun.en} \`${name}\` already`, ko: { message: `\`${name}\` ${noun.ko} 이미 있습니다` } });
}

export function isNeeded(name: string, by: readonly string[]): CommandFailure {
  const named = by.slice(0, NAMED_MAX).join(", ");
  return new CommandFailure("CONFLICT", { message: `\`${name}\` is what others depend on: ${named}`, hint: "Take it out of their `depends_on` first.", ko: { message: `\`${name}\` 프로세스에 의존하는 프로세스가 있습니다: ${named}`, hint: "먼저 그 프로세스의 `depends_on`에서 빼세요." } });
}
