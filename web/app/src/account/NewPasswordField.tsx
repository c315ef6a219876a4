import { PasswordField } from "../components/Field.tsx";
import { strings } from "../strings.ts";

/** A password that is chosen: within the server's rules, which the help names. */
export function NewPasswordField({ label, name, error }: { label: string; name: string; error: string | undefined }) {
  return (
    <PasswordField
      label={label}
      name={name}
      autoComplete="new-password"
      required
      minLength={8}
      maxLength={128}
      help={strings.register.passwordHelp}
      error={error}
    />
  );
}
