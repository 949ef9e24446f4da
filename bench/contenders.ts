// How each contender is told to do a workload. undefined = it cannot do it, or is not installed.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Setting {
  readonly workload: string;
  readonly input: string;
  /** An empty folder of this run. */
  readonly dir: string;
  /** Port of the receiver, where the workload has one. */
  readonly port: number;
  /** File to write, where the workload has one. */
  readonly output: string;
}
export interface Contender {
  readonly name: string;
  /** It keeps running and watches for its input; the others read it once. */
  readonly isAgent: boolean;
  /** What its receiver speaks. */
  readonly protocol: "forward" | "forward-entries" | "tcp";
  start(setting: Setting): { readonly command: string; readonly args: readonly string[]; readonly env?: Record<string, string> } | undefined;
}

/** As the peers have it by default: what is written is left to the system's own time. */
const SYNC = "none";
const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** A pattern of no delimiter shape (alternation, bounded repeats), so that it takes the general regex path. */
const GENERAL_PATTERN = String.raw`^(?<remote>[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F:]+) (?<host>\S+) (?<user>\S+) \[(?<time>[^\]]+)\] "(?<method>GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS) (?<path>[^ "]+) HTTP/[0-9.]+" (?<code>[0-9]{3}) (?<size>[0-9]+|-) "(?<referer>[^"]*)" "(?<agent>[^"]*)"$`;

/** As Fluent Bit's own parsers.conf has it. */
const FLUENT_BIT_NGINX = String.raw`[PARSER]
    Name nginx
    Format regex
    Regex ^(?<remote>[^ ]*) (?<host>[^ ]*) (?<user>[^ ]*) \[(?<time>[^\]]*)\] "(?<method>\S+)(?: +(?<path>[^\"]*?)(?: +\S*)?)?" (?<code>[^ ]*) (?<size>[^ ]*)(?: "(?<referer>[^\"]*)" "(?<agent>[^\"]*)")?$
    Types code:integer size:integer
    Time_Key time
    Time_Format %d/%b/%Y:%H:%M:%S %z`;

const dure: Contender = {
  name: "dure",
  isAgent: true,
  protocol: "forward",
  start({ workload, input, dir, port, output }) {
    const steps: Record<string, unknown[]> = {
      w1: ["out.Null"],
      w2: [{ "out.Fluentd": { host: "127.0.0.1", port, ack: false } }],
      w2d: [{ "buffer.Size": { storage: "disk", fsync: SYNC } }, { "out.Fluentd": { host: "127.0.0.1", port, ack: true } }],
      w3: [{ "parse.Regex": { format: "nginx" } }, { "out.File": { path: output, format: "json", fsync: SYNC } }],
      w3r: [{ "parse.Regex": { pattern: GENERAL_PATTERN, types: { code: "integer", size: "integer" }, time_key: "time", time_format: "%d/%b/%Y:%H:%M:%S %z" } }, { "out.File": { path: output, format: "json", fsync: SYNC } }],
      w3w: [{ "parse.Regex": { format: "nginx" } }, { "filter.Where": "r.status >= 500" }, { "out.File": { path: output, format: "json", fsync: SYNC } }],
      w4: [{ "parse.Json": {} }, { "out.Fluentd": { host: "127.0.0.1", port, ack: false } }],
      w5: [{ "out.Fluentd": { host: "127.0.0.1", port, ack: false } }],
    };
    const rest = steps[workload];
    if (rest === undefined) return undefined;
    const config = join(dir, "dure.json.yml");
    writeFileSync(config, JSON.stringify({ agent: { data_dir: join(dir, "data") }, pipelines: { bench: [{ "in.FileTail": { path: input, tag: "bench" } }, ...rest] } }));
    return { command: join(ROOT, "dure"), args: ["run", config] };
  },
};

