// Measures this machine at intervals: a record for each thing measured (a core, a disk, an interface), with what is known of it now and
// rates over the time since the sample before. What the system does not tell is left out, never guessed.
import { duration } from "#sdk/options.ts";
import { defineInput, z } from "#sdk/plugin.ts";
import { KeptSamples } from "./parts/kept-samples.ts";

const PARTS = ["cpu", "memory", "disk", "diskio", "network", "load", "processes", "files", "cgroup"] as const;
const INTERVAL_LEAST_MS = 100;
const SAMPLES_MAX = 100_000;

const options = z.strictObject({
  parts: z.array(z.enum(PARTS)).min(1).default([...PARTS]).meta({
    description: "What to measure. cgroup is the control group the agent runs in: a container's limits and use. Outside of Linux there are cpu, memory, disk (of the data folder) and load.",
    ko: "측정할 것. cgroup은 에이전트가 속한 제어 그룹, 곧 컨테이너의 한도와 사용량입니다. Linux가 아니면 cpu, memory, disk(데이터 폴더), load만 있습니다.",
  }),
  format: z.enum(["parts", "eventflow"]).default("parts").meta({
    description: "parts: a record for each thing measured. eventflow: one record for a sample, `{data: {cpu_usage, ram_usage, disk_usage, datetime}}` as texts, as EventFlow's central server takes it; `parts` and `per_core` have no say then.",
    ko: "parts: 측정한 것마다 레코드 하나. eventflow: 측정할 때마다 EventFlow 중앙 서버가 받는 형식의 레코드 하나(`{data: {cpu_usage, ram_usage, disk_usage, datetime}}`, 모두 문자열). 이때 `parts`와 `per_core`는 쓰지 않습니다.",
  }),
  interval: duration().pipe(z.number().min(INTERVAL_LEAST_MS)).prefault("10s").meta({ description: "Time between two samples (100ms at least). Rates come with the second.", ko: "측정 간격(100ms 이상). 초당 값은 두 번째 측정부터 나옵니다." }),
  per_core: z.boolean().default(true).meta({ description: "A record for each core too, besides the one for all.", ko: "전체 레코드와 함께 코어마다 레코드를 만듭니다." }),
  proc_path: z.string().min(1).default("/proc").meta({ description: "Where the proc file system is: in a container that measures its host, the place the host's is mounted at.", ko: "proc 파일 시스템의 위치. 컨테이너에서 호스트를 측정하려면 호스트의 것을 마운트한 위치를 씁니다." }),
  sys_path: z.string().min(1).default("/sys").meta({ description: "Where the sys file system is.", ko: "sys 파일 시스템의 위치." }),
  keep: z.int().min(0).max(SAMPLES_MAX).default(0).meta({ description: "The last so many records are kept in memory, for `dure pipelines samples`.", ko: "메모리에 남겨 둘 마지막 레코드 수. `dure pipelines samples`로 봅니다." }),
  tag: z.string().min(1).default("resource").meta({ description: "Tag of the records.", ko: "레코드의 태그." }),
});

const FIELDS = {
  cpu: "cpu, cores, usage_active, usage_user, usage_nice, usage_system, usage_idle, usage_iowait, usage_irq, usage_softirq, usage_steal, usage_guest, usage_guest_nice",
  memory: "total, available, used, used_percent, free, buffered, cached, swap_total, swap_free, swap_used, swap_used_percent",
  disk: "path, device, fstype, total, free, used, used_percent, inodes_total, inodes_used, inodes_used_percent",
  diskio: "device, reads, writes, read_bytes, write_bytes, read_time, write_time, io_time, in_progress, reads_per_second, writes_per_second, read_bytes_per_second, write_bytes_per_second, io_percent",
  network: "interface, bytes_recv, packets_recv, err_in, drop_in, bytes_sent, packets_sent, err_out, drop_out",
  load: "load1, load5, load15, uptime, cores",
  processes: "total, running, blocked, threads",
  files: "used, max, used_percent",
  cgroup: "version, memory_usage, memory_working_set, memory_limit, memory_used_percent, cpu_limit, cpu_usage_percent, cpu_used_percent, throttled_periods, throttled_time, pids, pids_limit",
} as const satisfies Record<(typeof PARTS)[number], string>;

