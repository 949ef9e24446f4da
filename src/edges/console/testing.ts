// The command table with the commands of processes over a small world in memory: a plan that `edit` changes, and an engine that knows what is started. For tests of
// what the old words mean; what processes do is tested with real ones.
import { connect } from "node:net";
import { once } from "node:events";
import type { JsonValue } from "#base/json.ts";
import { processCommands } from "#capabilities/processes/commands.ts";
import type { ProcessEngine, ProcessStatus } from "#capabilities/processes/processes.ts";
import type { ProcessesPort } from "#capabilities/processes/processes-port.ts";
import type { ConfigChange } from "#kernel/config/config-change.ts";
import { bindCommands } from "#kernel/commands/command.ts";
import { createCommandTable } from "#kernel/commands/table.ts";
import type { AuditedCall, CommandTable } from "#kernel/commands/table.ts";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import { quietLog } from "../http/testing.ts";
import { openConsole } from "./console-door.ts";
import type { ConsoleDoor, ConsoleDoorParts } from "./console-door.ts";

type Entry = { readonly type?: string; readonly command?: string };

export class OldWorld {
  readonly config: { processes: Record<string, Entry>; flows: { type: "broad" | "share"; from: string | string[]; to: string | string[]; ack?: string }[]; groups: Record<string, string[]>; schedules: { name?: string; cron: string; process: string; message?: string; action?: string }[]; process_settings: Record<string, JsonValue> } = { processes: {}, flows: [], groups: {}, schedules: [], process_settings: {} };
  readonly started = new Set<string>();
  readonly sent: { readonly to: string; readonly message: string }[] = [];
  readonly uploads: { readonly process: string; readonly file: string; readonly bytes: number }[] = [];
  readonly audited: AuditedCall[] = [];
  readonly stoppedBy: string[] = [];
  readonly table: CommandTable;

