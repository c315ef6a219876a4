import { useState } from "react";
import { api } from "../api.ts";
import { Button } from "../components/Button.tsx";
import { Field } from "../components/Field.tsx";
import { onSubmit } from "../components/form.ts";
import { ErrorNote, Note } from "../components/Notes.tsx";
import { fieldError, isAllInFields } from "../errors.ts";
import { useAct } from "../hooks.ts";
import { Link, usePlace } from "../router.tsx";
import { strings } from "../strings.ts";
import { NewPasswordField } from "./NewPasswordField.tsx";
import { Outside } from "./Outside.tsx";

/** A new password by the link of an admin (`/reset-password#token=…`); without one, how to get it. */
export function ResetPassword() {
  const given = usePlace().hash.get("token");
  const [isDone, setIsDone] = useState(false);
  const attempt = useAct(async ({ token = "", password = "" }: Record<string, string>) => {
    await api.resetPassword({ token: given ?? tokenIn(token), new_password: password });
    setIsDone(true);
  });
  const { error } = attempt;
  return (
    <Outside title={given ? strings.reset.title : strings.reset.forgotTitle}>
      {isDone ? (
        <Note>{strings.reset.done}</Note>
      ) : (
        <form onSubmit={onSubmit(attempt.run)}>
          <p>{given ? strings.reset.help : strings.reset.forgot}</p>
          {!given && (
            <Field
              label={strings.reset.token}
              name="token"
              required
              spellCheck={false}
              autoComplete="off"
              error={fieldError(error, "token")}
            />
          )}
          <NewPasswordField label={strings.reset.password} name="password" error={fieldError(error, "new_password")} />
          {error && !isAllInFields(error, ["new_password", "token"]) && <ErrorNote error={error} />}
          <Button type="submit" look="primary" isBusy={attempt.isRunning}>
            {strings.reset.submit}
          </Button>
        </form>
      )}
      <p className="links">
        <Link href="/">{strings.reset.toSignIn}</Link>
      </p>
    </Outside>
  );
}

/** The token in what was pasted: the whole link, or the token alone. */
function tokenIn(pasted: string): string {
  return /#token=([^&\s]+)/.exec(pasted)?.[1] ?? pasted.trim();
}
