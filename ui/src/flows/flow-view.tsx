// The drawing of flows: the wider a way, the more goes along it; a tank shows how full a queue is; what shares is dashed. Arrow keys walk from
// process to process, Enter opens one.
import { useMemo, useRef, useState } from "preact/hooks";
import { connection, isHeld } from "../agent/agent.ts";
import { count, percent } from "../parts/figures.ts";
import { fitted } from "../parts/graph/fitted.ts";
import { GraphFrame } from "../parts/graph/graph-frame.tsx";
import { isInView, useView } from "../parts/graph/use-view.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { processLook, processRates, processes } from "../processes/look.ts";
import type { ProcessStatus } from "../processes/look.ts";
import { processMood, whyOf } from "../processes/mood.ts";
import { words } from "../words/flows.ts";
import { words as processWords } from "../words/processes.ts";
import { say } from "../words/say.ts";
import { linkRate } from "./flow-graph.ts";
import type { FlowGraph } from "./flow-graph.ts";
import { BOX_HEIGHT, BOX_WIDTH, layered, nextBox } from "./layered.ts";
import "./flows.css";

const NARROW_PIXELS = 640;
const MOVING_LINKS_MAX = 60;
const WIDEST = 8;

interface FlowViewProps {
  readonly graph: FlowGraph;
  readonly fills: ReadonlyMap<string, number>;
  readonly label: string;
  /** Marked, as the one that the page is of. */
  readonly chosen?: string | undefined;
  readonly choose: (name: string) => void;
}

export function FlowView({ graph, fills, label, chosen, choose }: FlowViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useView(box);
  const [walked, setFocused] = useState<string>();
  const focused = walked !== undefined && graph.nodes.includes(walked) ? walked : (chosen ?? graph.nodes[0]);
  const direction = view.width < NARROW_PIXELS ? "down" : "right";
  const layout = useMemo(() => layered(graph, direction), [graph, direction]);
  const rates = processRates.value;
  const perSecond = graph.links.map((link) => linkRate(link, graph, rates));
  const most = Math.max(1, ...perSecond.map((rate) => rate ?? 0));
  const isMoving = !isHeld.value && connection.value === "open" && graph.links.length <= MOVING_LINKS_MAX;
  const byName = new Map(processes.value?.map((each) => [each.name, each]));
  return (
    <GraphFrame {...{ box, view, layout, isMoving, chosen, focused, setFocused, choose, label }} boxWidth={BOX_WIDTH} boxHeight={BOX_HEIGHT} first={chosen ?? graph.nodes[0]} neighbour={(id, key) => nextBox(graph, layout, id, key)}>
      {(scale) => (
        <>
          {graph.links.map(({ from, to, type, ack }, index) => {
            const { path, middle } = layout.links[index]!;
            const [start, end] = [layout.nodes.get(from), layout.nodes.get(to)];
            if (start === undefined || end === undefined || !isInView(view, scale, start, end)) return null;
            const rate = perSecond[index];
            const isFlowing = (rate ?? 0) > 0;
            const wide = isFlowing ? 1.5 + (WIDEST - 1.5) * Math.sqrt((rate ?? 0) / most) : 1.5;
            return (
              <g key={`${from} ${to} ${type}`} class={`link flow-${type} ${byName.get(to)?.queue.isFull === true ? "failing" : ""} ${isFlowing ? "flowing" : ""}`}>
                <path class="link-line" d={path} stroke-width={wide} />
                {isFlowing && isMoving && <path class="link-motion" d={path} stroke-width={Math.max(1.5, wide * 0.45)} />}
                <g class="link-words" transform={`translate(${middle.x} ${middle.y})`}>
                  <text class="link-label" y={isFlowing ? -9 : 4}>
                    {say(words[type])}
                    {ack === undefined || ack === "none" ? "" : ` · ${ack}`}
                  </text>
                  {isFlowing && (
                    <text class="link-rate" y="4">
                      {say(words.perSecond, { count: count(rate ?? 0) })}
                    </text>
                  )}
                </g>
              </g>
            );
          })}
          {graph.nodes.map((name) => {
            const { x, y } = layout.nodes.get(name) ?? { x: 0, y: 0 };
            const process = byName.get(name);
            if (process === undefined) return null;
            if (name !== focused && !isInView(view, scale, { x: x - BOX_WIDTH / 2, y: y - BOX_HEIGHT / 2 }, { x: x + BOX_WIDTH / 2, y: y + BOX_HEIGHT / 2 })) return null;
            return <Box key={name} process={process} fill={fills.get(name) ?? 0} isChosen={name === chosen} isFocusable={name === focused} at={`translate(${x - BOX_WIDTH / 2} ${y - BOX_HEIGHT / 2})`} choose={() => choose(name)} />;
          })}
        </>
      )}
    </GraphFrame>
  );
}

interface BoxProps {
  readonly process: ProcessStatus;
  readonly fill: number;
  readonly isChosen: boolean;
  readonly isFocusable: boolean;
  readonly at: string;
  readonly choose: () => void;
}

const TANK_HEIGHT = BOX_HEIGHT - 14;
const TEXT_LEFT = 34;

function Box({ process, fill, isChosen, isFocusable, at, choose }: BoxProps) {
  const { name, queue, isCrashLooping, instancesWanted } = process;
  const mood = processMood(process);
  const waiting = queue.own + queue.shared;
  const why = whyOf(process, processes.value ?? [], processLook.value?.atMs ?? Date.now());
  const state = `${say(mood.label)}${isCrashLooping ? ` · ${say(processWords.crashLoop)}` : ""}`;
  const told = [name, state, waiting === 0 ? "" : say(words.waits, { count: waiting }), queue.isFull ? say(words.full) : "", why ?? ""].filter((part) => part !== "").join(", ");
  const room = BOX_WIDTH - TEXT_LEFT - 10;
  return (
    <g class={`box process-box ${mood.tone} ${isChosen ? "chosen" : ""}`} transform={at} role="button" tabindex={isFocusable ? 0 : -1} data-id={name} onClick={choose}>
      <title>{told}</title>
      <rect class="box-frame" width={BOX_WIDTH} height={BOX_HEIGHT} rx="9" />
      <g class={`tank ${queue.isFull ? "bad" : ""}`}>
        <rect class="tank-frame" x="11" y="7" width="14" height={TANK_HEIGHT} rx="3" />
        <rect class="tank-fill" x="12.5" y={8.5 + (TANK_HEIGHT - 3) * (1 - fill)} width="11" height={Math.max(waiting > 0 ? 1.5 : 0, (TANK_HEIGHT - 3) * fill)} rx="1.5" />
      </g>
      <text class="box-title" x={TEXT_LEFT} y="21">
        {fitted(instancesWanted === 1 ? name : `${name} × ${instancesWanted}`, room, 13)}
      </text>
      <g class={`box-mark state-mark ${mood.tone}`} transform={`translate(${TEXT_LEFT} 28)`}>
        <StateMark mood={mood} />
      </g>
      <text class="box-about" x={TEXT_LEFT + 16} y="38">
        {fitted(state, room - 16, 11)}
      </text>
      <text class="box-rate" x={TEXT_LEFT} y="53">
        {waiting === 0 ? "" : fitted(`${say(words.waits, { count: waiting })}${queue.isFull ? ` ▲ ${say(words.full)}` : fill >= 0.01 ? ` (${percent(fill)})` : ""}`, room, 11)}
      </text>
    </g>
  );
}
