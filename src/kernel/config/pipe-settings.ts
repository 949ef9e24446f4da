// `svc_name`, `debug` and `logger` of an old config, as what `agent:` says of the pid file and the log.
import { particle } from "./korean.ts";
import type { Problems } from "./problem.ts";
import type { ConfigDraft } from "./steps.ts";
import { entryOf, isNull, spanOf } from "./tree.ts";
import type { MapEntry, MapNode, ScalarNode, TreeNode } from "./tree.ts";

const LEVELS: Readonly<Record<string, string>> = { DEBUG: "debug", INFO: "info", WARNING: "warn", WARN: "warn", ERROR: "error", CRITICAL: "error" };
const HANDLER_KEYS: Readonly<Record<string, string>> = { filename: "file", maxBytes: "rotate_size", backupCount: "rotate_files" };

/** Puts what the settings say under `agent:`; what `agent:` says itself goes before them. */
export function readPipeSettings(root: MapNode, config: ConfigDraft, problems: Problems): void {
  const name = entryOf(root, "svc_name");
  const agent: MapEntry[] = [];
  const log: MapEntry[] = [];
  if (name !== undefined) agent.push(...pidFile(name, problems));
  const displayed = entryOf(root, "svc_dname");
  if (displayed !== undefined) sayWithoutEffect(displayed, problems);
  const logger = entryOf(root, "logger");
  if (logger !== undefined) readLogger(logger, log, problems);
  const debug = entryOf(root, "debug");
  if (debug !== undefined) readDebug(debug, log, problems);
  if (agent.length + log.length === 0) return;
  const own = config.agent?.value;
  if (own !== undefined && own.type !== "map" && !isNull(own)) return; // Which is said of it where agents are checked.
  const written = own?.type === "map" ? own.entries : [];
  const ownLog = written.find(({ key }) => key === "log");
  if (ownLog !== undefined && ownLog.value.type !== "map") return;
  if (0 < log.length) {
    const first = log[0]?.keySpan ?? root;
    const entries = merged(log, ownLog?.value.type === "map" ? ownLog.value.entries : []);
    agent.push({ key: "log", keySpan: ownLog?.keySpan ?? first, value: { type: "map", start: first.start, end: first.end, entries } });
  }
  const keySpan = config.agent?.keySpan ?? agent[0]?.keySpan ?? root;
  const rest = written.filter(({ key }) => key !== "log" || log.length === 0);
  config.agent = { key: "agent", keySpan, value: { type: "map", start: keySpan.start, end: keySpan.end, entries: merged(agent, rest) } };
}

function merged(base: readonly MapEntry[], over: readonly MapEntry[]): MapEntry[] {
  return [...base.filter(({ key }) => !over.some((entry) => entry.key === key)), ...over];
}

function pidFile({ keySpan, value }: MapEntry, problems: Problems): MapEntry[] {
  if (value.type === "scalar" && typeof value.value === "string" && /^[\p{L}\p{N}][\p{L}\p{N}\p{M} ._-]*$/u.test(value.value))
    return [{ key: "pid_file", keySpan, value: scalarAt(value, `run/${value.value}.pid`) }];
  problems.add("DURE201", spanOf(value, keySpan), {
    text: { en: "'svc_name' is a name of letters, digits, blanks, `.`, `_` and `-`", ko: "'svc_name'에는 글자, 숫자, 빈칸, `.`, `_`, `-`로 된 이름을 씁니다" },
  });
  return [];
}

function readDebug({ keySpan, value }: MapEntry, log: MapEntry[], problems: Problems): void {
  if (isNull(value)) return;
  if (value.type !== "scalar" || typeof value.value !== "boolean") {
    problems.add("DURE201", spanOf(value, keySpan), { text: { en: "'debug' must be true or false", ko: "'debug'는 true 또는 false여야 합니다" } });
    return;
  }
  if (!value.value) return;
  const level = { key: "level", keySpan, value: scalarAt(value, "debug") };
  log.splice(0, log.length, ...merged(log, [level]));
}

/** Of a Python logging dictionary: the root's level, and a file handler's file and rotation. */
function readLogger({ keySpan, value }: MapEntry, log: MapEntry[], problems: Problems): void {
  if (isNull(value)) return;
  if (value.type !== "map") {
    problems.add("DURE201", spanOf(value, keySpan), { text: { en: "'logger' must be a map", ko: "'logger'는 맵이어야 합니다" } });
    return;
  }
  for (const entry of value.entries) {
    if (entry.key === "version" || entry.key === "disable_existing_loggers") continue; // They belong to the form itself.
    if (entry.key === "root") readLoggerRoot(entry, log, problems);
    else if (entry.key === "handlers" && entry.value.type === "map") for (const handler of entry.value.entries) readHandler(handler, log, problems);
    else sayWithoutEffect(entry, problems);
  }
}

function readLoggerRoot(entry: MapEntry, log: MapEntry[], problems: Problems): void {
  for (const inner of entry.value.type === "map" ? entry.value.entries : []) {
    const level = inner.value.type === "scalar" ? LEVELS[String(inner.value.value).toUpperCase()] : undefined;
    if (inner.key === "level" && level !== undefined) log.push({ key: "level", keySpan: inner.keySpan, value: scalarAt(inner.value, level) });
    else if (inner.key !== "handlers") sayWithoutEffect(inner, problems);
  }
}

function readHandler(entry: MapEntry, log: MapEntry[], problems: Problems): void {
  const entries = entry.value.type === "map" ? entry.value.entries : [];
  const hasFile = entries.some(({ key }) => key === "filename") && !log.some(({ key }) => key === "file");
  if (!hasFile) return sayWithoutEffect(entry, problems);
  for (const inner of entries) {
    const key = HANDLER_KEYS[inner.key];
    if (key !== undefined) log.push({ key, keySpan: inner.keySpan, value: inner.value });
    else if (!["class", "encoding"].includes(inner.key)) sayWithoutEffect(inner, problems);
  }
}

function sayWithoutEffect({ key, keySpan }: MapEntry, problems: Problems): void {
  problems.add("DURE405", keySpan, {
    text: { en: `'${key}' has no effect`, ko: `'${key}'${particle(key, "은/는")} 효과가 없습니다` },
    help: { en: "write what you need under `agent:`: `dure desc agent`", ko: "필요한 것은 `agent:`에 쓰세요: `dure desc agent`" },
  });
}

function scalarAt({ start, end }: TreeNode, value: string): ScalarNode {
  return { type: "scalar", start, end, value, isQuoted: true, isInterpolated: false };
}
