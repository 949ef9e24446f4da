// A pipeline's figures of the last quarter of an hour.
import { Chart } from "../../parts/chart.tsx";
import { bytes, count } from "../../parts/figures.ts";
import { historyTurn, trackOf } from "../../pipelines/history.ts";
import { look } from "../../pipelines/look.ts";
import { say } from "../../words/say.ts";
import { words } from "../../words/pipelines.ts";

export function PipelineMetrics({ name }: { readonly name: string }) {
  const status = look.value?.pipelines.find((pipeline) => pipeline.name === name);
  return (
    <>
      <PipelineCharts name={name} />
      {status !== undefined && (
        <dl class="tiles">
          <Tile label={say(words.recordsIn)} value={status.recordsIn.toLocaleString("en")} />
          <Tile label={say(words.recordsOut)} value={status.recordsOut.toLocaleString("en")} />
          <Tile label={say(words.bytesIn)} value={bytes(status.bytesIn)} />
          <Tile label={say(words.bytesOut)} value={bytes(status.bytesOut)} />
          <Tile label={say(words.retries)} value={status.retries.toLocaleString("en")} />
          <Tile label={say(words.deadLetters)} value={status.deadLetters.toLocaleString("en")} />
        </dl>
      )}
    </>
  );
}

/** Also below the graph. */
export function PipelineCharts({ name }: { readonly name: string }) {
  const track = historyTurn.value >= 0 ? trackOf(name) : undefined; // Read here, so that it is drawn again when there is more.
  if (track === undefined) return <p class="dim">{say(words.noFigures)}</p>;
  const { atMs, recordsIn, recordsOut, bytesIn } = track;
  return (
    <div class="charts">
      <div class="card">
        <Chart
          label={say(words.recordsPerSecond)}
          atMs={atMs}
          format={count}
          series={[
            { label: say(words.recordsIn), values: recordsIn, color: 1 },
            { label: say(words.recordsOut), values: recordsOut, color: 2 },
          ]}
        />
      </div>
      <div class="card">
        <Chart label={say(words.bytesRate)} atMs={atMs} format={bytes} unit="bytes" series={[{ label: say(words.recordsIn), values: bytesIn, color: 3 }]} />
      </div>
    </div>
  );
}

function Tile({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div class="tile">
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}