  constructor() {
    this.table = createCommandTable({ commands: bindCommands(processCommands as never, this.#port()), log: quietLog, isStrict: true, audit: async (call) => void this.audited.push(call), mayAudit: async () => {} });
  }

  #port(): ProcessesPort {
    const engine: Partial<ProcessEngine> = {
      list: async () => Object.keys(this.config.processes).map((name) => this.#status(name)),
      start: async (names) => names.forEach((name) => this.started.add(name)),
      stop: async (names) => names.forEach((name) => this.started.delete(name)),
      send: async (to, message) => void this.sent.push({ to, message }),
      clearQueue: async () => 3,
      saveQueues: async (names) => names.length,
      loadQueues: async (names) => names.length,
      lines: async () => [{ id: 1, atMs: AT, instance: 1, stream: "stdout", text: "done" }],
      movements: async () => [{ atMs: AT, process: "etl", direction: "stdin -> task", text: "한 줄" }],
      recover: async (process, message) => ({ name: `${process}-${message}-20261123093000`, process, message, startMs: AT, endMs: null, state: "running" }),
      recoveries: async () => [{ name: "etl-x-20261123093000", process: "etl", message: "x", startMs: AT, endMs: AT, state: "TIME_OUT" }],
      schedules: async () => [],
    };
    return {
      engine: engine as ProcessEngine,
      programs: {
        list: async () => [],
        put: async (process, _type, fileName, content, by) => {
          this.uploads.push({ process, file: fileName, bytes: (content as Buffer).length });
          return { version: 1, fileName, bytes: (content as Buffer).length, sha256: "0", atMs: AT, by, isCurrent: true };
        },
        use: () => Promise.reject(new Error("not here")),
        remove: async () => {},
      },
      folders: { dataDir: "/var/lib/dure", dumpDir: "/var/lib/dure/processes/dumps" },
    plan: () => this.#plan(),
      edit: async (changes) => (typeof changes === "function" ? changes() : changes).forEach((change) => this.#change(change)),
      watch: () => () => {},
      watchLines: async () => () => {},
    };
  }

  #status(name: string): ProcessStatus {
    const isRunning = this.started.has(name);
    const instance = { instance: 1, state: isRunning ? "running" : "stopped", pid: isRunning ? 4711 : null, startedMs: isRunning ? AT : null, restarts: 0, cpuPercent: null, residentBytes: null } as const;
    return { name, type: this.config.processes[name]?.type ?? "process", state: instance.state, wanted: isRunning ? "running" : "stopped", sinceMs: AT, instancesWanted: 1, instances: [instance], restarts: 0, isCrashLooping: false, queue: { process: name, own: 2, shared: 0, bytes: 10, inFlight: 0, skipped: 0, eventsIn: 0, eventsOut: 0, isFull: false }, groups: [], dependsOn: [] };
  }

  #plan(): ProcessesPlan {
    const { processes, flows, groups, schedules, process_settings: settings } = this.config;
    const many = (names: string | readonly string[]): readonly string[] => [names].flat();
    const ackOf = (name: string): string => flows.find(({ to }) => many(to).includes(name))?.ack ?? "none";
    return {
      processes: Object.entries(processes).map(([name, { type = "process", command = "" }]) => ({ name, type, written: command, command: [command], dependsOn: [], ack: { type: ackOf(name) }, queue: { eventsMax: 1000, bytesMax: 1 << 20 } })),
      flows: flows.map(({ type, from, to }, index) => ({ type, from: many(from), to: many(to), isViewed: true, index })),
      groups: Object.entries(groups).map(([name, members]) => ({ name, processes: members })),
      schedules: schedules.map(({ name, cron, process, message = "", action = "send" }, index) => ({ name: name ?? `${cron} ${process}`, cron, process, action, message, index })),
      settings: { workDir: "/work", eventsKept: 1000, eventsSaved: 1000, areSchedulesRun: settings["schedules"] === true, oldApi: { isOn: false, host: "127.0.0.1", port: 5000 }, resourceSamples: 10, resultSamples: 10, resultDir: "/results", resultEncoding: "utf-8", announcer: { isOn: false, host: "127.0.0.1", port: 8888, resultPath: "/a", resourcePath: "/b", alertPath: "/c" }, recovery: { timeoutMs: 3_600_000, keepMs: 86_400_000 }, defaults: { queueEventsMax: 100_000, stopWaitMs: settings["kill_wait"] === undefined ? 10_000 : Number.parseInt(String(settings["kill_wait"]), 10) * 1000, isFailedSkipped: false } },
    } as unknown as ProcessesPlan;
  }

  #change({ path, value }: ConfigChange): void {
    const keys = [...path];
    const last = keys.pop() ?? "";
    const owner = keys.reduce((at: Record<string, unknown>, key) => at[String(key)] as Record<string, unknown>, this.config as unknown as Record<string, unknown>);
    if (Array.isArray(owner)) {
      if (last === "-") owner.push(value);
      else if (value === undefined) owner.splice(Number(last), 1);
      else owner[Number(last)] = value;
    } else if (value === undefined) delete owner[String(last)];
    else owner[String(last)] = value;
  }
}

/** In the machine's own time, so that what is shown is the same everywhere. */
const AT = new Date(2026, 10, 23, 9, 30, 0).getTime();

export interface TestConsole extends AsyncDisposable {
  readonly world: OldWorld;
  readonly door: ConsoleDoor;
  /** Sends all of it at once, ends, and gives all that is answered. */
  say(text: string | Buffer): Promise<string>;
  sayBytes(bytes: Buffer): Promise<Buffer>;
}

export async function testConsole(more: Partial<Omit<ConsoleDoorParts, "plan">> & { readonly access?: object } = {}): Promise<TestConsole> {
  const world = new OldWorld();
  const { access = {}, ...parts } = more;
  const door = await openConsole({ plan: { host: "127.0.0.1", port: 0 }, log: quietLog, lead: async () => ({ table: world.table, access: access as never }), stopAgent: async ({ name }) => void world.stoppedBy.push(name), ...parts });
  const sayBytes = async (bytes: Buffer): Promise<Buffer> => {
    const socket = connect({ port: door.port, host: "127.0.0.1", allowHalfOpen: true });
    const answers: Buffer[] = [];
    socket.on("error", () => {}).on("data", (part: Buffer) => answers.push(part));
    socket.end(bytes);
    await Promise.race([once(socket, "end"), once(socket, "close")]).catch((error: unknown) => void answers.push(Buffer.from(String(error))));
    socket.destroy();
    return Buffer.concat(answers);
  };
  return { world, door, sayBytes, say: async (text) => (await sayBytes(Buffer.from(text))).toString("utf8"), [Symbol.asyncDispose]: () => door.close() };
}
