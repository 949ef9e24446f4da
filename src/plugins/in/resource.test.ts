import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { z } from "zod";
import type { Input } from "#sdk/plugin.ts";
import { recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { resource } from "./resource.ts";

const never = new AbortController().signal;
type Options = z.input<(typeof resource)["options"]>;

/** A context whose clock jumps to the end of each pause. */
const instant = () => {
  let nowMs = 1_790_000_000_000;
  return testContext({ clock: { now: () => nowMs, pause: async (ms) => void (nowMs += ms) } });
};

async function put(context: TestContext, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(context.dataDir, path)), { recursive: true });
    await writeFile(join(context.dataDir, path), text);
  }
}

const open = (context: TestContext, options: Options) =>
  resource.open(resource.options.parse({ proc_path: join(context.dataDir, "proc"), sys_path: join(context.dataDir, "sys"), ...options }), context);

/** Whatever a test here sees has to be in what `dure desc` says, in both languages. */
function assertDescribed({ part, ...fields }: Record<string, unknown>): void {
  for (const text of [resource.records?.en ?? "", resource.records?.ko ?? ""]) {
    const line = text.split("\n").find((each) => each.startsWith(`${String(part)}: `)) ?? assert.fail(`${String(part)} is described`);
    const known = new Set(line.match(/\w+/g));
    for (const field of Object.keys(fields)) assert.ok(known.has(field) || (part === "network" && known.has(field.replace(/_per_second$/, ""))), `${field} is in: ${line}`);
  }
}

/** One sample, without what is the same in each record. */
async function sample(input: Input): Promise<Record<string, unknown>[]> {
  const delivery = await input.read(never);
  assert.ok(delivery !== undefined);
  const records = recordsOf(delivery.batch).map(({ host, ...rest }) => {
    assert.equal(host, hostname());
    assertDescribed(rest);
    return rest;
  });
  delivery.batch.release();
  return records;
}

test("resource: shares of each core's time since the sample before, guests counted once", async () => {
  await using context = await instant();
  await put(context, { "proc/stat": "cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 100 0 50 800 50 0 0 0 0 0\nintr 1 2 3\nprocs_running 2\n" });
  const input = await open(context, { parts: ["cpu"] });
  assert.deepEqual(await sample(input), [{ part: "cpu", cpu: "all", cores: 1 }]);
  await put(context, { "proc/stat": "cpu  160 0 60 810 60 0 0 10 20 0\ncpu0 160 0 60 810 49 0 0 10 20 0\n" });
  const [all, core] = await sample(input);
  // 100 ticks: 60 of the user, 20 of them for guests.
  assert.deepEqual(all, { part: "cpu", cpu: "all", cores: 1, usage_user: 40, usage_nice: 0, usage_system: 10, usage_idle: 10, usage_iowait: 10, usage_irq: 0, usage_softirq: 0, usage_steal: 10, usage_guest: 20, usage_guest_nice: 0, usage_active: 80 });
  assert.equal(core?.["usage_iowait"], 0, "iowait may step back");
  assert.equal(core?.["cpu"], "cpu0");
  assert.equal(context.pool.usedBytes, 0);
});

test("resource: an old kernel's four states, a core that comes, and garbage", async () => {
  await using context = await instant();
  await put(context, { "proc/stat": "cpu  10 0 10 80\ncpu0 10 0 10 80\ncpux 1 2 3\ncpu7 a b c d\n" });
  const input = await open(context, { parts: ["cpu"] });
  await sample(input);
  await put(context, { "proc/stat": "cpu  20 0 20 160\ncpu0 20 0 20 160\ncpu1 5 5 5 5\n" });
  assert.deepEqual(await sample(input), [
    { part: "cpu", cpu: "all", cores: 2, usage_user: 10, usage_nice: 0, usage_system: 10, usage_idle: 80, usage_active: 20 },
    { part: "cpu", cpu: "cpu0", usage_user: 10, usage_nice: 0, usage_system: 10, usage_idle: 80, usage_active: 20 },
  ]);
});

