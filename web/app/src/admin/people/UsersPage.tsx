import type { IssuedReset, User } from "@chatstream/client";
import { useState } from "react";
import { Field } from "../../components/Field.tsx";
import { Paged } from "../../components/Paged.tsx";
import { usePages } from "../../hooks.ts";
import { lookWhoWeAre, useUser } from "../../state/session.ts";
import { AdminPage } from "../AdminPage.tsx";
import { admin } from "../api.ts";
import { Choice } from "../Choice.tsx";
import { SecretLink } from "../SecretLink.tsx";
import { useSettled } from "../settled.ts";
import { strings } from "../strings.ts";
import { type Intent, UserAct } from "./UserAct.tsx";
import { UserTable } from "./UserTable.tsx";

const words = strings.users;

/** The members of the team: found, promoted, let go, helped with a forgotten password. */
export function UsersPage() {
  const me = useUser();
  const [typed, setTyped] = useState("");
  const [role, setRole] = useState("");
  const [state, setState] = useState("");
  const [intent, setIntent] = useState<Intent>();
  const [reset, setReset] = useState<IssuedReset>();
  const q = useSettled(typed.trim());
  const filters = { q: q || undefined, role: role || undefined, is_active: state || undefined };
  const pages = usePages(JSON.stringify(filters), (cursor, signal) => admin.users({ cursor, ...filters }, signal));
  const take = (user: User) => {
    pages.change((users) => users.map((old) => (old.id === user.id ? user : old)));
    if (user.id === me.id) void lookWhoWeAre();
  };
  return (
    <AdminPage title={words.title}>
      <search className="filters">
        <Field
          label={words.search}
          type="search"
          maxLength={254}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Choice label={words.role} value={role} options={words.roles} onChange={setRole} />
        <Choice
          label={words.state}
          value={state}
          options={{ true: words.active, false: words.inactive }}
          onChange={setState}
        />
      </search>
      <Paged pages={pages} empty={words.none}>
        {(users) => <UserTable users={users} me={me} onIntent={setIntent} />}
      </Paged>
      {intent && <UserAct intent={intent} onChange={take} onReset={setReset} onClose={() => setIntent(undefined)} />}
      {reset && (
        <SecretLink
          title={strings.common.onceTitle}
          path={`/reset-password#token=${reset.token}`}
          expiresAt={reset.expires_at}
          onClose={() => setReset(undefined)}
        />
      )}
    </AdminPage>
  );
}
