// An agent of flows alone, for tests that kill it: node flows-driver.testing.ts DIR SEED COUNT. It sends the numbers to COUNT through two stages into
// DIR/end, goes on where the one before was killed, kills one of its own children now and then, and ends when everything has arrived.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { flowPlan, plan, sh, stage, until } from "./flows.testing.ts";

const [dir = "", seed = "1", count = "100"] = process.argv.slice(2);
const random = randomOf(Number(seed));
const echo = { ack: { type: "stderr-echo" as const } };

const it = await stage(plan({ first: echo, second: { ack: { type: "json" } }, end: echo }, [flowPlan("broad", "first", "second"), flowPlan("share", "second", "end")]), { dir: join(dir, "flows") });
const { finish } = await it.flows.salvage();
for (const pid of linesOf("pids")) endIfThere(Number(pid));
await finish();
writeFileSync(join(dir, "pids"), "");

const SECOND = "let b='';process.stdin.on('data',c=>{b+=c;for(let i;(i=b.indexOf('\\n'))>=0;b=b.slice(i+1)){const e=JSON.parse(b.slice(0,i));process.stdout.write('2'+e.event+'\\n'+JSON.stringify({ack:e.id})+'\\n')}})";
await keep("first", sh('while IFS= read -r line; do echo "1$line"; echo "$line" >&2; done'));
await keep("second", [process.execPath, "-e", SECOND]);
await keep("end", sh(`while IFS= read -r line; do echo "$line" >> '${join(dir, "end")}'; echo >&2; done`));

const sent = Number(linesOf("sent").at(-1) ?? "0");
for (let number = sent + 1; number <= Number(count); number += 1) {
  await it.flows.send("first", ` ${number}`, AbortSignal.timeout(60_000));
  appendFileSync(join(dir, "sent"), `${number}\n`);
}
await until("all is through", () => it.flows.queues().every(({ own, shared, inFlight }) => own + shared + inFlight === 0));
process.exit(0);

/** Restarts it as often as it ends. */
async function keep(name: string, command: readonly string[]): Promise<void> {
  const stdio = await it.flows.prepare({ process: name, instance: 1, onSilent() {} });
  const child: ChildProcess = spawn(command[0] as string, command.slice(1), { stdio: [...stdio.stdio] });
  appendFileSync(join(dir, "pids"), `${child.pid}\n`);
  const io = stdio.attach(child);
  const timer = setTimeout(() => child.kill("SIGKILL"), 50 + random() * 1500);
  child.once("exit", (code, signal) => {
    clearTimeout(timer);
    appendFileSync(join(dir, "ends"), "x");
    void io.died({ code, signal }).then(() => keep(name, command));
  });
}

function linesOf(name: string): string[] {
  const path = join(dir, name);
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter((line) => line !== "") : [];
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has gone.
  }
}

function randomOf(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
