import { spawn } from "node:child_process";
import { once } from "node:events";
import { ChunkMemory } from "#dataplane/memory.ts";
import { linesBatch, testContext, recordsBatch } from "#sdk/testing.ts";
import { fluentd } from "./fluentd.ts";
const sink = spawn(process.execPath, ["/tmp/fwd/sink.mjs"], { stdio: ["ignore", "pipe", "inherit"] });
const [line] = await once(sink.stdout!, "data");
const context = await testContext({ pool: new ChunkMemory({ bytesMax: 256 << 20 }).pool() });
for (const ack of [true, false]) {
const out = await fluentd.open(fluentd.options.parse({ ip: "127.0.0.1", port: Number(String(line)), ack }), context);
const batch = recordsBatch(context.pool, Array.from({ length: 5000 }, () => ({ message: "x".repeat(200) })));
const total = 3000;
const t0 = performance.now(); const c0 = process.cpuUsage();
let n = 0; const s = new AbortController().signal;
await Promise.all(Array.from({ length: 4 }, async () => { while (n < total) { n++; await out.write(batch, s); } }));
const ms = performance.now() - t0; const cpu = process.cpuUsage(c0);
console.log(ack, (batch.length * total / ms / 1e6).toFixed(2), "GB/s", ((cpu.user + cpu.system) / total).toFixed(0), "us cpu/batch", batch.length, process.memoryUsage().rss >> 20);
batch.release(); await out.close();
}
// small batches
const out = await fluentd.open(fluentd.options.parse({ ip: "127.0.0.1", port: Number(String(line)) }), context);
const small = recordsBatch(context.pool, [{ message: "x".repeat(200) }]);
const t0 = performance.now(); const s = new AbortController().signal; let n = 0;
await Promise.all(Array.from({ length: 4 }, async () => { while (n < 40000) { n++; await out.write(small, s); } }));
console.log("small", ((performance.now() - t0) / 40).toFixed(1), "us/batch wall");
await out.close();
sink.kill();
