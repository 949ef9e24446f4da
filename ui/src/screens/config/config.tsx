// The config: written here or in the file, checked as one types by what `dure validate` uses, shown before it is applied, taken back if need be.
import type { ScreenProps } from "../../screens.ts";
import { Places } from "../../parts/places.tsx";
import { words } from "../../words/config.ts";
import { say } from "../../words/say.ts";
import { ConfigEditor } from "./config-editor.tsx";
import { History } from "./history.tsx";
import "./config.css";

const places = [
  { rest: "", href: "/config", label: words.editor },
  { rest: "history", href: "/config/history", label: words.history },
] as const;

export function Config({ rest }: ScreenProps) {
  const at = places.find((place) => place.rest === rest) ?? places[0];
  return (
    <>
      <h1>{say(words.title)}</h1>
      <Places label={words.parts} places={places} at={at} />
      {at.rest === "history" ? <History /> : <ConfigEditor />}
    </>
  );
}