for (const [what, text, expected] of [
  ["a kernel of today", "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 600 kB\nBuffers: 10 kB\nCached: 200 kB\nSwapTotal: 200 kB\nSwapFree: 150 kB\nHugePages_Total:       0\n", { total: 1_024_000, available: 614_400, used: 409_600, used_percent: 40, free: 102_400, buffered: 10_240, cached: 204_800, swap_total: 204_800, swap_free: 153_600, swap_used: 51_200, swap_used_percent: 25 }],
  ["one that does not say what is available, without swap", "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 100 kB\nCached: 300 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n", { total: 1_024_000, available: 512_000, used: 512_000, used_percent: 50, free: 102_400, buffered: 102_400, cached: 307_200, swap_total: 0, swap_free: 0, swap_used: 0 }],
  ["nothing that is understood", "???\n", {}],
] as const) {
  test(`resource: memory of ${what}`, async () => {
    await using context = await instant();
    await put(context, { "proc/stat": "", "proc/meminfo": text });
    assert.deepEqual(await sample(await open(context, { parts: ["memory"] })), [{ part: "memory", ...expected }]);
  });
}

test("resource: rates of disks; loop and empty drives are left out, old partitions understood", async () => {
  await using context = await instant();
  const before = " 8 0 sda 100 5 2000 30 50 5 1000 20 1 400 50 0 0 0 0\n 7 0 loop0 9 9 9 9 9 9 9 9 9 9 9\n 11 0 sr0 0 0 0 0 0 0 0 0 0 0 0\n 8 1 sda1 10 20 30 40\nbroken\n";
  await put(context, { "proc/stat": "", "proc/diskstats": before });
  const input = await open(context, { parts: ["diskio"], interval: "2s" });
  const [first, partition] = await sample(input);
  assert.deepEqual(first, { part: "diskio", device: "sda", reads: 100, writes: 50, read_bytes: 1_024_000, write_bytes: 512_000, read_time: 30, write_time: 20, io_time: 400, in_progress: 1 });
  assert.deepEqual(partition, { part: "diskio", device: "sda1", reads: 10, writes: 30, read_bytes: 10_240, write_bytes: 20_480 });
  await put(context, { "proc/diskstats": " 8 0 sda 110 5 2400 30 50 5 1000 20 1 900 50\n" });
  const [second] = await sample(input);
  assert.deepEqual(
    ["reads_per_second", "writes_per_second", "read_bytes_per_second", "io_percent"].map((name) => second?.[name]),
    [5, 0, 102_400, 25],
  );
});

const netDev = (received: number, name = "eth0") => `Inter-|   Receive  |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n${name}:${received} 10 1 2 0 0 0 0 500 5 0 0 0 0 0 0\n`;

for (const [what, before, after, rate] of [
  ["that grows", 1000, 3000, 200],
  ["that stands still", 1000, 1000, 0],
  ["of 32 bits that went round", 2 ** 32 - 1000, 1000, 200],
  ["that was reset", 5000, 100, undefined],
  ["of 64 bits that was reset", 2 ** 40, 100, undefined],
] as const) {
  test(`resource: the rate of a counter ${what}`, async () => {
    await using context = await instant();
    await put(context, { "proc/stat": "", "proc/net/dev": netDev(before) });
    const input = await open(context, { parts: ["network"] });
    assert.deepEqual(await sample(input), [{ part: "network", interface: "eth0", bytes_recv: before, packets_recv: 10, err_in: 1, drop_in: 2, bytes_sent: 500, packets_sent: 5, err_out: 0, drop_out: 0 }]);
    await put(context, { "proc/net/dev": netDev(after) });
    const [second] = await sample(input);
    assert.equal(second?.["bytes_recv_per_second"], rate);
    assert.equal(second?.["bytes_sent_per_second"], 0);
  });
}