const recordsEn = [
  "With `format: eventflow`: data.cpu_usage (percent, `-` in the first sample), data.ram_usage and data.disk_usage (percent, all local file systems together), data.datetime (YYYY-MM-DD HH:MM:SS of this machine's clock).",
  "Every record has part (one of `parts`) and host. Sizes are bytes, times milliseconds (uptime: seconds), `usage_*` and `*_percent` percent. What the system does not tell is left out.",
  `cpu: ${FIELDS.cpu}. cpu is all, cpu0, cpu1 …; cores stands in the record for all.`,
  `memory: ${FIELDS.memory}`,
  `disk: ${FIELDS.disk}`,
  `diskio: ${FIELDS.diskio}`,
  `network: ${FIELDS.network}; each also with _per_second behind its name.`,
  `load: ${FIELDS.load}`,
  `processes: ${FIELDS.processes}`,
  `files: ${FIELDS.files}`,
  `cgroup: ${FIELDS.cgroup}. Of cpu_usage_percent, 100 is one core; of cpu_used_percent, the limit.`,
];
const recordsKo = [
  "`format: eventflow`이면 data.cpu_usage(백분율, 첫 측정은 `-`), data.ram_usage와 data.disk_usage(백분율, 로컬 파일 시스템 전체), data.datetime(이 컴퓨터 시각의 YYYY-MM-DD HH:MM:SS)입니다.",
  "모든 레코드에 part(`parts` 중 하나)와 host가 있습니다. 크기는 바이트, 시간은 밀리초(uptime만 초), `usage_*`와 `*_percent`는 백분율입니다. 시스템에서 알 수 없는 값은 빠집니다.",
  `cpu: ${FIELDS.cpu}. cpu 값은 all, cpu0, cpu1 …이고, cores는 all 레코드에 있습니다.`,
  `memory: ${FIELDS.memory}`,
  `disk: ${FIELDS.disk}`,
  `diskio: ${FIELDS.diskio}`,
  `network: ${FIELDS.network}. 이름 뒤에 _per_second를 붙인 초당 값도 있습니다.`,
  `load: ${FIELDS.load}`,
  `processes: ${FIELDS.processes}`,
  `files: ${FIELDS.files}`,
  `cgroup: ${FIELDS.cgroup}. cpu_usage_percent는 코어 하나가 100이고, cpu_used_percent는 한도가 100입니다.`,
];

export const resource = defineInput({
  name: "Resource",
  summary: { en: "Measures processors, memory, disks, network and the container's limits.", ko: "CPU, 메모리, 디스크, 네트워크, 컨테이너 한도를 측정합니다." },
  options,
  records: { en: recordsEn.join("\n"), ko: recordsKo.join("\n") },
  example: "- in.Resource:\n    parts: [cpu, memory, disk]\n    interval: 30s",
  async open(given, { pool, clock, mode, dataDir }) {
    const [{ batchOfRecords }, { openSampler }, { EVENTFLOW_PARTS, asEventFlow }] = await Promise.all([import("#dataplane/records.ts"), import("./resource/sampler.ts"), import("./resource/eventflow-sample.ts")]);
    const kept = new KeptSamples(given.keep);
    const isEventFlow = given.format === "eventflow";
    const measure = await openSampler({ parts: new Set<string>(isEventFlow ? EVENTFLOW_PARTS : given.parts), perCore: !isEventFlow && given.per_core, proc: given.proc_path, sys: given.sys_path, folder: dataDir });
    const sample = async (nowMs: number) => (isEventFlow ? [asEventFlow(await measure(nowMs), nowMs)] : measure(nowMs));
    let nextMs = clock.now();
    let isDone = false;
    return {
      async read(signal) {
        while (!isDone) {
          await clock.pause(Math.max(0, nextMs - clock.now()), signal);
          if (signal.aborted) return undefined;
          await pool.room(ROOM_BYTES, signal);
          if (signal.aborted) return undefined;
          const now = clock.now();
          // A sample that was held up is not made up for; nor is a clock that was set back waited for.
          nextMs = now + given.interval;
          isDone = mode === "test";
          const records = await sample(now);
          if (records.length === 0) continue;
          for (const record of records) kept.add(now, record);
          return { batch: batchOfRecords(pool, records, { tag: given.tag, seconds: Math.floor(now / 1000), nanoseconds: (now % 1000) * 1_000_000, source: "resource" }) };
        }
        return undefined;
      },
      samples: () => kept.all,
      async close() {},
    };
  },
});

/** More than most samples take. */
const ROOM_BYTES = 64 << 10;
