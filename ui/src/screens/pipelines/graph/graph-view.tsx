// The live graph of a pipeline: the wider a way, the more goes along it; a tank shows how full a buffer is; ways that wait are dashed. Drawn
// by us in SVG. Arrow keys walk from box to box, Enter opens one; a click on a way shows what passes there.
import { useMemo, useRef, useState } from "preact/hooks";
import { ago, bytes, count, percent } from "../../../parts/figures.ts";
import { Sparkline } from "../../../parts/sparkline.tsx";
import { aboutOf } from "../../../pipelines/about.ts";
import { linkRate } from "../../../pipelines/graph.ts";
import type { GraphNode, LiveNode, PipelineGraph } from "../../../pipelines/graph.ts";
import { language, say } from "../../../words/say.ts";
import { words } from "../../../words/pipelines.ts";
import { fitted } from "../../../parts/graph/fitted.ts";
import { GraphFrame } from "../../../parts/graph/graph-frame.tsx";
import { isInView, useView } from "../../../parts/graph/use-view.ts";
import { layoutOf, neighbour, NODE_HEIGHT, NODE_WIDTH } from "./layout.ts";

export interface GraphViewProps {
  readonly name: string;
  readonly graph: PipelineGraph;
  readonly live: ReadonlyMap<string, LiveNode>;
  /** Rates of each node over the last minutes. */
  readonly trends: ReadonlyMap<string, readonly number[]>;
  readonly slowest: string | undefined;
  readonly chosen: string | undefined;
  readonly isStill: boolean;
  readonly choose: (id: string) => void;
  readonly tap: ((id: string) => void) | undefined;
}

const NARROW_PIXELS = 640;
const MOVING_LINKS_MAX = 60;
/** A graph of more steps is drawn without the small lines in its boxes. */
const TRENDS_MAX = 40;

export function GraphView({ name, graph, live, trends, slowest, chosen, isStill, choose, tap }: GraphViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useView(box);
  const [focused, setFocused] = useState(graph.nodes[0]?.id);
  const direction = view.width < NARROW_PIXELS ? "down" : "right";
  const layout = useMemo(() => layoutOf(graph, direction), [graph, direction]);
  const most = Math.max(1, ...graph.links.map((link) => linkRate(link, live) ?? 0));
  const isMoving = !isStill && graph.links.length <= MOVING_LINKS_MAX;
  return (
    <GraphFrame
      {...{ box, view, layout, isMoving, chosen, focused, setFocused, choose }}
      boxWidth={NODE_WIDTH}
      boxHeight={NODE_HEIGHT}
      label={say(words.graphOf, { name })}
      first={graph.nodes[0]?.id}
      neighbour={(id, key) => neighbour(graph, layout, id, key, direction)}
    >
      {(scale) => (
        <>
          {graph.links.map((link, index) => {
            const { from, to } = link;
            const { path, middle } = layout.links[index]!;
            const [start, end] = [layout.nodes.get(from), layout.nodes.get(to)];
            if (start === undefined || end === undefined || !isInView(view, scale, start, end)) return null;
            const rate = linkRate(link, live);
            const isFlowing = rate === undefined ? graph.links.some((next) => next.from === to && (linkRate(next, live) ?? 0) > 0) : rate > 0;
            const isFailing = live.get(to)?.failing !== undefined;
            const wide = isFlowing ? 1.5 + 6.5 * Math.sqrt((rate ?? 0) / most) : 1.5;
            const label = link.label[language.value];
            const figure = rate === undefined ? "" : say(words.rate, { count: count(rate) });
            return (
              <g key={`${from} ${to}`} class={`link ${link.isStandby && !isFlowing ? "standby" : ""} ${isFailing ? "failing" : ""} ${isFlowing ? "flowing" : ""}`}>
                <path class="link-line" d={path} stroke-width={wide} />
                {isFlowing && isMoving && <path class="link-motion" d={path} stroke-width={Math.max(1.5, wide * 0.45)} />}
                {tap !== undefined && (
                  <path class="link-hand" d={path} onClick={() => tap(to)}>
                    <title>{say(words.tapHere, { from, to })}</title>
                  </path>
                )}
                <g class="link-words" transform={`translate(${middle.x} ${middle.y})`}>
                  {label !== "" && (
                    <text class="link-label" y={figure === "" ? 4 : -9}>
                      {fitted(label, 150, 11)}
                      <title>{label}</title>
                    </text>
                  )}
                  {figure !== "" && (
                    <text class="link-rate" y="4">
                      {figure}
                    </text>
                  )}
                </g>
              </g>
            );
          })}
          {graph.nodes.map((node) => {
            const { x, y } = layout.nodes.get(node.id) ?? { x: 0, y: 0 };
            if (node.id !== focused && !isInView(view, scale, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }, { x: x + NODE_WIDTH / 2, y: y + NODE_HEIGHT / 2 })) return null;
            return (
              <Box
                key={node.id}
                node={node}
                live={live.get(node.id)}
                trend={graph.nodes.length <= TRENDS_MAX ? (trends.get(node.id) ?? []) : []}
                isSlowest={node.id === slowest}
                isChosen={node.id === chosen}
                isFocusable={node.id === focused}
                at={`translate(${x - NODE_WIDTH / 2} ${y - NODE_HEIGHT / 2})`}
                choose={() => (setFocused(node.id), choose(node.id))}
              />
            );
          })}
        </>
      )}
    </GraphFrame>
  );
}

