// The pipelines as a list; with a name behind it, the page of one.
import type { ScreenProps } from "../../screens.ts";
import "./pipelines.css";
import { PipelineList } from "./pipeline-list.tsx";
import { PipelinePage } from "./pipeline-page.tsx";

export function Pipelines({ rest }: ScreenProps) {
  return rest === "" ? <PipelineList /> : <PipelinePage key={rest} name={rest} />;
}
