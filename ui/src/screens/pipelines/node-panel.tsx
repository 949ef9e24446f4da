// One step beside the graph: what it does now, why it fails, how it is set, where it stands in the config, and which ways lead to it.
import { useMemo } from "preact/hooks";
import { may } from "../../agent/session.ts";
import { ago, bytes, count, time } from "../../parts/figures.ts";
import { Icon } from "../../parts/icon.tsx";
import { Meter } from "../../parts/meter.tsx";
import { useCall } from "../../parts/use-call.ts";
import { aboutOf } from "../../pipelines/about.ts";
import type { LiveNode, PipelineGraph } from "../../pipelines/graph.ts";
import { hrefWith } from "../../route.ts";
import { language, say } from "../../words/say.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/pipelines.ts";
import { FilePositions } from "./file-positions.tsx";
import { Options } from "./options.tsx";

interface NodePanelProps {
  readonly pipeline: string;
  readonly id: string;
  readonly graph: PipelineGraph;
  readonly live: ReadonlyMap<string, LiveNode>;
  readonly isSlowest: boolean;
  readonly close: () => void;
  readonly tap: ((id: string) => void) | undefined;
}

/** What a buffer holds and how busy a step is stands there already, as it is now. */
const SHOWN = ["dure_buffer_held_", "dure_step_busy_"];

export function NodePanel({ pipeline, id, graph, live, isSlowest, close, tap }: NodePanelProps) {
  const node = graph.nodes.find((each) => each.id === id);
  const metrics = useCall("metrics.list", {});
  const countedMs = useMemo(Date.now, [metrics.answer]);
  if (node === undefined) return null;
  const now = live.get(id);
  const ways = graph.links.filter(({ from, to }) => from === id || to === id);
  const titleOf = (other: string): string => graph.nodes.find((each) => each.id === other)?.plugin ?? other;
  const counted = (metrics.answer ?? []).filter(({ name }) => !SHOWN.some((each) => name.startsWith(each))).flatMap(({ name, help, series }) => series.filter(({ labels }) => labels["pipeline"] === pipeline && labels["step"] === id).map(({ value }) => ({ name, help, value })));
  return (
    <aside class="node-panel card" aria-label={`${id} ${node.plugin}`}>
      <header class="node-head">
        <h2>
          <span class="dim">{id}</span> {node.plugin}
        </h2>
        <button type="button" class="icon-button" aria-label={say(frameWords.close)} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {node.about !== "" && <p class="node-about">{aboutOf(node)}</p>}
      {now?.failing !== undefined && (
        <p class="trouble bad">
          <span>
            {now.failing.reason} <span class="dim">({ago(now.failing.sinceMs)})</span>
            {now.failing.isBypassed === true && ` ${say(words.bypassed)}`}
          </span>
        </p>
      )}
      {isSlowest && <p class="trouble warn">{say(now?.failing === undefined ? words.slowestWhy : words.slowestFails)}</p>}
      <dl class="facts">
        <div>
          <dt>{say(words.inRate)}</dt>
          <dd>{now?.perSecond === undefined ? "–" : count(now.perSecond)}</dd>
        </div>
        <div>
          <dt>{say(words.came)}</dt>
          <dd>{now?.recordsIn === undefined ? "–" : now.recordsIn.toLocaleString("en")}</dd>
        </div>
        {now?.busy !== undefined && (
          <div>
            <dt title={say(words.busyWhy)}>{say(words.busy)}</dt>
            <dd>
              <Meter part={now.busy} label={say(words.busy)} />
            </dd>
          </div>
        )}
        {now?.held !== undefined && (
          <div>
            <dt>{say(words.holds)}</dt>
            <dd>
              {bytes(now.held.bytes)}
              {now.held.bytesMax === undefined ? "" : ` / ${bytes(now.held.bytesMax)}`} {now.fill !== undefined && <Meter part={now.fill} label={say(words.buffer)} />}
              <span class="dim"> {say(words.batches, { count: now.held.batches })}</span>
            </dd>
          </div>
        )}
        {counted.map(({ name, help, value }) => (
          <div key={name}>
            <dt title={help}>{plainName(name)}</dt>
            <dd>{Number.isInteger(value) ? value.toLocaleString("en") : value.toPrecision(4)}</dd>
          </div>
        ))}
      </dl>
      {tap !== undefined && (
        <button type="button" class="button" onClick={() => tap(id)}>
          <Icon name="tap" /> {say(words.tapStep)}
        </button>
      )}
      {ways.length > 0 && (
        <>
          <h3>{say(words.ways)}</h3>
          <ul class="ways">
            {ways.map((link) => {
              const isOut = link.from === id;
              const other = isOut ? link.to : link.from;
              return (
                <li key={`${link.from} ${link.to}`}>
                  {isOut ? "→" : "←"} <a href={hrefWith({ node: other })}>{titleOf(other)}</a> {link.label[language.value] !== "" && <span class="dim">{link.label[language.value]}</span>} {link.isStandby && <span class="dim">({say(words.standby)})</span>}
                </li>
              );
            })}
          </ul>
        </>
      )}
      {node.kind === "in" && may("operator") && <FilePositions pipeline={pipeline} recordsIn={now?.recordsIn} />}
      <h3>{say(words.options)}</h3>
      <Options value={node.options} />
      {node.place !== undefined && (
        <p class="dim">
          {say(words.placeInFile)}{" "}
          <code>
            {node.place.file.split(/[/\\]/).at(-1)}:{node.place.line}:{node.place.column}
          </code>
        </p>
      )}
      {metrics.answer !== undefined && <p class="dim">{say(words.countsAt, { time: time(countedMs) })}</p>}
    </aside>
  );
}

/** `dure_plugin_lines_unmatched_total` → `lines unmatched`. */
function plainName(name: string): string {
  return name.replace(/^dure_(?:plugin_)?/, "").replace(/_total$/, "").replaceAll("_", " ");
}