test("resource: names of interfaces may hold colons", async () => {
  await using context = await instant();
  await put(context, { "proc/stat": "", "proc/net/dev": netDev(7, "  eth0:1") });
  assert.equal((await sample(await open(context, { parts: ["network"] })))[0]?.["interface"], "eth0:1");
});

test("resource: load, uptime, processes, open files", async () => {
  await using context = await instant();
  await put(context, {
    "proc/stat": "cpu 1 1 1 1\ncpu0 1 1 1 1\ncpu1 1 1 1 1\nprocs_running 3\nprocs_blocked 1\n",
    "proc/loadavg": "0.52 1.00 12.25 3/987 4242\n",
    "proc/uptime": "12345.67 99999.00\n",
    "proc/sys/fs/file-nr": "1088\t88\t2000\n",
    "proc/1/stat": "", "proc/42/stat": "", "proc/self/stat": "",
  });
  assert.deepEqual(await sample(await open(context, { parts: ["files", "processes", "load"] })), [
    { part: "load", load1: 0.52, load5: 1, load15: 12.25, uptime: 12_345, cores: 2 },
    { part: "processes", total: 2, running: 3, blocked: 1, threads: 987 },
    { part: "files", used: 1000, max: 2000, used_percent: 50 },
  ]);
});

test("resource: file systems, each device once; a path with a space; none of memory or a network", async () => {
  await using context = await instant();
  await mkdir(join(context.dataDir, "데이터 폴더"));
  const path = join(context.dataDir, "데이터 폴더");
  const escaped = path.replaceAll(" ", "\\040");
  await put(context, { "proc/stat": "", "proc/self/mounts": `proc /proc proc rw 0 0\n/dev/sda1 ${escaped} ext4 rw 0 0\n/dev/sda1 / ext4 rw 0 0\nserver:/x /mnt nfs4 rw 0 0\n/dev/sdb1 ${path}/gone ext4 rw 0 0\n\n` });
  const records = await sample(await open(context, { parts: ["disk"] }));
  assert.equal(records.length, 1);
  const [disk] = records;
  assert.deepEqual([disk?.["path"], disk?.["device"], disk?.["fstype"]], [path, "/dev/sda1", "ext4"]);
  assert.ok(0 < Number(disk?.["total"]) && Number(disk?.["used"]) <= Number(disk?.["total"]));
  assert.ok(0 <= Number(disk?.["used_percent"]) && Number(disk?.["used_percent"]) <= 100);
});

test("resource: a control group of version 2, with the limit of the group above it", async () => {
  await using context = await instant();
  const group = "sys/fs/cgroup/app.slice/dure.service";
  const files = (used: number) => ({
    "proc/stat": "",
    "proc/self/cgroup": "0::/app.slice/dure.service\n",
    "sys/fs/cgroup/cgroup.controllers": "cpu memory pids\n",
    "sys/fs/cgroup/app.slice/cgroup.controllers": "cpu memory pids\n",
    "sys/fs/cgroup/app.slice/memory.max": "1000\n",
    "sys/fs/cgroup/app.slice/cpu.max": "max 100000\n",
    [`${group}/cgroup.controllers`]: "cpu memory pids\n",
    [`${group}/memory.current`]: "700\n",
    [`${group}/memory.max`]: "max\n",
    [`${group}/memory.stat`]: "anon 400\ninactive_file 200\n",
    [`${group}/cpu.max`]: "150000 100000\n",
    [`${group}/cpu.stat`]: `usage_usec ${used}\nnr_throttled 3\nthrottled_usec 4500\n`,
    [`${group}/pids.current`]: "12\n",
    [`${group}/pids.max`]: "max\n",
  });
  await put(context, files(1_000_000));
  const input = await open(context, { parts: ["cgroup"] });
  const first = { part: "cgroup", version: 2, memory_usage: 700, memory_working_set: 500, memory_limit: 1000, memory_used_percent: 50, cpu_limit: 1.5, throttled_periods: 3, throttled_time: 4.5, pids: 12 };
  assert.deepEqual(await sample(input), [first]);
  await put(context, files(8_500_000));
  assert.deepEqual(await sample(input), [{ ...first, cpu_usage_percent: 75, cpu_used_percent: 50 }]);
});

