// A child that is the command line again and again, for tests of very many command lines: a line of JSON words in, what it prints out, then its end.
import { createInterface } from "node:readline";
import { runCli } from "#edges/cli/cli.ts";
import type { AgentPort } from "#edges/cli/agent-port.ts";

process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
const noAgent = {} as AgentPort; // Nothing is started here.
for await (const line of createInterface({ input: process.stdin })) {
  const code = await runCli(JSON.parse(line) as string[], noAgent);
  process.stdout.write(`${JSON.stringify({ ended: code })}\n`);
}
process.exit(0);
