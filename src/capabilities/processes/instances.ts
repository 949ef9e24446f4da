// Starts one instance of a process: its child with the streams that the flows gave it, as something that can be kept alive.
import type { ChildRecords } from "#base/child/child-records.ts";
import type { ChildEnd, ChildTree, ChildUsage } from "#base/child/child-tree.ts";
import { startChild } from "#base/child/start-child.ts";
import { userEnvironment } from "#base/child/system-user.ts";
import type { Clock } from "#base/clock.ts";
import { within } from "#base/within.ts";
import type { ProcessPlan, ProcessSettings } from "#kernel/config/process-plan.ts";
import type { ProcessTypes } from "#kernel/process-types.ts";
import type { Probe } from "#kernel/supervisor/probing.ts";
import { askProbe } from "#kernel/supervisor/probes.ts";
import type { EndHow, SupervisedChild } from "#kernel/supervisor/supervised.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Flows } from "./flows/flows.ts";
import type { InstanceIo } from "./flows/instance-io.ts";
import type { Process } from "./process.ts";
import { placeProcess, workDirOf } from "./types/place-process.ts";

export interface InstanceChild extends SupervisedChild {
  signal(name: string): boolean;
  closeInput(): void;
  usage(): Promise<ChildUsage>;
}

export interface InstanceStarterParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly markPrefix: string;
  readonly records: ChildRecords;
  readonly clock: Clock;
  readonly log: Log;
  readonly flows: Flows;
  readonly programsDir: string;
  readonly types: ProcessTypes;
  settings(): ProcessSettings;
}

export interface InstanceStarter {
  start(process: Process, instance: number): Promise<InstanceChild>;
  probeOf(process: Process, instance: number): Probe;
  /** One more, apart from its instances: with pipes, and no part in flows and restarts. */
  startApart(plan: ProcessPlan): Promise<ChildTree>;
}

/** Of what is in hand when a child is asked to end, this much of its wait is for finishing it. */
const DRAIN_SHARE = 0.5;
const PROBE = "/probe";
const APART = "/apart";
const NOTHING_TO_DO = { signal: "SIGKILL", waitMs: 0 } as const;

export function instanceStarter({ env, markPrefix, records, flows, programsDir, types, settings }: InstanceStarterParts): InstanceStarter {
  /** Instances that have printed the line that their probe waits for. */
  const hasSaid = new Map<string, string>();
  let starts = 0;

  const placed = (plan: ProcessPlan): Promise<ProcessPlan> => placeProcess(plan, { programsDir, workDir: settings().workDir, types });
  const childOf = (plan: ProcessPlan, instance: number, stdio: Parameters<typeof startChild>[0]["stdio"], command = plan.command, what = ""): ChildTree => {
    const workDir = workDirOf(settings().workDir, plan.name);
    starts += 1;
    // Of this start alone: the end of what the last run left is not to end this one.
    const mark = `${markPrefix}${plan.name}/${instance}${what}/${process.pid}.${starts}`;
    const child = startChild({
      command,
      cwd: plan.cwd ?? workDir,
      env: { ...PROMPT, ...env, ...environmentOf(plan.user), ...plan.env, DURE_PROCESS: plan.name, DURE_INSTANCE: String(instance), DURE_WORK_DIR: workDir, DURE_RESULT_DIR: settings().resultDir },
      stdio,
      mark,
      ...(plan.user === undefined ? {} : { user: plan.user }),
      limits: plan.limits,
    });
    const { pid } = child;
    if (pid !== undefined) {
      records.add({ pid, mark });
      void child.ended.then(() => records.remove(pid));
    }
    return child;
  };

  return {
    async start(process, instance) {
      const plan = await placed(process.plan);
      const key = `${plan.name}/${instance}`;
      hasSaid.delete(key);
      const wanted = plan.health?.type === "line" ? new RegExp(plan.health.pattern, "u") : undefined;
      const stdio = await flows.prepare({
        process: plan.name,
        instance,
        onSilent: () => process.instances[instance - 1]?.renew(`no acknowledgement within ${plan.ack.timeoutMs} ms`),
        ...(wanted === undefined ? {} : { onLine: (line: string) => void (wanted.test(line) && hasSaid.set(key, line)) }),
      });
      let child: ChildTree;
      try {
        child = childOf(plan, instance, stdio.stdio);
      } catch (error) {
        stdio.drop();
        throw error;
      }
      return instanceChild(child, stdio.attach(child));
    },
    startApart: async (plan) => childOf(await placed(plan), 0, ["pipe", "pipe", "pipe"], undefined, APART),
    probeOf: (process, instance) => async (health, signal) => {
      if (health.type === "line") {
        const line = hasSaid.get(`${process.name}/${instance}`);
        if (line !== undefined) return line;
      }
      return askProbe(health, signal, { startProgram: (command) => childOf(process.plan, instance, ["ignore", "pipe", "pipe"], command, PROBE) }); // A tree of its own: it ends without the process.
    },
  };
}

/** Python keeps what it prints into a pipe until there are some kB: the next process would wait for a line that was printed long ago, and an event for its result. */
const PROMPT = { PYTHONUNBUFFERED: "1" } as const;

/** Whatever is wrong with a user is said by the start itself. */
function environmentOf(user: string | undefined): Record<string, string> {
  try {
    return user === undefined ? {} : userEnvironment(user);
  } catch {
    return {};
  }
}

function instanceChild(child: ChildTree, io: InstanceIo): InstanceChild {
  let hasEnded = false;
  const ended = child.ended.then((end) => {
    hasEnded = true;
    return end;
  });
  return {
    pid: child.pid,
    ended,
    async end(how: EndHow) {
      if (!hasEnded && 0 < how.waitMs) await within(how.waitMs * DRAIN_SHARE, Promise.race([io.drain(), ended]));
      await child.end(hasEnded ? NOTHING_TO_DO : how);
    },
    async settle(end: ChildEnd) {
      await io.died(end);
      return io.lastStderr();
    },
    signal: (name) => child.signal(name),
    closeInput: () => io.closeInput(),
    usage: () => child.usage(),
  };
}