test("resource: a control group of version 1, seen from inside a container", async () => {
  await using context = await instant();
  await put(context, {
    "proc/stat": "",
    "proc/self/cgroup": "12:memory:/docker/abc\n5:cpu,cpuacct:/docker/abc\n3:pids:/docker/abc\n1:name=systemd:/docker/abc\n0::/\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": "2048\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    "sys/fs/cgroup/memory/memory.stat": "cache 1\ntotal_inactive_file 48\n",
    "sys/fs/cgroup/cpu/cpu.stat": "nr_periods 9\nnr_throttled 2\nthrottled_time 3000000\n",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/cpuacct/cpuacct.usage": "123456789\n",
    "sys/fs/cgroup/pids/pids.current": "4\n",
  });
  assert.deepEqual(await sample(await open(context, { parts: ["cgroup"] })), [{ part: "cgroup", version: 1, memory_usage: 2048, memory_working_set: 2000, throttled_periods: 2, throttled_time: 3, pids: 4 }]);
});

test("resource: on this machine there is something of each part but the control group", { skip: process.platform !== "linux" }, async () => {
  await using context = await testContext();
  const input = await open(context, { proc_path: "/proc", sys_path: "/sys", interval: "100ms" });
  await sample(input);
  const found = await sample(input);
  for (const part of ["cpu", "memory", "network", "load", "processes", "files"]) assert.ok(found.some((record) => record["part"] === part), part);
  assert.equal(context.pool.usedBytes, 0);
});

test("resource: without a proc file system there is what Node knows", async () => {
  await using context = await instant();
  const records = await sample(await open(context, { proc_path: "/no-such-place" }));
  assert.deepEqual(records.map(({ part }) => part), ["cpu", "memory", "disk", "load"]);
});

test("resource: a trial ends after one sample, and a stop ends the waiting", async () => {
  await using trial = await testContext({ mode: "test" });
  const once = await resource.open(resource.options.parse({ interval: "1h" }), trial);
  (await once.read(never))?.batch.release();
  assert.equal(await once.read(never), undefined);
  await using context = await testContext();
  const input = await resource.open(resource.options.parse({ interval: "1h" }), context);
  const stop = new AbortController();
  (await input.read(stop.signal))?.batch.release();
  const waiting = input.read(stop.signal);
  stop.abort();
  assert.equal(await waiting, undefined);
});

test("resource: as EventFlow's central server takes it, one record of texts, the first without processors", async () => {
  const context = await instant();
  const stat = (busy: number, idle: number): string => `cpu  ${busy} 0 0 ${idle} 0 0 0 0 0 0\ncpu0 ${busy} 0 0 ${idle} 0 0 0 0 0 0\n`;
  await put(context, { "proc/stat": stat(100, 100), "proc/meminfo": "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 250 kB\n", "proc/self/mounts": `/dev/a ${context.dataDir} ext4 rw 0 0\n` });
  const input = await open(context, { format: "eventflow", interval: "1m", keep: 5 });
  const samples: Record<string, string>[] = [];
  for (const busy of [100, 140]) {
    await put(context, { "proc/stat": stat(busy, 160) });
    const delivery = await input.read(never);
    assert.ok(delivery !== undefined);
    samples.push(...recordsOf(delivery.batch).map(({ data }) => data as Record<string, string>));
    delivery.batch.release();
  }
  assert.deepEqual(samples.map(({ cpu_usage }) => cpu_usage), ["-", "100"]);
  for (const { ram_usage, disk_usage, datetime } of samples) {
    assert.equal(ram_usage, "75");
    assert.match(String(disk_usage), /^\d+(\.\d+)?$/);
    assert.match(String(datetime), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  }
  assert.deepEqual(input.samples?.().map(({ record }) => (record as { data: unknown }).data), samples);
  await input.close();
});
