import type { Chat } from "@chatstream/client";
import { useState } from "react";
import { api } from "../api.ts";
import { Button } from "../components/Button.tsx";
import { ErrorNote } from "../components/Notes.tsx";
import { useAct } from "../hooks.ts";
import { notify } from "../state/notices.ts";
import { strings } from "../strings.ts";
import { DeleteDialog } from "./acts.tsx";
import { chatsLeft } from "./list.ts";

/** What can be done with the chats that are selected. */
export function BulkBar({
  chats,
  isArchive,
  onDone,
}: {
  chats: readonly Chat[];
  isArchive: boolean;
  onDone: () => void;
}) {
  const [asksDelete, setAsksDelete] = useState(false);
  const ids = chats.map(({ id }) => id);
  const act = useAct(async () => {
    await api.bulk({ ids, action: isArchive ? "unarchive" : "archive" });
    chatsLeft(ids);
    notify(strings.chats.bulkDone(ids.length));
    onDone();
  });
  return (
    <div className="bulk">
      <p role="status">{strings.chats.selected(ids.length)}</p>
      <Button disabled={ids.length === 0} isBusy={act.isRunning} onClick={() => void act.run()}>
        {isArchive ? strings.chats.unarchive : strings.chats.archive}
      </Button>
      <Button look="danger" disabled={ids.length === 0} onClick={() => setAsksDelete(true)}>
        {strings.chats.delete}
      </Button>
      <ErrorNote error={act.error} />
      {asksDelete && <DeleteDialog chats={chats} onClose={() => setAsksDelete(false)} onDone={onDone} />}
    </div>
  );
}
