// EventFlow's console in the browser, and the settings that it knows.
import { Places } from "../../parts/places.tsx";
import type { Place } from "../../parts/places.tsx";
import type { ScreenProps } from "../../screens.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/console.ts";
import { say } from "../../words/say.ts";
import { CommandLine } from "./command-line.tsx";
import { SettingList } from "./setting-list.tsx";
import "./console.css";

const places: readonly Place[] = [
  { rest: "", href: "/console", label: frameWords.console },
  { rest: "settings", href: "/console/settings", label: words.settings },
];

export function Console({ rest }: ScreenProps) {
  const at = places.find((place) => place.rest === rest) ?? places[0];
  return (
    <>
      <h1>{say(at?.label ?? frameWords.console)}</h1>
      <Places label={frameWords.console} places={places} at={at} />
      {at?.rest === "settings" ? <SettingList /> : <CommandLine />}
    </>
  );
}
