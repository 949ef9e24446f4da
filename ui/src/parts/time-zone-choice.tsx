// By which clock times are shown: chosen on the first run and in the settings, kept in this browser.
import { chooseTimeZone } from "../settings.ts";
import { words } from "../words/frame.ts";
import { say } from "../words/say.ts";
import { Choice } from "./choice.tsx";
import { timeZone } from "./time-zone.ts";

export function TimeZoneChoice() {
  return (
    <Choice
      label={say(words.timeZone)}
      name="time-zone"
      value={timeZone.value}
      options={[
        ["local", Intl.DateTimeFormat().resolvedOptions().timeZone],
        ["utc", "UTC"],
      ]}
      choose={chooseTimeZone}
    />
  );
}
