// The first user of an agent makes himself known, by the link that the agent printed: /setup#TOKEN. The token stays behind the `#`, so that it
// stands in no log of any proxy.
import { session, setUp } from "../../agent/session.ts";
import { CallFailure } from "../../agent/failure.ts";
import { Field, Form } from "../../parts/form.tsx";
import { TimeZoneChoice } from "../../parts/time-zone-choice.tsx";
import { fragment, go } from "../../route.ts";
import { firstLook } from "../../settings.ts";
import { say } from "../../words/say.ts";
import { words } from "../../words/access.ts";
import { Lobby } from "./lobby.tsx";

const PASSWORD_LENGTH_MIN = 10;

export function FirstRun() {
  if (session.value?.isSetupOpen !== true) {
    return (
      <Lobby title={say(words.setupDone)}>
        <a class="button main" href="/">
          {say(words.toLogin)}
        </a>
      </Lobby>
    );
  }
  const token = fragment.value;
  if (token === "") {
    return (
      <Lobby title={say(words.setupNeedsLink)}>
        <p>{say(words.setupNeedsLinkText)}</p>
        <pre class="command">dure open</pre>
      </Lobby>
    );
  }
  const submit = async (values: FormData): Promise<void> => {
    const password = String(values.get("password"));
    if ([...password].length < PASSWORD_LENGTH_MIN) throw refused(words.passwordShort, [...password].length);
    if (password !== values.get("again")) throw refused(words.passwordDiffers);
    await setUp(token, String(values.get("name")).trim(), password);
    firstLook.value = "yes";
    go("/", { isReplaced: true });
  };
  return (
    <Lobby title={say(words.setupTitle)}>
      <p>{say(words.setupText)}</p>
      <Form label={say(words.setupTitle)} button={say(words.create)} busyButton={say(words.creating)} submit={submit}>
        <Field label={say(words.name)} name="name" autocomplete="username" isFirst />
        <Field label={say(words.password)} name="password" type="password" autocomplete="new-password" hint={say(words.passwordHint)} />
        <Field label={say(words.passwordAgain)} name="again" type="password" autocomplete="new-password" />
        <TimeZoneChoice />
      </Form>
    </Lobby>
  );
}

function refused({ en, ko }: { readonly en: string; readonly ko: string }, count = 0): CallFailure {
  const filled = (text: string): string => text.replace("{count}", String(count));
  return new CallFailure({ code: "INVALID", message: filled(en), ko: { message: filled(ko) } });
}
