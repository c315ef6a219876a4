import type { ApiError } from "@chatstream/client";
import { useState } from "react";
import { Button } from "../components/Button.tsx";
import { Field, PasswordField, SelectField } from "../components/Field.tsx";
import { onSubmit } from "../components/form.ts";
import { ErrorNote, Note } from "../components/Notes.tsx";
import { useAct } from "../hooks.ts";
import { Link } from "../router.tsx";
import { signIn } from "../state/session.ts";
import { strings } from "../strings.ts";
import { Outside } from "./Outside.tsx";

interface TeamName {
  id: string;
  name: string;
}

/** Where somebody signs in; the page that was asked for comes after it. */
export function SignIn({ wasEnded }: { wasEnded: boolean }) {
  const [teams, setTeams] = useState<readonly TeamName[]>([]);
  const attempt = useAct(async ({ email = "", password = "", team_id }: Record<string, string>) => {
    try {
      await signIn({ email: email.trim(), password, ...(team_id ? { team_id } : {}) });
    } catch (error) {
      setTeams(teamsIn(error as ApiError));
      throw error;
    }
  });
  const mustChoose = attempt.error?.code === "team_required";
  return (
    <Outside title={strings.signIn.title}>
      {wasEnded && <Note>{strings.signIn.ended}</Note>}
      <form onSubmit={onSubmit(attempt.run)}>
        <Field label={strings.signIn.email} name="email" type="email" autoComplete="username" required />
        <PasswordField label={strings.signIn.password} name="password" autoComplete="current-password" required />
        {teams.length > 0 && (
          <SelectField label={strings.signIn.team} name="team_id" help={strings.signIn.chooseTeam}>
            {teams.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </SelectField>
        )}
        {!mustChoose && <ErrorNote error={attempt.error} />}
        <Button type="submit" look="primary" isBusy={attempt.isRunning}>
          {strings.signIn.submit}
        </Button>
      </form>
      <p className="links">
        <span>
          {strings.signIn.noAccount} <Link href="/register">{strings.signIn.register}</Link>
        </span>
        <Link href="/reset-password">{strings.signIn.forgot}</Link>
      </p>
    </Outside>
  );
}

/** The teams that the address and the password fit; none with other errors. */
function teamsIn(error: ApiError): readonly TeamName[] {
  const { teams } = error.problem;
  return Array.isArray(teams) ? (teams as TeamName[]) : [];
}
