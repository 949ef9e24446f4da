// The pipeline the cursor is in, drawn as it is written; a click on a step goes to its place in the text.
import { useMemo, useState } from "preact/hooks";
import { words } from "../../words/config.ts";
import { say } from "../../words/say.ts";
import { GraphView } from "../pipelines/graph/graph-view.tsx";
import "../pipelines/pipelines.css";
import type { NamedGraph } from "./config-answers.ts";

interface TextGraphProps {
  readonly graphs: readonly NamedGraph[];
  /** Of the cursor. */
  readonly line: number;
  goTo(line: number, column: number): void;
}

const NOTHING_LIVE = new Map();

export function TextGraph({ graphs, line, goTo }: TextGraphProps) {
  const [chosen, setChosen] = useState<{ readonly name: string; readonly line: number }>();
  // The last that begins above the cursor; one that was chosen by hand stays until the cursor moves.
  const here = graphs.findLast(({ nodes }) => (nodes[0]?.place?.line ?? Infinity) <= line + 1) ?? graphs[0];
  const graph = (chosen?.line === line ? graphs.find(({ name }) => name === chosen.name) : undefined) ?? here;
  const node = useMemo(() => graph?.nodes.findLast(({ place }) => place !== undefined && place.line <= line)?.id, [graph, line]);
  return (
    <section class="card text-graph">
      <div class="bar">
        <h2>{say(words.graph)}</h2>
        {graph !== undefined && (
          <select aria-label={say(words.graphOf)} value={graph.name} onChange={(event) => setChosen({ name: event.currentTarget.value, line })}>
            {graphs.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
      </div>
      {graph === undefined || graph.nodes.length === 0 ? (
        <p class="dim">{say(words.noGraph)}</p>
      ) : (
        <GraphView
          key={graph.name}
          name={graph.name}
          graph={graph}
          live={NOTHING_LIVE}
          trends={NOTHING_LIVE}
          slowest={undefined}
          chosen={node}
          isStill
          choose={(id) => {
            const place = graph.nodes.find((one) => one.id === id)?.place;
            if (place !== undefined) goTo(place.line, place.column);
          }}
          tap={undefined}
        />
      )}
    </section>
  );
}
