// What a process is made of, as the agent runs it: with the defaults, without secrets.
import type { ResultOf } from "#edges/all-commands.ts";
import { bytes } from "../../../parts/figures.ts";
import { Facts } from "../../../parts/facts.tsx";
import { unturned } from "../../../parts/unturned.ts";
import { duration } from "../../../processes/times.ts";
import { words } from "../../../words/processes.ts";
import { say } from "../../../words/say.ts";

type Detail = ResultOf<"processes.show">;

const acks = { none: words.ackNone, line: words.ackLine, json: words.ackJson, "stderr-echo": words.ackEcho } as const;
const restarts = { always: words.restartAlways, "on-failure": words.restartOnFailure, never: words.restartNever } as const;

export function FactsTab({ detail }: { readonly detail: Detail }) {
  const { command, written, env, cwd, workDir, user, start, restart, stop, ack, place, status } = detail;
  const code = (text: string) => <code class="breakable">{unturned(text)}</code>;
  const restartText = restart.when === "never" ? say(words.restartNever) : [say(words.restartFacts, { when: say(restarts[restart.when]), first: duration(restart.firstMs), most: duration(restart.mostMs) }), restart.attemptsMax === null ? undefined : say(words.attempts, { count: restart.attemptsMax })].filter((part) => part !== undefined).join("; ");
  return (
    <div class="card">
      <Facts
        facts={[
          [say(words.writtenAs), code(typeof written === "string" ? written : written.map(quoted).join(" "))],
          [say(words.started2), code(command.map(quoted).join(" "))],
          [say(words.type), status.type],
          [say(words.cwd), code(cwd)],
          [say(words.workDir), code(workDir)],
          [say(words.user), user],
          [say(words.env), <Environment key="env" env={env} />],
          [say(words.limits), limitWords(detail.limits)],
          [say(words.startWhen), say(start === "auto" ? words.startAuto : words.startManual)],
          [say(words.restartWhen), restartText],
          [say(words.stopWith), say(words.stopFacts, { signal: stop.signal, wait: duration(stop.waitMs) })],
          [say(words.ack), ack.type === "none" ? say(words.ackNone) : `${say(words.ackTimeout, { what: say(acks[ack.type]), time: duration(ack.timeoutMs) })}; ${say(ack.onFailure === "retry" ? words.ackRetry : words.ackSkip)}`],
          [say(words.dependsOn), status.dependsOn.join(", ")],
          [say(words.groups), status.groups.join(", ")],
          [say(words.place), code(`${place.file.split(/[/\\]/).at(-1)}:${place.line}:${place.column}`)],
        ]}
      />
    </div>
  );
}

function Environment({ env }: Pick<Detail, "env">) {
  const all = Object.entries(env);
  if (all.length === 0) return <span class="dim">{say(words.noEnv)}</span>;
  return (
    <ul class="environment">
      {all.map(([name, value]) => (
        <li key={name}>
          <code class="breakable">{unturned(`${name}=${value}`)}</code>
        </li>
      ))}
    </ul>
  );
}

function limitWords({ memoryBytesMax, processesMax, filesMax, cpus }: Detail["limits"]): string {
  const parts = [
    memoryBytesMax === undefined ? undefined : say(words.limitMemory, { value: bytes(memoryBytesMax) }),
    processesMax === undefined ? undefined : say(words.limitProcesses, { value: processesMax }),
    filesMax === undefined ? undefined : say(words.limitFiles, { value: filesMax }),
    cpus === undefined ? undefined : say(words.limitCpus, { value: String(cpus) }),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? say(words.noLimits) : parts.join(", ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(word) ? word : JSON.stringify(word);
}