const rsyslog: Contender = {
  name: "rsyslog",
  isAgent: true,
  protocol: "tcp",
  start({ workload, input, dir, port }) {
    if (!existsSync("/usr/sbin/rsyslogd") || !["w1", "w2", "w5"].includes(workload)) return undefined;
    const work = join(dir, "rsyslog");
    mkdirSync(work);
    const action = workload === "w1" ? `action(type="omfile" file="/dev/null" template="raw")` : `action(type="omfwd" target="127.0.0.1" port="${port}" protocol="tcp" template="raw" queue.type="linkedlist" queue.size="100000" action.resumeRetryCount="-1")`;
    const config = join(dir, "rsyslog.conf");
    writeFileSync(config, `global(workDirectory="${work}" maxMessageSize="64k")\nmodule(load="imfile" mode="inotify")\ntemplate(name="raw" type="string" string="%msg%\\n")\ninput(type="imfile" file="${input}" tag="bench" ruleset="out" ${workload === "w5" ? "" : `freshStartTail="off"`})\nruleset(name="out") { ${action} }\n`);
    return { command: "/usr/sbin/rsyslogd", args: ["-n", "-f", config, "-i", join(dir, "rsyslog.pid")] };
  },
};

const naive: Contender = {
  name: "naive",
  isAgent: false,
  protocol: "forward",
  start({ workload, input, port, output }) {
    if (!["w1", "w2", "w3", "w4"].includes(workload)) return undefined;
    return { command: process.execPath, args: [join(ROOT, "bench/naive.mjs"), workload, input, workload === "w3" ? output : String(port)] };
  },
};

/** Fluent Bit from FLUENT_BIT or the usual places, as it is (`isTuned` false) or with large reads, a short flush and a thread of its own for the input. */
function fluentBit(name: string, isTuned: boolean): Contender {
  return {
    name,
    isAgent: false, // It starts in some tens of milliseconds, and looks for new files only once a minute.
    protocol: "forward-entries",
    start({ workload, input, dir, port, output }) {
      const program = [process.env["FLUENT_BIT"], "/opt/fluent-bit/bin/fluent-bit", "/usr/bin/fluent-bit"].find((path) => path !== undefined && existsSync(path));
      const parser = { w3: "nginx", w3r: "nginx", w4: "json" }[workload];
      if (program === undefined || workload === "w3w") return undefined;
      const isDisk = workload === "w2d";
      const parsers = join(dir, "parsers.conf");
      writeFileSync(parsers, `${FLUENT_BIT_NGINX}\n[PARSER]\n    Name json\n    Format json\n    Time_Key time\n    Time_Format %Y-%m-%dT%H:%M:%S.%LZ\n`);
      const section = (title: string, settings: Record<string, string | number | undefined>): string => `[${title}]\n${Object.entries(settings).map(([key, value]) => (value === undefined ? "" : `    ${key} ${value}\n`)).join("")}`;
      const config = join(dir, "fluent-bit.conf");
      const to = { w1: "null", w3: "file", w3r: "file" }[workload] ?? "forward";
      writeFileSync(
        config,
        [
          section("SERVICE", { flush: isTuned ? 0.1 : undefined, log_level: "error", parsers_file: parsers, "storage.path": isDisk ? join(dir, "storage") : undefined }),
          section("INPUT", { name: "tail", tag: "bench", path: input, read_from_head: "on", parser, buffer_chunk_size: isTuned ? "2M" : undefined, buffer_max_size: isTuned ? "4M" : undefined, threaded: isTuned && workload !== "w5" ? "on" : undefined, "storage.type": isDisk ? "filesystem" : undefined }),
          section("OUTPUT", { name: to, match: "*", ...(to === "forward" ? { host: "127.0.0.1", port, require_ack_response: isDisk ? "on" : undefined, retry_limit: "no_limits" } : to === "file" ? { path: dirname(output), file: basename(output), format: "plain", workers: 1 } : {}) }),
        ].join(""),
      );
      return { command: program, args: ["-c", config] };
    },
  };
}

export const contenders: readonly Contender[] = [dure, fluentBit("fluent-bit", false), fluentBit("fluent-bit-tuned", true), rsyslog, naive];
