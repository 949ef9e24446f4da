// ItsBox Operator's `Config.py` as a config of ours, each key with what became of it.
import { posix } from "node:path";
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import type { PythonConstant, PythonValue } from "./python-constants.ts";

export interface OldConfig {
  readonly constants: ReadonlyMap<string, PythonConstant>;
  /** Of `Config.py`, with slashes. */
  readonly file: string;
  /** Where the new config will lie. */
  readonly dir: string;
  readonly rules: string;
  /** The password of the broker stands in the text; otherwise a variable does. */
  readonly hasPassword: boolean;
}

export interface Imported {
  readonly text: string;
  /** What somebody has to know or do. */
  readonly notes: readonly Text[];
}

/** What holds the password, where it is not in the text. */
export const PASSWORD_VARIABLE = "RABBITMQ_PASS";
const LEVELS = new Map<PythonValue, string>([[50, "CRITICAL"], [40, "ERROR"], [30, "WARNING"], [20, "INFO"], [10, "DEBUG"], [0, "NOTSET"], ["WARN", "WARNING"], ["FATAL", "CRITICAL"]]);
const KNOWN = /^(?:PROJECT_(?:NAME|DIR)|LOG_(?:LEVEL|FILE_(?:DIR|PREFIX|ROTATION|MAX_BYTES|MAX_COUNT|ALLINONE))|RABBITMQ_(?:IP|PORT|VHOST|USER|PASS|QNAME_(?:MGR|MGMT|MSG)_(?:IN|OUT))|MAX_WORKER_PER_NODE|MAX_THREAD_PER_WORKER|WORKER_COUNT|THREAD_COUNT|WORKER_WATCHER_INTERVAL|MANAGER_REQUEST_TIMEOUT_PER_WORKER|WEBSOCKET_MGMT_SERVER_(?:BOOT|PORT)|RULE_MODULE_BASE)$/;
const PATTERN = /^[A-Z][A-Z0-9_]*$/;

/** Whether it looks like that file at all. */
export function isOldConfig(constants: ReadonlyMap<string, PythonConstant>): boolean {
  return [...constants.keys()].filter((name) => KNOWN.test(name)).length >= 3;
}

export function importedConfig(old: OldConfig): Imported {
  const notes: Text[] = [];
  const read = new Reading(old.constants, notes);
  const written = old.constants.get("PROJECT_DIR")?.value;
  const project = typeof written === "string" && written.startsWith("/") ? written : projectOf(old.file);
  const base = read.text("RULE_MODULE_BASE", "itsbox.operator");
  const lines = [...head(old), ...jobs(old, read, project, base, notes), ...operator(old, read, project, base), ...rest(old)];
  return { text: `${lines.join("\n")}\n`, notes };
}

/** A constant, or what the old program had when nobody wrote it. What cannot be known without running Python is said. */
class Reading {
  readonly #constants: ReadonlyMap<string, PythonConstant>;
  readonly #notes: Text[];

  constructor(constants: ReadonlyMap<string, PythonConstant>, notes: Text[]) {
    this.#constants = constants;
    this.#notes = notes;
  }

  text(name: string, usual: string): string {
    return this.#typed(name, usual, (value): value is string => typeof value === "string");
  }

  count(name: string, usual: number): number {
    return this.#typed(name, usual, (value): value is number => typeof value === "number" && Number.isInteger(value) && 0 <= value);
  }

  seconds(name: string, usual: number): number {
    return this.#typed(name, usual, (value): value is number => typeof value === "number" && 0 < value);
  }

  flag(name: string, usual: boolean): boolean {
    return this.#typed(name, usual, (value): value is boolean => typeof value === "boolean");
  }

  level(): string {
    const value = this.#constants.get("LOG_LEVEL")?.value;
    const level = LEVELS.get(value ?? "") ?? value;
    if (typeof level === "string" && ["NOTSET", "CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"].includes(level)) return level;
    return this.text("LOG_LEVEL", "DEBUG") && "DEBUG";
  }

  #typed<Value extends PythonValue>(name: string, usual: Value, fits: (value: PythonValue) => value is Value): Value {
    const constant = this.#constants.get(name);
    if (constant === undefined) return usual;
    const { value, line } = constant;
    if (value !== undefined && fits(value)) return value;
    this.#notes.push({ en: `line ${line}: ${name} cannot be read without running Python, or is of another kind; its usual value stands there now`, ko: `${line}행: ${name} 값은 Python을 실행하지 않고는 알 수 없거나 종류가 다릅니다. 기본값을 썼습니다` });
    return usual;
  }
}

/** PROJECT_DIR was looked for in Python's path; the file itself says as well where it lies: PROJECT/itsbox/operator/Config.py. */
export function projectOf(file: string): string {
  return posix.resolve(posix.dirname(file), "../..");
}

/** Where the file lies among them, whatever PROJECT_DIR says: somebody may have written it as the folder of the file itself. */
function packagesOf(file: string, project: string, base: string): string {
  const below = base.replaceAll(".", "/");
  const own = posix.resolve(posix.dirname(file));
  return own.endsWith(`/${below}`) ? own : posix.join(project, below);
}

