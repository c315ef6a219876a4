import { IconButton } from "../components/Button.tsx";
import { sentenceOfError } from "../errors.ts";
import { useAct } from "../hooks.ts";
import { strings } from "../strings.ts";
import type { Conversation } from "./conversation.ts";

interface Props {
  conversation: Conversation;
  messageId: string;
  version: { n: number; count: number };
  isLocked: boolean;
}

/** Goes through the versions of a turn; each step makes one current, with all that followed it. */
export function VersionPager({ conversation, messageId, version, isLocked }: Props) {
  const { n, count } = version;
  const act = useAct((wanted: number) => conversation.restore(messageId, wanted));
  const isHeld = isLocked || act.isRunning;
  return (
    <fieldset className="versions" aria-label={strings.conversation.versions}>
      <IconButton
        icon="left"
        label={strings.conversation.olderVersion}
        disabled={isHeld || n <= 1}
        onClick={() => void act.run(n - 1)}
      />
      <span aria-hidden="true">{strings.conversation.versionOf(n, count)}</span>
      <span className="visually-hidden">{strings.conversation.versionLabel(n, count)}</span>
      <IconButton
        icon="right"
        label={strings.conversation.newerVersion}
        disabled={isHeld || n >= count}
        onClick={() => void act.run(n + 1)}
      />
      {act.error && <span className="field-error">{sentenceOfError(act.error)}</span>}
    </fieldset>
  );
}
