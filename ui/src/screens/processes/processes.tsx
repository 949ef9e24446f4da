// The processes as a list; with a name behind it, the page of one.
import type { ScreenProps } from "../../screens.ts";
import "./processes.css";
import { ProcessList } from "./process-list.tsx";
import { ProcessPage } from "./process-page.tsx";

export function Processes({ rest }: ScreenProps) {
  return rest === "" ? <ProcessList /> : <ProcessPage key={rest} name={rest} />;
}
