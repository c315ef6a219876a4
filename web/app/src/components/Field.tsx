import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
  useState,
} from "react";
import { strings } from "../strings.ts";
import { IconButton } from "./Button.tsx";

interface Frame {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
}

interface Wiring {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

/** The label, the help and the error of one control, tied to it. */
function Framed({ label, help, error, children }: Frame & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const described = [help ? `${id}-help` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined })}
      {help && (
        <p className="field-help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

/** A labelled input. */
export function Field({ label, help, error, ...rest }: Frame & InputHTMLAttributes<HTMLInputElement>) {
  return <Framed {...{ label, help, error }}>{(wiring) => <input className="input" {...wiring} {...rest} />}</Framed>;
}

/** A labelled text of several lines. */
export function TextField({ label, help, error, ...rest }: Frame & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Framed {...{ label, help, error }}>
      {(wiring) => <textarea className="input" dir="auto" {...wiring} {...rest} />}
    </Framed>
  );
}

/** A labelled choice; the options are its children. */
export function SelectField({ label, help, error, ...rest }: Frame & SelectHTMLAttributes<HTMLSelectElement>) {
  return <Framed {...{ label, help, error }}>{(wiring) => <select className="input" {...wiring} {...rest} />}</Framed>;
}

/** A labelled switch. */
export function CheckField({ label, help, error, ...rest }: Frame & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className="field check">
      <input type="checkbox" id={id} aria-describedby={help ? `${id}-help` : undefined} {...rest} />
      <label htmlFor={id}>{label}</label>
      {help && (
        <p className="field-help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {error && <p className="field-error">{error}</p>}
    </div>
  );
}

/** A password, which can be looked at. */
export function PasswordField({ label, help, error, ...rest }: Frame & InputHTMLAttributes<HTMLInputElement>) {
  const [isShown, setIsShown] = useState(false);
  return (
    <Framed {...{ label, help, error }}>
      {(wiring) => (
        <span className="input-with-button">
          <input className="input" type={isShown ? "text" : "password"} spellCheck={false} {...wiring} {...rest} />
          <IconButton
            icon="eye"
            label={isShown ? strings.signIn.hidePassword : strings.signIn.showPassword}
            aria-pressed={isShown}
            onClick={() => setIsShown(!isShown)}
          />
        </span>
      )}
    </Framed>
  );
}