interface BoxProps {
  readonly node: GraphNode;
  readonly live: LiveNode | undefined;
  readonly trend: readonly number[];
  readonly isSlowest: boolean;
  readonly isChosen: boolean;
  readonly isFocusable: boolean;
  readonly at: string;
  readonly choose: () => void;
}

const TANK_HEIGHT = NODE_HEIGHT - 14;

function Box({ node, live, trend, isSlowest, isChosen, isFocusable, at, choose }: BoxProps) {
  const { id, plugin, kind } = node;
  const about = aboutOf(node);
  const failing = live?.failing;
  const rate = live?.perSecond;
  const held = live?.held;
  const fill = live?.fill ?? 0;
  const textLeft = held === undefined ? 14 : 34;
  const note = failing !== undefined ? say(words.takesNothing) : isSlowest ? say(words.slowest) : "";
  const told = [`${id} ${plugin}`, about, rate === undefined ? "" : say(words.perSecond, { count: count(rate) }), held === undefined ? "" : `${say(words.holds)} ${bytes(held.bytes)}${live?.fill === undefined ? "" : ` (${percent(fill)})`}`, note, failing === undefined ? "" : `${failing.reason}, ${ago(failing.sinceMs)}`].filter((part) => part !== "").join(", ");
  return (
    <g class={`box kind-${kind} ${failing === undefined ? "" : "failing"} ${isSlowest ? "slowest" : ""} ${isChosen ? "chosen" : ""}`} transform={at} role="button" tabindex={isFocusable ? 0 : -1} data-id={id} aria-pressed={isChosen} onClick={choose}>
      <title>{told}</title>
      <rect class="box-frame" width={NODE_WIDTH} height={NODE_HEIGHT} rx="9" />
      <rect class="box-kind" x="0" y="10" width="3.5" height={NODE_HEIGHT - 20} rx="1.75" />
      {held !== undefined && (
        <g class={`tank ${fill >= 0.9 ? "bad" : fill >= 0.6 ? "warn" : ""}`}>
          <rect class="tank-frame" x="12" y="7" width="14" height={TANK_HEIGHT} rx="3" />
          <rect class="tank-fill" x="13.5" y={8.5 + (TANK_HEIGHT - 3) * (1 - fill)} width="11" height={Math.max(held.bytes > 0 ? 1.5 : 0, (TANK_HEIGHT - 3) * fill)} rx="1.5" />
        </g>
      )}
      <text class="box-title" x={textLeft} y="21">
        {fitted(plugin, NODE_WIDTH - textLeft - 12, 13)}
      </text>
      <text class="box-about" x={textLeft} y="37">
        {fitted(about === "" ? `${say(words.step)} ${id}` : about, NODE_WIDTH - textLeft - 12, 11)}
      </text>
      <text class="box-rate" x={textLeft} y="53">
        {rate === undefined ? "" : say(words.rate, { count: count(rate) })}
        {held === undefined ? "" : `${rate === undefined ? "" : " · "}${bytes(held.bytes)}`}
      </text>
      {trend.length > 1 && held === undefined && note === "" && (
        <g transform={`translate(${NODE_WIDTH - 74} 42)`}>
          <Sparkline values={trend} width={64} height={14} />
        </g>
      )}
      {note !== "" && (
        <g class="box-note" transform={`translate(${NODE_WIDTH - 10} 53)`}>
          <text>
            {failing !== undefined ? "▲ " : "◆ "}
            {note}
          </text>
        </g>
      )}
    </g>
  );
}
