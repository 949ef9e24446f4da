// All keys at a glance: `?`.
import type { ComponentChildren } from "preact";
import { Dialog } from "../parts/dialog.tsx";
import { may } from "../agent/session.ts";
import { screens } from "../screens.ts";
import { say } from "../words/say.ts";
import { words } from "../words/frame.ts";
import { isSheetOpen } from "./keys.ts";

export function KeySheet() {
  if (!isSheetOpen.value) return null;
  return (
    <Dialog title={say(words.keys)} close={() => (isSheetOpen.value = false)} class="wide">
      <KeyTable />
    </Dialog>
  );
}

/** Also part of the help screen. */
export function KeyTable() {
  return (
    <div class="key-groups">
      <Group title={say(words.keysAnywhere)}>
        <Row keys={["Ctrl/⌘ K"]} does={say(words.search)} />
        <Row keys={["?"]} does={say(words.keySheet)} />
        <Row keys={["/"]} does={say(words.keyFilter)} />
        <Row keys={["Esc"]} does={say(words.keyClose)} />
      </Group>
      <Group title={say(words.keysGo)}>
        {screens
          .filter(({ role }) => may(role))
          .map((screen) => (
            <Row key={screen.path} keys={["g", screen.key.replace("Key", "").toLowerCase()]} does={say(screen.label)} />
          ))}
      </Group>
      <Group title={say(words.keysList)}>
        <Row keys={["↑", "↓"]} does={say(words.keyRows)} />
        <Row keys={["Enter"]} does={say(words.keyOpen)} />
        <Row keys={["Space"]} does={say(words.keySelect)} />
      </Group>
      <Group title={say(words.keysStream)}>
        <Row keys={["j", "k"]} does={say(words.keyLines)} />
        <Row keys={["Enter"]} does={say(words.keyUnfold)} />
        <Row keys={["Space"]} does={say(words.keyPause)} />
        <Row keys={["n", "Shift n"]} does={say(words.keyMatches)} />
        <Row keys={["c"]} does={say(words.keyCopy)} />
        <Row keys={["Esc"]} does={say(words.keyClose)} />
      </Group>
      <Group title={say(words.keysGraph)}>
        <Row keys={["←", "→", "↑", "↓"]} does={say(words.keyAlongEdges)} />
        <Row keys={["Enter"]} does={say(words.keyOpen)} />
      </Group>
    </div>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl class="keys">{children}</dl>
    </section>
  );
}

function Row({ keys, does }: { readonly keys: readonly string[]; readonly does: string }) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </div>
  );
}
