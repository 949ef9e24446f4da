// Words that people bring along: nouns in the singular (`dure process ls`), verbs of other tools (`ls`, `rm`, `add`), and EventFlow's own (`add_task`). They
// are turned into the words of the table before anything reads them.

const NOUNS: Readonly<Record<string, string>> = { process: "processes", flow: "flows", group: "groups", schedule: "schedules", recovery: "recoveries", program: "programs", job: "jobs", jobs: "jobs", processes: "processes", flows: "flows", groups: "groups", schedules: "schedules", recoveries: "recoveries", programs: "programs", "process-settings": "process-settings" };

const VERBS: Readonly<Record<string, string>> = { ls: "list", rm: "remove", add: "create", del: "remove" };
/** Where the usual one is not it. */
const OWN: Readonly<Record<string, string>> = {
  "processes ls": "ls",
  "processes add": "add",
  "flows rm": "delete",
  "flows del": "delete",
  "flows remove": "delete",
  "groups add": "set",
  "groups create": "set",
  "programs add": "put",
};

const TASKS: Readonly<Record<string, string>> = { add_task: "add", act_task: "start", trm_task: "stop", del_task: "remove" };

/** Options whose value could be taken for the first word. */
const WITH_VALUE = new Set(["-c", "--config", "--lang", "--color", "--url", "--token", "--token-file", "--ca"]);

export function withoutAliases(words: readonly string[]): readonly string[] {
  // `help process` and what Tab asks for have the words behind them.
  const at = words.findIndex((word, index) => !word.startsWith("-") && !WITH_VALUE.has(words[index - 1] ?? ""));
  const start = words[at] === "help" ? at + 1 : at;
  const [first = "", second = ""] = words.slice(start);
  const before = words.slice(0, start);
  const task = Object.hasOwn(TASKS, first) ? TASKS[first] : undefined;
  if (at !== -1 && task !== undefined) {
    const rest = words.slice(start + 1);
    // What stands behind the name is the task's own command line.
    return [...before, "processes", task, ...(task === "add" && 1 < rest.length && rest[1] !== "--" && !(rest[0] ?? "").startsWith("-") ? [rest[0] ?? "", "--", ...rest.slice(1)] : rest)];
  }
  if (at !== -1 && first === "operator") return [...before, ...operatorWords(words.slice(start + 1))];
  const noun = at !== -1 && Object.hasOwn(NOUNS, first) ? NOUNS[first] : undefined;
  if (noun === undefined) return words;
  if (second === "" || second.startsWith("-")) return [...before, noun, ...words.slice(start + 1)];
  const verb = OWN[`${noun} ${second}`] ?? (noun === "programs" && second === "upload" && isFileGiven(words.slice(start + 2)) ? "put" : noun === "processes" && second === "send" && isLineGiven(words.slice(start + 2)) ? "say" : noun === "recoveries" && ["add", "create", "run"].includes(second) && isLineGiven(words.slice(start + 2)) ? "run" : Object.hasOwn(VERBS, second) ? VERBS[second] : second);
  return [...before, ...withOption([noun, verb ?? second, ...words.slice(start + 2)])];
}

/** `dure process scale etl 3`: the one value that such a command takes needs no option. */
const SECOND_WORD: Readonly<Record<string, string>> = { "processes scale": "--instances", "processes signal": "--signal", "programs use": "--version", "process-settings set": "--value" };

function withOption(words: readonly string[]): readonly string[] {
  const [noun = "", verb = "", name = "", value, ...more] = words;
  // `dure job submit test.module TestClass.callme`: module and function, as the old operator has them.
  if (noun === "jobs" && verb === "submit" && value !== undefined && !name.startsWith("-") && !value.startsWith("-") && !name.includes(":")) return [noun, verb, `${name}:${value}`, ...more];
  const option = Object.hasOwn(SECOND_WORD, `${noun} ${verb}`) ? SECOND_WORD[`${noun} ${verb}`] : undefined;
  return option === undefined || value === undefined || name.startsWith("-") || value.startsWith("-") ? words : [noun, verb, name, option, value, ...more];
}

/** `dure program upload NAME FILE`; with options it is the command of the table. */
function isFileGiven([process = "", file = ""]: readonly string[]): boolean {
  return process !== "" && !process.startsWith("-") && file !== "" && !file.startsWith("-");
}

/** `dure process send NAME LINE`; without a line the command of the table asks for it. */
function isLineGiven([name = "", line]: readonly string[]): boolean {
  return name !== "" && !name.startsWith("-") && line !== undefined && !line.startsWith("--");
}

/** `dure operator start worker 3(40)`: the old operator's words as they are. */
function operatorWords([action = "", target = "", detail = "", ...more]: readonly string[]): readonly string[] {
  if (action === "" || action.startsWith("-")) return ["jobs", ...[action, target, detail].filter((word) => word !== ""), ...more];
  if (["rules", "reload", "workers"].includes(action)) return ["jobs", action === "workers" ? "look" : action, ...[target, detail].filter((word) => word !== ""), ...more];
  const isGiven = (word: string): boolean => word !== "" && !word.startsWith("-");
  const rest = [target, detail].filter((word) => word !== "" && !isGiven(word));
  return ["jobs", "manage", "--action", action, ...(isGiven(target) ? ["--target", target] : []), ...(isGiven(target) && isGiven(detail) ? ["--detail", detail] : []), ...rest, ...more];
}
