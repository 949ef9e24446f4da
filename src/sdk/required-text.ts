// The longest text that is in whatever a pattern matches. A line without it needs no regular expression.
import type { AST } from "@eslint-community/regexpp";
import type { Pattern } from "./pattern.ts";

export interface RequiredText {
  readonly text: string;
  /** The pattern is this text and nothing else: what has it matches. */
  readonly isAll: boolean;
}

export function requiredText({ tree, flags }: Pattern): RequiredText | undefined {
  const isAnyCase = flags.includes("i");
  const runs: string[] = [];
  let run = "";
  const end = (): void => {
    runs.push(run);
    run = "";
  };
  const read = (alternatives: readonly AST.Alternative[]): void => {
    const [only, other] = alternatives;
    if (only === undefined || other !== undefined) return end();
    for (const element of only.elements) {
      switch (element.type) {
        case "Character": {
          const text = String.fromCodePoint(element.value);
          if (isUsable(text, isAnyCase)) run += text;
          else end();
          break;
        }
        case "CapturingGroup":
          read(element.alternatives);
          break;
        case "Group":
          if (element.modifiers === null) read(element.alternatives);
          else end();
          break;
        case "Assertion":
          break; // Takes no text: what is before it and behind it are neighbours.
        case "Quantifier":
          end();
          if (0 < element.min && (element.element.type === "CapturingGroup" || (element.element.type === "Group" && element.element.modifiers === null))) read(element.element.alternatives);
          else if (0 < element.min && element.element.type === "Character" && isUsable(String.fromCodePoint(element.element.value), isAnyCase)) run = String.fromCodePoint(element.element.value);
          end();
          break;
        default:
          end();
      }
    }
  };
  read(tree.alternatives);
  end();
  const text = runs.filter((each) => each.isWellFormed()).reduce((longest, each) => (longest.length < each.length ? each : longest), "");
  if (text === "") return undefined;
  return { text, isAll: tree.alternatives.length === 1 && tree.alternatives[0]?.elements.every(({ type }) => type === "Character") === true && !isAnyCase && text.length === runs.join("").length };
}

/** Not what bad bytes become when they are decoded, nor, where case does not matter, what has more than one. */
function isUsable(text: string, isAnyCase: boolean): boolean {
  if (text === "\uFFFD" || text === "\n") return false;
  return !isAnyCase || /^(?:[^A-Za-z\u0080-\uFFFF]|[가-힣])$/.test(text);
}
