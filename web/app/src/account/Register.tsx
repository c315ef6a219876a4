import { api } from "../api.ts";
import { Button } from "../components/Button.tsx";
import { Field } from "../components/Field.tsx";
import { onSubmit } from "../components/form.ts";
import { ErrorNote, Note } from "../components/Notes.tsx";
import { fieldError, isAllInFields } from "../errors.ts";
import { useAct } from "../hooks.ts";
import { Link, navigate, usePlace } from "../router.tsx";
import { signIn } from "../state/session.ts";
import { strings } from "../strings.ts";
import { NewPasswordField } from "./NewPasswordField.tsx";
import { Outside } from "./Outside.tsx";

const FIELDS = ["name", "email", "password", "team_id"];

/** A new account: with an invitation link (`/register#invite=…`), or in an open team by its id (`?team=…`). */
export function Register() {
  const { query, hash } = usePlace();
  const invite = hash.get("invite");
  const attempt = useAct(async ({ name = "", email = "", password = "", team_id = "" }: Record<string, string>) => {
    const where = invite ? { invite } : { team_id: team_id.trim() };
    const user = await api.register({ email: email.trim(), password, ...(name.trim() ? { name } : {}), ...where });
    await signIn({ email: user.email, password, team_id: user.team_id });
    navigate("/", { replace: true });
  });
  const { error } = attempt;
  return (
    <Outside title={strings.register.title}>
      {invite && <Note>{strings.register.invited}</Note>}
      <form onSubmit={onSubmit(attempt.run)}>
        <Field
          label={`${strings.register.name} (${strings.register.optional})`}
          name="name"
          autoComplete="name"
          maxLength={200}
          dir="auto"
          error={fieldError(error, "name")}
        />
        <Field
          label={strings.signIn.email}
          name="email"
          type="email"
          autoComplete="username"
          required
          error={fieldError(error, "email")}
        />
        <NewPasswordField label={strings.signIn.password} name="password" error={fieldError(error, "password")} />
        {!invite && (
          <Field
            label={strings.register.team}
            name="team_id"
            required
            spellCheck={false}
            defaultValue={query.get("team") ?? ""}
            help={strings.register.teamHelp}
            error={fieldError(error, "team_id")}
          />
        )}
        {error && !isAllInFields(error, FIELDS) && <ErrorNote error={error} />}
        <Button type="submit" look="primary" isBusy={attempt.isRunning}>
          {strings.register.submit}
        </Button>
      </form>
      <p className="links">
        <span>
          {strings.register.haveAccount} <Link href="/">{strings.signIn.title}</Link>
        </span>
      </p>
    </Outside>
  );
}
