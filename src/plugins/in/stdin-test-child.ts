// A process for the tests of in.Stdin: reads its standard input, in the main thread or in a worker, and prints each record.
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { recordsOf, testContext } from "#sdk/testing.ts";
import { stdin } from "./stdin.ts";

const [where = "main", optionsText = "{}"] = isMainThread ? process.argv.slice(2) : (workerData as string[]);
if (isMainThread && where === "worker") {
  const worker = new Worker(new URL(import.meta.url), { workerData: [where, optionsText] });
  process.on("SIGTERM", () => worker.postMessage("stop"));
} else {
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort());
  parentPort?.on("message", () => stop.abort()).unref();
  await using context = await testContext();
  const input = await stdin.open(stdin.options.parse(JSON.parse(optionsText)), context);
  process.stderr.write("ready");
  let rowsMost = 0;
  for (;;) {
    const delivery = (await input.read(stop.signal)) ?? (stop.signal.aborted ? await input.readRest?.(AbortSignal.timeout(60_000)) : undefined);
    if (delivery === undefined) break;
    rowsMost = Math.max(rowsMost, delivery.batch.rows);
    process.stdout.write(
      recordsOf(delivery.batch)
        .map(({ message }) => `${JSON.stringify(message)}\n`)
        .join(""),
    );
    delivery.batch.release();
  }
  await input.close();
  process.stdout.write(`end ${stop.signal.aborted ? "stopped" : "of input"} ${context.counts.get("lines_too_long_total") ?? 0} ${context.pool.usedBytes}\n`);
  if (16_384 < rowsMost) process.stdout.write(`a batch of ${rowsMost} rows\n`);
}
