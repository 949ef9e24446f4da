// A new password: an admin sets somebody's, everybody changes his own and shows that he knows the old one.
import { call } from "../../agent/agent.ts";
import { askSession, user } from "../../agent/session.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Field, Form } from "../../parts/form.tsx";
import { tellDone } from "../../parts/notices.ts";
import { say } from "../../words/say.ts";
import { words } from "../../words/users.ts";

export function PasswordDialog({ name, close }: { readonly name: string; readonly close: () => void }) {
  return (
    <Dialog title={say(words.passwordOf, { name })} close={close}>
      <PasswordForm name={name} done={close} />
    </Dialog>
  );
}

export function OwnPassword() {
  const name = user.value?.name;
  return name === undefined ? null : <PasswordForm name={name} done={() => void askSession()} />;
}

function PasswordForm({ name, done }: { readonly name: string; readonly done: () => void }) {
  const isOwn = name === user.value?.name;
  const submit = async (values: FormData): Promise<void> => {
    await call("users.set-password", { name, password: String(values.get("password")), ...(isOwn ? { oldPassword: String(values.get("old")) } : {}) });
    tellDone(say(words.passwordSet, { name }));
    done();
  };
  return (
    <Form label={say(words.passwordOf, { name })} submit={submit} button={say(words.setPassword)} busyButton={say(words.saving)}>
      {isOwn && <Field label={say(words.oldPassword)} name="old" type="password" autocomplete="current-password" isFirst />}
      <Field label={say(words.newPassword)} name="password" type="password" autocomplete="new-password" hint={say(words.passwordHint)} isFirst={!isOwn} />
    </Form>
  );
}
