// What stands around every screen: rail, top bar, and the screen of the address, whose code is loaded when it is first wanted.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { connection, reconnectNow } from "../agent/agent.ts";
import { may, user } from "../agent/session.ts";
import { FailureBox } from "../parts/failure-box.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { watchJobs } from "../jobs/look.ts";
import { watchPipelines } from "../pipelines/look.ts";
import { watchProcesses } from "../processes/look.ts";
import { path } from "../route.ts";
import { screenAt } from "../screens.ts";
import type { Screen, ScreenProps } from "../screens.ts";
import { isRailNarrow } from "../settings.ts";
import { say } from "../words/say.ts";
import { words } from "../words/frame.ts";
import { KeySheet } from "./key-sheet.tsx";
import { listenToKeys } from "./keys.ts";
import { Palette } from "./palette.tsx";
import { Rail } from "./rail.tsx";
import { TopBar } from "./top-bar.tsx";

export function Frame() {
  useEffect(listenToKeys, []);
  useEffect(watchPipelines, []);
  useEffect(watchProcesses, []);
  useEffect(watchJobs, []);
  const found = screenAt(path.value);
  useEffect(() => {
    document.title = found === undefined ? "Dure" : `${found.rest === "" ? "" : `${found.rest} · `}${say(found.screen.label)} · Dure`;
  });
  return (
    <div class={`frame ${isRailNarrow.value}`}>
      <a class="skip" href="#content">
        {say(words.skip)}
      </a>
      <Rail current={found?.screen} />
      <div class="frame-body">
        <TopBar />
        {connection.value === "lost" && (
          <p class="lost" role="status">
            {say(words.lost)}{" "}
            <button type="button" class="button small" onClick={reconnectNow}>
              {say(words.tryNow)}
            </button>
          </p>
        )}
        <main id="content" tabIndex={-1}>
          {found === undefined ? <NoScreen /> : <OneScreen key={found.screen.path} screen={found.screen} rest={found.rest} />}
        </main>
      </div>
      <Palette />
      <KeySheet />
    </div>
  );
}

function OneScreen({ screen, rest }: { readonly screen: Screen; readonly rest: string }) {
  const [loaded, setLoaded] = useState<{ Face?: ComponentType<ScreenProps>; failure?: unknown }>({});
  const [times, setTimes] = useState(0);
  const isAllowed = may(screen.role);
  useEffect(() => {
    if (!isAllowed) return;
    let isGone = false;
    screen.load().then(
      (Face) => isGone || setLoaded({ Face }),
      (failure: unknown) => isGone || setLoaded({ failure }),
    );
    return () => void (isGone = true);
  }, [screen, isAllowed, times]);
  if (!isAllowed) return <NotForYou screen={screen} />;
  if (loaded.Face !== undefined) return <loaded.Face rest={rest} />;
  if (loaded.failure !== undefined) return <FailureBox failure={loaded.failure} retry={() => (setLoaded({}), setTimes(times + 1))} />;
  return <Skeleton />;
}

function NotForYou({ screen }: { readonly screen: Screen }) {
  return (
    <div class="empty">
      <h1>{say(words.screenNeedsRole, { role: say(words[screen.role]) })}</h1>
      <p>{say(words.screenNeedsRoleText, { mine: say(words[user.value?.role ?? "viewer"]) })}</p>
    </div>
  );
}

function NoScreen() {
  return (
    <div class="empty">
      <h1>{say(words.notFound)}</h1>
      <p>{say(words.notFoundText, { path: path.value })}</p>
      <a class="button" href="/">
        {say(words.toOverview)}
      </a>
    </div>
  );
}
