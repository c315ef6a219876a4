import { useState } from "react";
import { api } from "../api.ts";
import { Button } from "../components/Button.tsx";
import { PasswordField } from "../components/Field.tsx";
import { onSubmit } from "../components/form.ts";
import { ErrorNote } from "../components/Notes.tsx";
import { Page } from "../components/Page.tsx";
import { fieldError, isAllInFields } from "../errors.ts";
import { useAct } from "../hooks.ts";
import { notify } from "../state/notices.ts";
import { useUser } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { chooseTheme, THEMES, theme } from "../state/theme.ts";
import { format, strings } from "../strings.ts";
import { ImportChat } from "./ImportChat.tsx";
import { NewPasswordField } from "./NewPasswordField.tsx";
import { Sessions } from "./Sessions.tsx";

/** What concerns the user: who they are, how it looks, the password, where they are signed in. */
export function Account() {
  const user = useUser();
  const facts: readonly [string, string][] = [
    [strings.account.name, user.name || "–"],
    [strings.account.email, user.email],
    [strings.account.role, strings.account.roles[user.role] ?? user.role],
    [strings.account.since, format.day(user.created_at)],
  ];
  return (
    <Page title={strings.account.title}>
      <section className="block">
        <h2>{strings.account.you}</h2>
        <dl className="facts">
          {facts.map(([what, value]) => (
            <div key={what}>
              <dt>{what}</dt>
              <dd dir="auto">{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section className="block">
        <h2>{strings.account.theme}</h2>
        <ThemeChoice />
      </section>
      <section className="block">
        <h2>{strings.account.password}</h2>
        <PasswordForm />
      </section>
      <section className="block">
        <h2>{strings.account.sessions}</h2>
        <Sessions />
      </section>
      <section className="block">
        <h2>{strings.account.data}</h2>
        <ImportChat />
      </section>
    </Page>
  );
}

function ThemeChoice() {
  const chosen = useStore(theme);
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">{strings.account.theme}</legend>
      {THEMES.map((name) => (
        <label key={name}>
          <input type="radio" name="theme" checked={name === chosen} onChange={() => chooseTheme(name)} />
          <span>{strings.account.themes[name]}</span>
        </label>
      ))}
    </fieldset>
  );
}

function PasswordForm() {
  const [round, setRound] = useState(0);
  const act = useAct(async ({ current = "", next = "" }: Record<string, string>) => {
    await api.changePassword({ current_password: current, new_password: next });
    notify(strings.account.passwordChanged);
    setRound(round + 1);
  });
  const { error } = act;
  return (
    <form key={round} className="narrow-form" onSubmit={onSubmit(act.run)}>
      <PasswordField
        label={strings.account.currentPassword}
        name="current"
        autoComplete="current-password"
        required
        error={fieldError(error, "current_password")}
      />
      <NewPasswordField label={strings.account.newPassword} name="next" error={fieldError(error, "new_password")} />
      {error && !isAllInFields(error, ["current_password", "new_password"]) && <ErrorNote error={error} />}
      <Button type="submit" isBusy={act.isRunning}>
        {strings.account.changePassword}
      </Button>
    </form>
  );
}
