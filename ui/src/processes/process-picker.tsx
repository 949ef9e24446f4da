// Some of all processes, chosen by a tick each.
import { words } from "../words/processes.ts";
import { say } from "../words/say.ts";
import { processes } from "./look.ts";
import "../flows/flows.css";

export function ProcessPicker({ label, chosen, choose }: { readonly label: string; readonly chosen: readonly string[]; readonly choose: (names: readonly string[]) => void }) {
  const all = processes.value ?? [];
  return (
    <fieldset class="picker-field">
      <legend>{label}</legend>
      <div class="picker">
        {all.length === 0 && <p class="dim">{say(words.emptyTitle)}</p>}
        {all.map(({ name }) => (
          <label key={name} class="check">
            <input type="checkbox" checked={chosen.includes(name)} onChange={({ currentTarget }) => choose(currentTarget.checked ? [...chosen, name] : chosen.filter((each) => each !== name))} />
            {name}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