function head({ file }: OldConfig): string[] {
  return [
    ...comment({ en: `Made of ${posix.basename(file)} by \`dure import\`. Each key says what it was called; what is not here is not needed any more.`, ko: `\`dure import\`로 ${posix.basename(file)}에서 만들었습니다. 키마다 예전 이름을 적었고, 없는 것은 이제 필요 없습니다.` }),
    ...comment({ en: "PROJECT_NAME, PROJECT_DIR: paths begin at this file.", ko: "PROJECT_NAME, PROJECT_DIR: 경로는 이 파일을 기준으로 합니다." }),
  ];
}

function jobs({ constants, file, rules, hasPassword }: OldConfig, read: Reading, project: string, base: string, notes: Text[]): string[] {
  const user = read.text("RABBITMQ_USER", "itsbox");
  const password = read.text("RABBITMQ_PASS", "itsbox");
  const ip = read.text("RABBITMQ_IP", "127.0.0.1");
  const host = ip.includes(":") ? `[${ip}]` : encodeURIComponent(ip);
  const shown = hasPassword ? encodeURIComponent(password) : `\${env:${PASSWORD_VARIABLE}}`;
  const url = `amqp://${encodeURIComponent(user)}:${shown}@${host}:${read.count("RABBITMQ_PORT", 5672)}/${encodeURIComponent(read.text("RABBITMQ_VHOST", "/"))}`;
  const isEncoded = encodeURIComponent(password) !== password;
  if (!hasPassword)
    notes.push({
      en: `set the variable ${PASSWORD_VARIABLE} to the password${constants.has("RABBITMQ_PASS") ? ` of line ${constants.get("RABBITMQ_PASS")?.line}` : " (the old default)"}${isEncoded ? ", percent-encoded: it holds letters that an address cannot" : ""}; or import with --with-password`,
      ko: `환경 변수 ${PASSWORD_VARIABLE}에 ${constants.has("RABBITMQ_PASS") ? `${constants.get("RABBITMQ_PASS")?.line}행의 비밀번호를` : "비밀번호(예전 기본값)를"} 넣으세요${isEncoded ? ". 주소에 쓸 수 없는 글자가 있으니 퍼센트 인코딩하세요" : ""}. 아니면 --with-password로 가져오세요`,
    });
  const packages = packagesOf(file, project, base);
  notes.push({ en: `copy the packages with your rules from ${packages} to the folder of \`rules:\`, without the operator's own files`, ko: `규칙 패키지를 ${packages}에서 \`rules:\` 폴더로 복사하세요. Operator 자신의 파일은 빼세요` });
  const workers = read.count("WORKER_COUNT", 2);
  const slots = read.count("THREAD_COUNT", 5);
  const secure: Text = hasPassword
    ? { en: `The password stands here as it did there. Better in a variable: amqp://…:\${env:${PASSWORD_VARIABLE}}@…`, ko: `비밀번호가 예전처럼 그대로 있습니다. 환경 변수로 옮기는 것이 좋습니다: amqp://…:\${env:${PASSWORD_VARIABLE}}@…` }
    : { en: `The password comes from the variable ${PASSWORD_VARIABLE}.`, ko: `비밀번호는 환경 변수 ${PASSWORD_VARIABLE}에서 읽습니다.` };
  return [
    "jobs:",
    ...comment({ en: `RULE_MODULE_BASE was the package of the rules; now it is a folder. Only what lies in it can be called: copy your rules there from ${base.replaceAll(".", "/")}/, and not Config.py and the operator's other files.`, ko: `RULE_MODULE_BASE는 규칙의 패키지였고 이제는 폴더입니다. 여기 있는 것만 부를 수 있습니다. ${base.replaceAll(".", "/")}/에서 규칙만 복사하고 Config.py 등 Operator 자신의 파일은 빼세요.` }, 1),
    `  rules: ${scalar(rules)}`,
    ...comment({ en: "RABBITMQ_IP, _PORT, _VHOST, _USER, _PASS. Messages are acknowledged only when they are answered.", ko: "RABBITMQ_IP, _PORT, _VHOST, _USER, _PASS. 응답한 뒤에야 메시지를 확인(ack)합니다." }, 1),
    ...comment(secure, 1),
    `  queue: ${scalar(url)}`,
    `  workers: ${workers} # WORKER_COUNT`,
    `  slots: ${slots} # THREAD_COUNT`,
    `  limits: { workers: ${Math.max(1, read.count("MAX_WORKER_PER_NODE", 100))}, slots: ${Math.max(1, read.count("MAX_THREAD_PER_WORKER", 100))} } # MAX_WORKER_PER_NODE, MAX_THREAD_PER_WORKER`,
    `  watcher: { interval: ${read.seconds("WORKER_WATCHER_INTERVAL", 5)}s } # WORKER_WATCHER_INTERVAL`,
    ...comment({ en: "The old operator knew no time-out and tried nothing again. A rule that hangs then holds its slot for ever: `timeout: 10m` is better.", ko: "예전에는 제한 시간도 재시도도 없었습니다. 멈춘 규칙이 슬롯을 계속 차지하므로 `timeout: 10m`처럼 정하는 것이 좋습니다." }, 1),
    "  timeout: none",
  ];
}

