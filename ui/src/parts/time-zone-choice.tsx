// By which clock times are shown: chosen on the first run and in the settings, kept in this browser.
import { chooseTimeZone } from "../settings.ts";
import { words } from "../words/frame.ts";
import { say } from "../words/say.ts";
import { Choice } from "./choice.tsx";
import { timeZone } from "./time-zone.ts";

export function TimeZoneChoice() {
  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (ownZone === "UTC") return null; // Both would be the same.
  return (
    <Choice
      label={say(words.timeZone)}
      name="time-zone"
      value={timeZone.value}
      options={[
        ["local", ownZone],
        ["utc", "UTC"],
      ]}
      choose={chooseTimeZone}
    />
  );
}
