import { Button } from "../components/Button.tsx";
import { Dialog } from "../components/Dialog.tsx";
import { TextField } from "../components/Field.tsx";
import { onSubmit } from "../components/form.ts";
import { ErrorNote } from "../components/Notes.tsx";
import { fieldError } from "../errors.ts";
import { useAct } from "../hooks.ts";
import { notify } from "../state/notices.ts";
import { strings } from "../strings.ts";
import type { Conversation } from "./conversation.ts";
import type { Entry } from "./entries.ts";

interface Props {
  rating: "up" | "down";
  entry: Entry;
  conversation: Conversation;
  onClose: () => void;
}

/** Asks why an answer was rated so. The rating itself counts already. */
export function FeedbackDialog({ rating, entry, conversation, onClose }: Props) {
  const act = useAct(async ({ comment = "" }: Record<string, string>) => {
    if (comment.trim() !== "") await conversation.rate(entry.id, { rating, comment: comment.trim() });
    notify(strings.conversation.feedbackThanks);
    onClose();
  });
  const title = rating === "up" ? strings.conversation.feedbackTitleUp : strings.conversation.feedbackTitleDown;
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={onSubmit(act.run)}>
        <TextField
          label={strings.conversation.feedbackComment}
          name="comment"
          rows={4}
          maxLength={2000}
          defaultValue={entry.feedback?.comment ?? ""}
          help={strings.conversation.feedbackHelp}
          error={fieldError(act.error, "comment")}
        />
        {!act.error?.fields && <ErrorNote error={act.error} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{strings.common.cancel}</Button>
          <Button type="submit" look="primary" isBusy={act.isRunning}>
            {strings.conversation.feedbackSend}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
