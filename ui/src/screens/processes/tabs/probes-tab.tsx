// What the health check of a process said, the newest first; asked again while one looks.
import { useEffect, useMemo } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { time } from "../../../parts/figures.ts";
import { List } from "../../../parts/list/list.tsx";
import type { Column } from "../../../parts/list/list.tsx";
import { State } from "../../../parts/state-mark.tsx";
import { duration } from "../../../processes/times.ts";
import { words } from "../../../words/processes.ts";
import { language, say } from "../../../words/say.ts";

type Probe = ResultOf<"processes.show">["probes"][number];

const AGAIN_MS = 5000;
const EXAMPLE = `health:
  http: http://127.0.0.1:8080/health
  every: 10s`;

export function ProbesTab({ probes, ask }: { readonly probes: readonly Probe[]; readonly ask: () => void }) {
  const columns = useMemo(columnsOf, [language.value]);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && ask(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [ask]);
  return <List label={say(words.probes)} fileName="probes" rows={probes} keyOf={({ atMs, instance }) => `${atMs} ${instance}`} nameOf={({ atMs }) => time(atMs)} columns={columns} empty={{ title: say(words.noProbes), text: say(words.noProbesText), example: EXAMPLE }} />;
}

function columnsOf(): Column<Probe>[] {
  return [
    { id: "at", label: say(words.at), value: ({ atMs }) => atMs, show: ({ atMs }) => time(atMs) },
    { id: "well", label: say(words.state), value: ({ isWell }) => Number(isWell), show: ({ isWell }) => <State mood={isWell ? { shape: "disc", tone: "good", label: words.well } : { shape: "triangle", tone: "warn", label: words.notWell }} /> },
    { id: "took", label: say(words.took), isNumber: true, value: ({ tookMs }) => tookMs, show: ({ tookMs }) => duration(tookMs) },
    { id: "instance", label: say(words.instances), isNumber: true, isExtra: true, value: ({ instance }) => instance },
    { id: "words", label: say(words.said), isWide: true, value: ({ words: said }) => said },
  ];
}
