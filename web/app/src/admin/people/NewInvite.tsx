import type { NewInvite as Body, IssuedInvite } from "@chatstream/client";
import { Button } from "../../components/Button.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Field, SelectField } from "../../components/Field.tsx";
import { onSubmit } from "../../components/form.ts";
import { ErrorNote } from "../../components/Notes.tsx";
import { fieldError, isAllInFields } from "../../errors.ts";
import { useAct } from "../../hooks.ts";
import { strings as common } from "../../strings.ts";
import { admin } from "../api.ts";
import { strings } from "../strings.ts";

const words = strings.invites;

/** Whom to let in, as what, and for how long the link works. */
export function NewInvite({ onMade, onClose }: { onMade: (invite: IssuedInvite) => void; onClose: () => void }) {
  const making = useAct(async (fields: Record<string, string>) => onMade(await admin.invite(bodyOf(fields))));
  const { error } = making;
  return (
    <Dialog title={words.new} onClose={onClose}>
      <form onSubmit={onSubmit(making.run)}>
        <Field
          label={words.email}
          name="email"
          type="email"
          maxLength={254}
          autoComplete="off"
          help={words.emailHelp}
          error={fieldError(error, "email")}
        />
        <SelectField label={words.role} name="role" defaultValue="user" error={fieldError(error, "role")}>
          {Object.entries(strings.users.roles).map(([role, name]) => (
            <option key={role} value={role}>
              {name}
            </option>
          ))}
        </SelectField>
        <Field
          label={words.hours}
          name="expires_in_h"
          type="number"
          min={1}
          max={720}
          help={words.hoursHelp}
          error={fieldError(error, "expires_in_h")}
        />
        {error && !isAllInFields(error, ["email", "role", "expires_in_h"]) && <ErrorNote error={error} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{common.common.cancel}</Button>
          <Button type="submit" look="primary" isBusy={making.isRunning}>
            {words.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function bodyOf({ email = "", role = "user", expires_in_h = "" }: Record<string, string>): Body {
  return {
    role: role === "admin" ? "admin" : "user",
    ...(email.trim() ? { email: email.trim() } : {}),
    ...(expires_in_h.trim() ? { expires_in_h: Number(expires_in_h) } : {}),
  };
}
