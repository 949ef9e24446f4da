// The users, for admins: made, given a role, disabled, removed.
import { useMemo, useState } from "preact/hooks";
import type { ParamsOf, ResultOf } from "#edges/all-commands.ts";
import { call } from "../../agent/agent.ts";
import { roles } from "../../agent/session.ts";
import type { Role } from "#kernel/access/caller.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { ago, time } from "../../parts/figures.ts";
import { Field, Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { tellDone } from "../../parts/notices.ts";
import { StateMark } from "../../parts/state-mark.tsx";
import { useCall } from "../../parts/use-call.ts";
import { words as frameWords } from "../../words/frame.ts";
import { language, say } from "../../words/say.ts";
import { words } from "../../words/users.ts";
import { PasswordDialog } from "./password.tsx";
import { RoleChoice } from "./role-choice.tsx";

type KnownUser = ResultOf<"users.list">["users"][number];

export function UserList() {
  const { answer, failure, ask } = useCall("users.list", {});
  const [isAdding, setAdding] = useState(false);
  const [password, setPassword] = useState<string>();
  const lang = language.value;
  const columns = useMemo(columnsOf, [lang]);
  const actions = useMemo(() => actionsOf(ask, setPassword), [lang, ask]);
  return (
    <>
      <List label={say(words.users)} fileName="users" rows={answer?.users} failure={failure} retry={ask} keyOf={({ name }) => name} columns={columns} actions={actions} sortedBy="name" empty={{ title: say(words.emptyUsers), example: "dure users create hong --role admin" }}>
        <button type="button" class="button main" onClick={() => setAdding(true)}>
          <Icon name="plus" /> {say(words.addUser)}
        </button>
      </List>
      {isAdding && <AddUser close={() => setAdding(false)} added={ask} />}
      {password !== undefined && <PasswordDialog name={password} close={() => setPassword(undefined)} />}
    </>
  );
}

function columnsOf(): Column<KnownUser>[] {
  return [
    { id: "name", label: say(words.name), value: ({ name }) => name, isWide: true },
    { id: "role", label: say(words.role), value: ({ role }) => role, show: ({ role }) => say(frameWords[role]) },
    {
      id: "state",
      label: say(words.state),
      value: ({ isDisabled }) => (isDisabled ? "disabled" : "active"),
      show: ({ isDisabled }) => (
        <span class={`state ${isDisabled ? "calm" : "good"}`}>
          <StateMark mood={isDisabled ? { shape: "cross", tone: "calm" } : { shape: "disc", tone: "good" }} />
          {say(isDisabled ? words.disabled : words.active)}
        </span>
      ),
    },
    { id: "login", label: say(words.login), value: ({ loginMs }) => loginMs, show: ({ loginMs }) => (loginMs === undefined ? <span class="dim">{say(words.never)}</span> : <span title={time(loginMs, { isWhole: true })}>{ago(loginMs)}</span>), isWideOnly: true },
    { id: "created", label: say(words.created), value: ({ createdMs }) => createdMs, show: ({ createdMs }) => time(createdMs), isExtra: true },
    { id: "language", label: say(words.language), value: (row) => row.language, isExtra: true },
  ];
}

function actionsOf(ask: () => void, setPassword: (name: string) => void): RowAction<KnownUser>[] {
  const update = async (rows: readonly KnownUser[], change: Omit<ParamsOf<"users.update">, "name">): Promise<void> => {
    try {
      for (const { name } of rows) await call("users.update", { name, ...change });
    } finally {
      ask();
    }
  };
  const namesOf = (rows: readonly KnownUser[]): string => rows.map(({ name }) => name).join(", ");
  const labels = { viewer: words.makeViewer, operator: words.makeOperator, admin: words.makeAdmin } as const;
  return [
    ...roles.map((role) => ({
      id: role,
      label: say(labels[role]),
      role: "admin" as const,
      fits: (row: KnownUser) => row.role !== role,
      effect: (rows: readonly KnownUser[]) => say(words.roleEffect, { names: namesOf(rows), role: say(frameWords[role]) }),
      run: (rows: readonly KnownUser[]) => update(rows, { role }),
    })),
    { id: "password", label: say(words.setPassword), icon: "edit", role: "admin", run: ([row]) => void (row !== undefined && setPassword(row.name)) },
    { id: "disable", label: say(words.disable), role: "admin", isBulk: true, fits: ({ isDisabled }) => !isDisabled, effect: (rows) => say(words.disableEffect, { names: namesOf(rows) }), run: (rows) => update(rows, { isDisabled: true }) },
    { id: "enable", label: say(words.enable), role: "admin", isBulk: true, fits: ({ isDisabled }) => isDisabled, run: (rows) => update(rows, { isDisabled: false }) },
    {
      id: "remove",
      label: say(words.removeUser),
      icon: "trash",
      role: "admin",
      isDanger: true,
      isBulk: true,
      effect: (rows) => say(words.removeUserEffect, { names: namesOf(rows) }),
      async run(rows) {
        try {
          for (const { name } of rows) await call("users.remove", { name });
        } finally {
          ask();
        }
      },
    },
  ];
}

function AddUser({ close, added }: { readonly close: () => void; readonly added: () => void }) {
  const submit = async (values: FormData): Promise<void> => {
    const name = String(values.get("name"));
    await call("users.create", { name, role: values.get("role") as Role, language: language.value, password: String(values.get("password")) });
    tellDone(say(words.added, { name }));
    added();
    close();
  };
  return (
    <Dialog title={say(words.addUser)} close={close}>
      <Form label={say(words.addUser)} submit={submit} button={say(words.addUser)} busyButton={say(words.adding)}>
        <Field label={say(words.name)} name="name" hint={say(words.nameHint)} isFirst />
        <RoleChoice most="admin" />
        <Field label={say(words.password)} name="password" type="password" autocomplete="new-password" hint={say(words.passwordHint)} />
      </Form>
    </Dialog>
  );
}
