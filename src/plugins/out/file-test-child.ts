// A process for the crash test: writes numbered lines to out.File from the committed position on, until it is killed or has written as many more as it is told to.
import { existsSync } from "node:fs";
import { systemClock } from "#base/clock.ts";
import { MetricFamily } from "#sdk/metric-family.ts";
import { testPool } from "#sdk/testing.ts";
import { drive } from "./file-test-driver.ts";

const [dir = "", options = "{}", more = "0"] = process.argv.slice(2);
const quiet = (): void => {};
const log = {
  debug: quiet,
  info: quiet,
  warn: (message: string, fields?: object) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  error: quiet,
};
const driver = await drive(
  JSON.parse(options),
  { pipeline: "crash", step: "1", nth: 1, pool: testPool(), clock: systemClock, log, dataDir: `${dir}/data`, configDir: dir, mode: "run", count: quiet, metric: (definition) => new MetricFamily(definition) },
  `${dir}/commit.json`,
);

const LINES = 20;
const last = driver.position + Number(more);
const underWay = new Set<Promise<void>>();
for (let next = driver.position; next < last && existsSync(dir); next += LINES) {
  let text = "";
  for (let line = next; line < next + LINES; line += 1) text += `line ${line} ${"x".repeat(line % 97)}\n`;
  const written: Promise<void> = driver.write(text, next + LINES).finally(() => underWay.delete(written));
  underWay.add(written);
  if (underWay.size === 4) await Promise.race(underWay);
}
await Promise.all(underWay);
await driver.close();
process.exit(0);
