// Which of three faces the dashboard shows: the first run, the login, or the frame with its screens.
import { useCallback, useEffect, useState } from "preact/hooks";
import { disconnect } from "../agent/agent.ts";
import { session } from "../agent/session.ts";
import { FailureBox } from "../parts/failure-box.tsx";
import { NoticesArea } from "../parts/notices-area.tsx";
import { path } from "../route.ts";
import { FirstRun } from "../screens/access/first-run.tsx";
import { Login } from "../screens/access/login.tsx";
import { suggestLanguage } from "../settings.ts";
import { Frame } from "./frame.tsx";
import { say } from "../words/say.ts";
import { words } from "../words/frame.ts";

export function Dashboard({ ask }: { readonly ask: () => Promise<void> }) {
  const [failure, setFailure] = useState<unknown>();
  const begin = useCallback(() => {
    setFailure(undefined);
    ask().catch(setFailure);
  }, [ask]);
  useEffect(begin, [begin]);
  const user = session.value?.user;
  useEffect(() => {
    if (user === undefined) disconnect();
    else if (user.language !== undefined) suggestLanguage(user.language);
  }, [user]);
  if (session.value === undefined) return <main class="lobby">{failure === undefined ? <p class="dim lobby-wait">{say(words.loading)}…</p> : <FailureBox failure={failure} retry={begin} />}</main>;
  const face = user !== undefined && path.value !== "/setup" ? <Frame /> : session.value.isSetupOpen === true || path.value === "/setup" ? <FirstRun /> : <Login />;
  return (
    <>
      {face}
      <NoticesArea />
    </>
  );
}
