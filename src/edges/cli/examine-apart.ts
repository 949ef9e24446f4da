// Has the doctor look in a process of its own: reading a config and asking the disk take memory and time that an agent should not spend.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import type { Text } from "#base/lang.ts";

interface Found {
  readonly id: string;
  readonly outcome: "ok" | "hint" | "problem" | "skipped";
  readonly text: Text;
  readonly fixes?: Text;
}

const LIMIT_MS = 60_000;

export async function examineApart(configFile: string, withBundle: boolean) {
  const folder = await mkdtemp(join(tmpdir(), "dure-doctor-"));
  const file = join(folder, "report.zip");
  try {
    const main = process.argv[1] ?? "";
    const child = spawn(process.execPath, [main, "doctor", configFile, "--json", ...(withBundle ? ["--bundle", file] : [])], { stdio: ["ignore", "pipe", "ignore"], timeout: LIMIT_MS, env: { ...process.env, NODE_OPTIONS: "" } });
    const [answer] = await Promise.all([text(child.stdout), once(child, "exit")]);
    const { findings = [] } = JSON.parse(answer) as { findings?: readonly Found[] };
    const plain = findings.map(({ id, outcome, text: words, fixes }) => ({ id, outcome, text: words, ...(fixes === undefined ? {} : { fix: fixes }) }));
    return { findings: plain, ...(withBundle ? { bundle: await readFile(file) } : {}) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
