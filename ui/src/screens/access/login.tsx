// Who are you?
import { login } from "../../agent/session.ts";
import { Field, Form } from "../../parts/form.tsx";
import { say } from "../../words/say.ts";
import { words } from "../../words/access.ts";
import { Lobby } from "./lobby.tsx";

export function Login() {
  return (
    <Lobby title={say(words.loginTitle)}>
      <Form label={say(words.loginTitle)} button={say(words.loginButton)} busyButton={say(words.loggingIn)} submit={(values) => login(String(values.get("name")), String(values.get("password")))}>
        <Field label={say(words.name)} name="name" autocomplete="username" isFirst />
        <Field label={say(words.password)} name="password" type="password" autocomplete="current-password" />
      </Form>
    </Lobby>
  );
}
