// A process for the tests of out.Stdout: writes batches to its standard output, in the main thread or in a worker.
import { Worker, isMainThread, workerData } from "node:worker_threads";
import { linesBatch, recordsBatch, testContext } from "#sdk/testing.ts";
import { stdout } from "./stdout.ts";

const [where = "main", optionsText = "{}", what = "records"] = isMainThread ? process.argv.slice(2) : (workerData as string[]);
if (isMainThread && where === "worker") new Worker(new URL(import.meta.url), { workerData: [where, optionsText, what] });
else {
  await using context = await testContext();
  const output = await stdout.open(stdout.options.parse(JSON.parse(optionsText)), context);
  const { signal } = new AbortController();
  const facts = { tag: "web.access", seconds: 1_506_650_186, nanoseconds: 314_260_000 };
  if (what === "endless") {
    try {
      for (let batches = 0; ; batches += 1) {
        const batch = linesBatch(context.pool, `${batches} ${"x".repeat(1000)}\n`);
        await output.write(batch, signal).finally(() => batch.release());
      }
    } catch (error) {
      process.stderr.write(JSON.stringify({ name: (error as Error).name, message: (error as Error).message, healthy: await output.healthy?.(signal) }));
    }
  } else if (what === "many") {
    for (let batches = 0; batches < 300; batches += 1) {
      const batch = linesBatch(context.pool, `${batches} ${"x".repeat(10_000)}\n`);
      await output.write(batch, signal);
      batch.release();
    }
    process.stderr.write("all written");
  } else {
    const batch =
      what === "records" ? recordsBatch(context.pool, [{ name: "길동", n: 1 }, { n: 2 }], facts) : linesBatch(context.pool, "줄 하나\n줄 둘\n", facts);
    await output.write(batch, signal);
    batch.release();
  }
}
