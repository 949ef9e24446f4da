// What is done with processes at given times, and what was run once more.
import { Places } from "../../parts/places.tsx";
import type { Place } from "../../parts/places.tsx";
import type { ScreenProps } from "../../screens.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/schedules.ts";
import { say } from "../../words/say.ts";
import { RecoveryList } from "./recovery-list.tsx";
import { ScheduleList } from "./schedule-list.tsx";
import "../../flows/flows.css";

const places: readonly Place[] = [
  { rest: "", href: "/schedules", label: frameWords.schedules },
  { rest: "recoveries", href: "/schedules/recoveries", label: words.recoveries },
];

export function Schedules({ rest }: ScreenProps) {
  const at = places.find((place) => place.rest === rest) ?? places[0];
  return (
    <>
      <h1>{say(at?.label ?? frameWords.schedules)}</h1>
      <Places label={frameWords.schedules} places={places} at={at} />
      {at?.rest === "recoveries" ? <RecoveryList /> : <ScheduleList />}
    </>
  );
}
