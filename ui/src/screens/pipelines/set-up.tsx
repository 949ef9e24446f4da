// How a pipeline is set up, step by step, as the agent runs it: with defaults, and where each stands in the file.
import { aboutOf } from "../../pipelines/about.ts";
import type { PipelineGraph } from "../../pipelines/graph.ts";
import { may } from "../../agent/session.ts";
import { say } from "../../words/say.ts";
import { words } from "../../words/pipelines.ts";
import { Options } from "./options.tsx";

export function SetUp({ graph }: { readonly graph: PipelineGraph }) {
  return (
    <>
      <p class="dim">{say(words.setUpText)}</p>
      {may("admin") && (
        <p>
          <a href="/config">{say(words.toEditor)}</a>
        </p>
      )}
      <ol class="set-up">
        {graph.nodes.map(({ id, plugin, kind, about, options, place }) => (
          <li key={id} class="card">
            <h2>
              <span class="dim">{id}</span> {plugin}
            </h2>
            {about !== "" && <p class="dim clip">{aboutOf({ kind, about })}</p>}
            <Options value={options} />
            {place !== undefined && (
              <p class="dim">
                <code>
                  {place.file.split(/[/\\]/).at(-1)}:{place.line}:{place.column}
                </code>
              </p>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}
