import type { Invite, IssuedInvite } from "@chatstream/client";
import { useState } from "react";
import { Button } from "../../components/Button.tsx";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { ErrorNote } from "../../components/Notes.tsx";
import { Paged } from "../../components/Paged.tsx";
import { Table } from "../../components/Table.tsx";
import { useAct, usePages } from "../../hooks.ts";
import { notify } from "../../state/notices.ts";
import { format } from "../../strings.ts";
import { AdminPage } from "../AdminPage.tsx";
import { admin } from "../api.ts";
import { Choice } from "../Choice.tsx";
import { SecretLink } from "../SecretLink.tsx";
import { strings } from "../strings.ts";
import { Tag } from "../Tag.tsx";
import { NewInvite } from "./NewInvite.tsx";

const words = strings.invites;
const LOOKS = { pending: "good", used: "off", expired: "off" } as const;

/** The single ways into the team: made, seen, revoked. */
export function InvitesPage() {
  const [state, setState] = useState("");
  const [isMaking, setIsMaking] = useState(false);
  const [made, setMade] = useState<IssuedInvite>();
  const [revoked, setRevoked] = useState<Invite>();
  const pages = usePages(state, (cursor, signal) => admin.invites({ cursor, state: state || undefined }, signal));
  const take = (invite: IssuedInvite) => {
    setIsMaking(false);
    setMade(invite);
    pages.reload();
  };
  return (
    <AdminPage
      title={words.title}
      actions={
        <Button look="primary" icon="plus" onClick={() => setIsMaking(true)}>
          {words.new}
        </Button>
      }
    >
      <search className="filters">
        <Choice label={words.state} value={state} options={words.states} onChange={setState} />
      </search>
      <Paged pages={pages} empty={words.none}>
        {(invites) => <InviteTable invites={invites} onRevoke={setRevoked} />}
      </Paged>
      {isMaking && <NewInvite onMade={take} onClose={() => setIsMaking(false)} />}
      {made && (
        <SecretLink
          title={strings.common.onceTitle}
          path={`/register#invite=${made.token}`}
          expiresAt={made.expires_at}
          onClose={() => setMade(undefined)}
        />
      )}
      {revoked && (
        <Revoking
          invite={revoked}
          onDone={() => pages.change((invites) => invites.filter(({ id }) => id !== revoked.id))}
          onClose={() => setRevoked(undefined)}
        />
      )}
    </AdminPage>
  );
}

function InviteTable({ invites, onRevoke }: { invites: readonly Invite[]; onRevoke: (invite: Invite) => void }) {
  return (
    <Table
      caption={words.title}
      rows={invites}
      keyOf={({ id }) => id}
      columns={[
        {
          title: words.email,
          isHeading: true,
          cell: ({ email }) => <span className="clipped">{email ?? words.anybody}</span>,
        },
        { title: words.role, isMinor: true, cell: ({ role }) => strings.users.roles[role] },
        {
          title: words.state,
          cell: ({ state }) => <Tag look={LOOKS[state as keyof typeof LOOKS]}>{words.states[state]}</Tag>,
        },
        { title: words.created, isMinor: true, isShort: true, cell: ({ created_at }) => format.moment(created_at) },
        { title: words.expires, isMinor: true, isShort: true, cell: ({ expires_at }) => format.moment(expires_at) },
        {
          title: words.revoke,
          isActions: true,
          cell: (invite) =>
            invite.state === "pending" && (
              <Button look="quiet" onClick={() => onRevoke(invite)}>
                {words.revoke}
              </Button>
            ),
        },
      ]}
    />
  );
}

function Revoking({ invite, onDone, onClose }: { invite: Invite; onDone: () => void; onClose: () => void }) {
  const revoking = useAct(async () => {
    await admin.revokeInvite(invite.id);
    onDone();
    onClose();
    notify(words.revoked);
  });
  return (
    <ConfirmDialog
      title={words.revokeTitle}
      text={words.revokeText}
      action={words.revoke}
      isBusy={revoking.isRunning}
      onConfirm={() => void revoking.run()}
      onClose={onClose}
    >
      <ErrorNote error={revoking.error} />
    </ConfirmDialog>
  );
}
