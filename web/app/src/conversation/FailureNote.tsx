import { Button, IconButton } from "../components/Button.tsx";
import { Icon } from "../components/icons.tsx";
import { sentenceOf } from "../errors.ts";
import { useUser } from "../state/session.ts";
import { strings } from "../strings.ts";
import type { Conversation, Failure } from "./conversation.ts";

/** What went wrong with the last message, what to do, and a way to try again. */
export function FailureNote({ conversation, failure }: { conversation: Conversation; failure: Failure }) {
  const { role } = useUser();
  const { code, detail, isStored, retryAfter } = failure;
  const isWorkflow = code.startsWith("upstream_") || code === "webhook_blocked";
  return (
    <div className="note error" role="alert">
      <Icon name="warning" />
      <div>
        <p>
          {sentenceOf(code)}
          {retryAfter ? ` ${strings.errors.retryIn(retryAfter)}` : ""}
        </p>
        {role === "admin" && isWorkflow && detail && (
          <details>
            <summary>{strings.errors.adminMore}</summary>
            <p dir="auto">{detail}</p>
          </details>
        )}
      </div>
      {isStored && (
        <Button look="quiet" icon="again" onClick={() => void conversation.regenerate()}>
          {strings.common.retry}
        </Button>
      )}
      <IconButton icon="close" label={strings.common.close} onClick={() => conversation.dismissFailure()} />
    </div>
  );
}
