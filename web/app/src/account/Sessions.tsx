import type { Session } from "@chatstream/client";
import { api } from "../api.ts";
import { Button } from "../components/Button.tsx";
import { ErrorNote } from "../components/Notes.tsx";
import { Paged } from "../components/Paged.tsx";
import { useAct, usePages } from "../hooks.ts";
import { notify } from "../state/notices.ts";
import { format, strings } from "../strings.ts";
import { deviceOf } from "./device.ts";

/** Where the user is signed in, and the way to end it there. */
export function Sessions() {
  const pages = usePages("sessions", (cursor, signal) => api.sessions({ cursor, limit: 20 }, signal));
  const end = useAct(async (id: string) => {
    await api.endSession(id);
    pages.change((items) => items.filter((item) => item.id !== id));
    notify(strings.account.sessionEnded);
  });
  return (
    <>
      <p>{strings.account.sessionsHelp}</p>
      <ErrorNote error={end.error} />
      <Paged pages={pages} empty={null}>
        {(sessions) => (
          <ul className="rows">
            {sessions.map((session) => (
              <Row key={session.id} session={session} isBusy={end.isRunning} onEnd={() => void end.run(session.id)} />
            ))}
          </ul>
        )}
      </Paged>
    </>
  );
}

function Row({ session, isBusy, onEnd }: { session: Session; isBusy: boolean; onEnd: () => void }) {
  const device = deviceOf(session.user_agent);
  return (
    <li className="row">
      <div>
        <p className="row-title">
          {device} {session.current && <span className="badge">{strings.account.thisOne}</span>}
        </p>
        <p className="small">
          {strings.account.lastUsed(format.moment(session.last_used_at))}
          {" · "}
          {strings.account.signedInAt(format.moment(session.created_at), session.ip ?? "")}
        </p>
      </div>
      {!session.current && (
        <Button isBusy={isBusy} aria-label={strings.account.endSessionOf(device)} onClick={onEnd}>
          {strings.account.endSession}
        </Button>
      )}
    </li>
  );
}
