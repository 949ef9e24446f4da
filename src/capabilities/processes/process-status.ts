// A process as who looks on sees it.
import type { ChildUsage } from "#base/child/child-tree.ts";
import type { Clock } from "#base/clock.ts";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import type { QueueStatus } from "./flows/flows.ts";
import type { Process } from "./process.ts";
import type { InstanceStatus, ProcessStatus } from "./processes.ts";

interface Used {
  readonly atMs: number;
  readonly pid: number;
  readonly usage: ChildUsage;
}

/** What each instance uses now, and how much of a processor since the look before. */
export class UsageBook {
  readonly #clock: Clock;
  #before = new Map<string, Used>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async look(processes: readonly Process[]): Promise<ReadonlyMap<string, { readonly cpuPercent: number | null; readonly residentBytes: number }>> {
    const now = new Map<string, Used>();
    const looks = processes.flatMap(({ name, instances }) =>
      instances.map(async ({ pid, child }, index) => {
        if (pid === undefined || child === undefined) return;
        const usage = await child.usage();
        now.set(`${name}/${index + 1}`, { atMs: this.#clock.now(), pid, usage });
      }),
    );
    await Promise.all(looks);
    const shown = new Map([...now].map(([key, used]) => [key, { cpuPercent: percent(this.#before.get(key), used), residentBytes: used.usage.residentBytes }]));
    this.#before = now;
    return shown;
  }
}

/** Several may look within one second: over less than this a share means nothing. */
const SPAN_MS_MIN = 20;

function percent(before: Used | undefined, { atMs, pid, usage }: Used): number | null {
  if (before === undefined || before.pid !== pid || atMs - before.atMs < SPAN_MS_MIN) return null;
  const share = (usage.cpuSeconds - before.usage.cpuSeconds) / ((atMs - before.atMs) / 1000);
  return Math.max(0, Math.round(share * 1000) / 10);
}

export interface StatusParts {
  readonly plan: ProcessesPlan;
  readonly usage: Awaited<ReturnType<UsageBook["look"]>>;
  readonly queue: QueueStatus | undefined;
  readonly nextRunMs: number | undefined;
}

export function statusOf(process: Process, { plan, usage, queue, nextRunMs }: StatusParts): ProcessStatus {
  const { name, wanted, exits } = process;
  const instances = process.instances.map((instance, index): InstanceStatus => {
    const used = usage.get(`${name}/${index + 1}`);
    const { state, reason, nextTryMs, restarts } = instance;
    return {
      instance: index + 1,
      state,
      pid: instance.pid ?? null,
      startedMs: instance.startedMs ?? null,
      restarts,
      cpuPercent: used?.cpuPercent ?? null,
      residentBytes: used?.residentBytes ?? null,
      ...(reason === undefined ? {} : { reason }),
      ...(nextTryMs === undefined ? {} : { nextTryMs }),
    };
  });
  const worst = instances.find(({ state }) => state === process.state);
  const [lastExit] = exits;
  return {
    name,
    type: process.plan.type,
    state: process.state,
    wanted: wanted.wanted,
    sinceMs: wanted.sinceMs,
    instancesWanted: process.instancesWanted,
    instances,
    restarts: instances.reduce((sum, { restarts }) => sum + restarts, 0),
    isCrashLooping: process.instances.some(({ isCrashLooping }) => isCrashLooping),
    queue: queue ?? { process: name, own: 0, shared: 0, bytes: 0, inFlight: 0, skipped: 0, eventsIn: 0, eventsOut: 0, isFull: false },
    groups: plan.groups.filter(({ processes }) => processes.includes(name)).map((group) => group.name),
    dependsOn: process.plan.dependsOn.map((each) => each.process),
    ...(wanted.by === undefined ? {} : { by: wanted.by }),
    ...(worst?.reason === undefined ? {} : { reason: worst.reason }),
    ...(nextRunMs === undefined ? {} : { nextRunMs }),
    ...(lastExit === undefined ? {} : { lastExit }),
  };
}