function operator({ constants, dir }: OldConfig, read: Reading, project: string, base: string): string[] {
  // The README of the old program says MGR, its code reads MGMT.
  const name = (part: "MSG" | "MGMT", way: "IN" | "OUT"): string => {
    const key = `RABBITMQ_QNAME_${part}_${way}`;
    const other = `RABBITMQ_QNAME_MGR_${way}`;
    return read.text(part === "MGMT" && !constants.has(key) && constants.has(other) ? other : key, `ITSBOX.D.${part}_${way}`);
  };
  const isServed = read.flag("WEBSOCKET_MGMT_SERVER_BOOT", true);
  const port = read.count("WEBSOCKET_MGMT_SERVER_PORT", 8081);
  // The prefix may hold the folder as well, and the folder may be relative to the project.
  const prefix = read.text("LOG_FILE_PREFIX", "operator");
  const folder = posix.resolve(project, read.text("LOG_FILE_DIR", posix.join(project, "logs")));
  const isWhole = prefix.startsWith("/");
  const logs = isWhole ? posix.dirname(prefix) : folder;
  const relative = posix.relative(dir, logs);
  return [
    "  operator:",
    ...comment({ en: "RABBITMQ_QNAME_MSG_IN, _OUT, _MGMT_IN, _OUT (or _MGR_). They are taken as they are and never purged.", ko: "RABBITMQ_QNAME_MSG_IN, _OUT, _MGMT_IN, _OUT (또는 _MGR_). 있는 그대로 쓰고 비우지 않습니다." }, 2),
    "    queues:",
    `      message_in: ${scalar(name("MSG", "IN"))}`,
    `      message_out: ${scalar(name("MSG", "OUT"))}`,
    `      management_in: ${scalar(name("MGMT", "IN"))}`,
    `      management_out: ${scalar(name("MGMT", "OUT"))}`,
    ...comment({ en: "WEBSOCKET_MGMT_SERVER_BOOT, _PORT. It listened for everybody without a login; now on this machine, and asks who it is. `open: true` with `origins: [\"null\"]` lets old pages in that lie in a file.", ko: "WEBSOCKET_MGMT_SERVER_BOOT, _PORT. 예전에는 누구나 로그인 없이 접속했습니다. 이제 이 컴퓨터에서만 듣고 로그인을 확인합니다. 파일로 여는 옛 페이지를 그대로 쓰려면 `open: true`와 `origins: [\"null\"]`." }, 2),
    isServed ? `    websocket: { port: ${port} }` : "    websocket: false",
    ...comment({ en: "LOG_LEVEL, LOG_FILE_DIR, _PREFIX, _ROTATION, _MAX_BYTES, _MAX_COUNT, _ALLINONE.", ko: "LOG_LEVEL, LOG_FILE_DIR, _PREFIX, _ROTATION, _MAX_BYTES, _MAX_COUNT, _ALLINONE." }, 2),
    "    logs:",
    `      dir: ${scalar(relative === "" ? "." : relative.startsWith("../..") ? logs : relative.startsWith(".") ? relative : `./${relative}`)}`,
    `      prefix: ${scalar(isWhole ? posix.basename(prefix) || "operator" : prefix)}`,
    `      level: ${read.level()}`,
    `      rotate: ${read.flag("LOG_FILE_ROTATION", false)}`,
    `      rotate_size: ${Math.max(1, read.count("LOG_FILE_MAX_BYTES", 10 << 20))}`,
    `      rotate_files: ${read.count("LOG_FILE_MAX_COUNT", 10)}`,
    `      all_in_one: ${read.flag("LOG_FILE_ALLINONE", false)}`,
    `    module_base: ${scalar(base)} # RULE_MODULE_BASE`,
    `    request_timeout: ${read.seconds("MANAGER_REQUEST_TIMEOUT_PER_WORKER", 3)}s # MANAGER_REQUEST_TIMEOUT_PER_WORKER`,
  ];
}

/** Names alone: what they hold may be a secret. */
function rest({ constants }: OldConfig): string[] {
  const unknown = [...constants].filter(([name]) => PATTERN.test(name) && !KNOWN.test(name));
  return unknown.map(([name, { line }]) => comment({ en: `Line ${line}: ${name} is none of the operator's keys and was left out.`, ko: `${line}행: ${name}: Operator의 키가 아니어서 뺐습니다.` })).flat();
}

const WIDTH = 110;

function comment(text: Text, depth = 0): string[] {
  const lines: string[] = [""];
  for (const word of say(text).split(" ")) {
    const last = lines.at(-1) ?? "";
    if (WIDTH < last.length + word.length) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines.map((line) => `${"  ".repeat(depth)}# ${line}`);
}

/** Quoted wherever it might be read as something else. `${` of the old text is no reference of ours. */
function scalar(text: string): string {
  return /^[\w./][\w./-]*$/u.test(text) && !/^(?:true|false|null|yes|no|on|off|[\d.+-]*)$/i.test(text) ? text : JSON.stringify(text);
}
