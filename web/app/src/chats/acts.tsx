import type { Chat } from "@chatstream/client";
import { useState } from "react";
import { api } from "../api.ts";
import { Button } from "../components/Button.tsx";
import { ConfirmDialog, Dialog } from "../components/Dialog.tsx";
import { Field } from "../components/Field.tsx";
import { onSubmit } from "../components/form.ts";
import type { MenuItem } from "../components/Menu.tsx";
import { ErrorNote } from "../components/Notes.tsx";
import { closeConversation, knownConversation } from "../conversation/open.ts";
import { fieldError, sentenceOfError } from "../errors.ts";
import { asApiError, useAct } from "../hooks.ts";
import { navigate } from "../router.tsx";
import { notify } from "../state/notices.ts";
import { strings } from "../strings.ts";
import { chatChanged, chatsLeft } from "./list.ts";

export function titleOf(chat: { title: string | null }): string {
  return chat.title ?? strings.chats.untitled;
}

/** Show a change of a chat everywhere. */
function changed(chat: Partial<Chat> & { id: string }): void {
  knownConversation(chat.id)?.patch(chat);
  chatChanged(chat);
}

/** Leave the page of a chat that is gone. */
function leave(ids: readonly string[]): void {
  for (const id of ids) closeConversation(id);
  if (ids.some((id) => location.pathname === `/chats/${id}`)) navigate("/", { replace: true });
}

async function archive(chat: Chat, isArchived: boolean): Promise<void> {
  try {
    await api.changeChat(chat.id, { is_archived: isArchived });
    changed({ id: chat.id, is_archived: isArchived });
    notify(isArchived ? strings.chats.archivedNotice : strings.chats.unarchivedNotice);
  } catch (error) {
    notify(sentenceOfError(asApiError(error)), { isError: true });
  }
}

/** Let the browser save a chat. The session is looked at first: a download can not refresh it. */
async function download(chat: Chat, form: "json" | "markdown"): Promise<void> {
  try {
    await api.me();
    const link = document.createElement("a");
    link.href = `/api/chats/${chat.id}/export?format=${form}`;
    link.download = "";
    link.click();
  } catch (error) {
    notify(sentenceOfError(asApiError(error)), { isError: true });
  }
}

export interface ChatActs {
  items: readonly MenuItem[];
  /** The dialog of the act that was chosen, if any. */
  dialog: React.ReactNode;
}

/** What can be done with a chat, for its menus. */
export function useChatActs(chat: Chat): ChatActs {
  const [asked, setAsked] = useState<"rename" | "delete">();
  const close = () => setAsked(undefined);
  const items: MenuItem[] = [
    { label: strings.chats.rename, icon: "edit", onSelect: () => setAsked("rename") },
    {
      label: chat.is_archived ? strings.chats.unarchive : strings.chats.archive,
      icon: "archive",
      onSelect: () => void archive(chat, !chat.is_archived),
    },
    { label: strings.chats.exportMarkdown, icon: "download", onSelect: () => void download(chat, "markdown") },
    { label: strings.chats.exportJson, icon: "download", onSelect: () => void download(chat, "json") },
    { label: strings.chats.delete, icon: "trash", isDanger: true, onSelect: () => setAsked("delete") },
  ];
  return {
    items,
    dialog: (
      <>
        {asked === "rename" && <RenameDialog chat={chat} onClose={close} />}
        {asked === "delete" && <DeleteDialog chats={[chat]} onClose={close} />}
      </>
    ),
  };
}

function RenameDialog({ chat, onClose }: { chat: Chat; onClose: () => void }) {
  const act = useAct(async ({ title = "" }: Record<string, string>) => {
    const { id, title: given } = await api.changeChat(chat.id, { title: title.trim() });
    changed({ id, title: given });
    onClose();
  });
  return (
    <Dialog title={strings.chats.renameTitle} onClose={onClose}>
      <form onSubmit={onSubmit(act.run)}>
        <Field
          label={strings.chats.titleField}
          name="title"
          dir="auto"
          defaultValue={chat.title ?? ""}
          required
          maxLength={200}
          error={fieldError(act.error, "title")}
        />
        {!act.error?.fields && <ErrorNote error={act.error} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{strings.common.cancel}</Button>
          <Button type="submit" look="primary" isBusy={act.isRunning}>
            {strings.common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface DeleteProps {
  chats: readonly Chat[];
  onClose: () => void;
  onDone?: () => void;
}

/** Asks before chats are deleted. */
export function DeleteDialog({ chats, onClose, onDone }: DeleteProps) {
  const ids = chats.map(({ id }) => id);
  const [only] = chats;
  const isOne = only !== undefined && chats.length === 1;
  const act = useAct(async () => {
    if (isOne) await api.deleteChat(only.id);
    else await api.bulk({ ids, action: "delete" });
    chatsLeft(ids);
    leave(ids);
    notify(isOne ? strings.chats.deleted : strings.chats.bulkDone(ids.length));
    onClose();
    onDone?.();
  });
  return (
    <ConfirmDialog
      title={isOne ? strings.chats.deleteTitle : strings.chats.deleteManyTitle}
      text={isOne ? strings.chats.deleteText(titleOf(only)) : strings.chats.deleteManyText(chats.length)}
      action={strings.chats.delete}
      isBusy={act.isRunning}
      onConfirm={() => void act.run()}
      onClose={onClose}
    >
      <ErrorNote error={act.error} />
    </ConfirmDialog>
  );
}
