import type { IssuedReset, User } from "@chatstream/client";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { ErrorNote } from "../../components/Notes.tsx";
import { useAct } from "../../hooks.ts";
import { notify } from "../../state/notices.ts";
import { admin } from "../api.ts";
import { strings } from "../strings.ts";

const words = strings.users;

/** What is about to be done with whom. */
export interface Intent {
  act: "makeAdmin" | "makeUser" | "deactivate" | "activate" | "reset";
  user: User;
}

/** What somebody is called. */
export function nameOf({ name, email }: User): string {
  return name || email;
}

const ASKED = {
  makeAdmin: { title: words.roleTitle, text: words.makeAdminText, action: words.makeAdmin },
  makeUser: { title: words.roleTitle, text: words.makeUserText, action: words.makeUser },
  deactivate: { title: words.deactivateTitle, text: words.deactivateText, action: words.deactivate },
  activate: { title: words.activate, text: words.activated, action: words.activate },
  reset: { title: words.resetTitle, text: words.resetText, action: words.reset },
};

interface Props {
  intent: Intent;
  onChange: (user: User) => void;
  onReset: (reset: IssuedReset) => void;
  onClose: () => void;
}

/** Asks before it is done, and says what came of it. */
export function UserAct({ intent: { act, user }, onChange, onReset, onClose }: Props) {
  const name = nameOf(user);
  const { title, text, action } = ASKED[act];
  const doing = useAct(async () => {
    if (act === "reset") {
      onReset(await admin.resetPassword(user.id));
    } else if (act === "makeAdmin" || act === "makeUser") {
      onChange(await admin.changeUser(user.id, { role: act === "makeAdmin" ? "admin" : "user" }));
      notify(words.roleChanged(name));
    } else {
      onChange(await admin.changeUser(user.id, { is_active: act === "activate" }));
      notify(act === "activate" ? words.activated(name) : words.deactivated(name));
    }
    onClose();
  });
  return (
    <ConfirmDialog
      title={title}
      text={text(name)}
      action={action}
      isBusy={doing.isRunning}
      isDanger={act === "deactivate" || act === "makeUser"}
      onConfirm={() => void doing.run()}
      onClose={onClose}
    >
      <ErrorNote error={doing.error} />
    </ConfirmDialog>
  );
}
