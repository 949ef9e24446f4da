// Where a process of a type that handles events itself begins: reads events from standard input as any consumer, gives each to the type, prints what comes
// back, and acknowledges as the config asks. An event that fails ends the process with the reason on standard error; the agent does the rest.
import { importQuickly } from "#kernel/lean-imports.ts";
import type { EventTypeRun } from "./event-command.ts";

importQuickly();
const [{ createInterface }, { once }, { loadProcessTypes }, { RUN_VARIABLE }] = await Promise.all([import("node:readline"), import("node:events"), import("#kernel/user-plugins.ts"), import("./event-command.ts")]);
const run = JSON.parse(process.env[RUN_VARIABLE] ?? "") as EventTypeRun;
delete process.env[RUN_VARIABLE]; // What it starts has no use for it.

const ending = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => ending.abort());
const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });

/** Nothing goes on before it was taken: who reads slowly is waited for. */
async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, "drain");
}

const print = (line: string): Promise<void> => write(process.stdout, `${oneLine(line)}\n`);
const say = (line: string): void => void process.stderr.write(`${oneLine(line)}\n`);

try {
  const found = (await loadProcessTypes(run.file)).find(({ name }) => name === run.type);
  if (found === undefined || !("activate" in found)) throw new Error(`${run.file} has no type ${run.type} that handles events`);
  const active = await found.activate(found.options.parse(run.options), { process: run.process, instance: Number(process.env["DURE_INSTANCE"] ?? 1), workDir: run.workDir, signal: ending.signal, print, say });
  ending.signal.addEventListener("abort", () => lines.close(), { once: true });
  if (ending.signal.aborted) lines.close();
  for await (const line of lines) {
    if (ending.signal.aborted) break; // It was not begun: it is handed over again.
    const { id, event } = eventOf(line);
    for (const printed of await active.run(event, ending.signal)) await print(printed);
    await acknowledge(id, line);
  }
  await active.terminate?.();
  process.stdout.write("", () => process.exit(0)); // What was printed is on its way then.
} catch (error) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`Exception: ${text}\n`, () => process.exit(1));
}

function eventOf(line: string): { readonly id?: unknown; readonly event: string } {
  if (run.ack !== "json") return { event: line };
  const { id, event } = JSON.parse(line) as { readonly id: unknown; readonly event: unknown };
  return { id, event: typeof event === "string" ? event : JSON.stringify(event) };
}

async function acknowledge(id: unknown, line: string): Promise<void> {
  if (run.ack === "json") await print(JSON.stringify({ ack: id }));
  if (run.ack === "stderr-echo") await write(process.stderr, `${line}\n`);
}

/** An event is a line. */
function oneLine(text: string): string {
  return text.replaceAll(/\r?\n|\r/g, " ");
}
