// How the agent itself is: what it takes, what the doctor finds, its figures, and what one takes along for a bug report.
import { useEffect } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { may } from "../../agent/session.ts";
import { FailureBox } from "../../parts/failure-box.tsx";
import { Facts } from "../../parts/facts.tsx";
import { ago, bytes, time } from "../../parts/figures.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { useCall } from "../../parts/use-call.ts";
import { words } from "../../words/diagnostics.ts";
import { say } from "../../words/say.ts";
import { Doctor } from "./doctor.tsx";
import { Figures } from "./figures-list.tsx";
import { Tools } from "./tools.tsx";
import "./diagnostics.css";

const LOOK_EVERY_MS = 5000;

export function Diagnostics() {
  const { answer, failure, ask } = useCall("agent.show", {});
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && ask(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [ask]);
  return (
    <>
      <h1>{say(words.title)}</h1>
      <div class="diagnostics">
        <section class="card">
          <h2>{say(words.agent)}</h2>
          {answer !== undefined ? <AgentTable {...answer} /> : failure === undefined ? <Skeleton /> : <FailureBox failure={failure} retry={ask} />}
        </section>
        {may("admin") && <Tools />}
        <Doctor />
      </div>
      <Figures />
    </>
  );
}

function AgentTable({ version, pid, startedAtMs, configFile, dataDir, threads, pipelines, residentBytes, heapBytes, cpuSeconds, store, address, revision, loopDelay }: ResultOf<"agent.show">) {
  return (
    <Facts
      facts={[
        [say(words.version), version],
        [say(words.pid), String(pid)],
        [say(words.started), `${time(startedAtMs, { isWhole: true })} (${ago(startedAtMs)})`],
        [say(words.memory), bytes(residentBytes)],
        [say(words.heap), bytes(heapBytes)],
        [say(words.cpu), `${cpuSeconds.toFixed(1)} s`],
        [say(words.loopDelay), loopDelay === undefined ? undefined : `${loopDelay.medianMs} ms · p99 ${loopDelay.p99Ms} ms`],
        [say(words.threads), String(threads)],
        [say(words.pipelines), String(pipelines)],
        [say(words.config), <code class="breakable">{configFile}</code>],
        [say(words.revision), revision === undefined ? undefined : String(revision)],
        [say(words.data), <code class="breakable">{dataDir}</code>],
        [say(words.store), store],
        [say(words.address), address],
      ]}
    />
  );
}
