import { useEffect, useMemo } from "react";
import { titleOf } from "../chats/acts.tsx";
import { useAgent } from "../chats/agents.ts";
import { ErrorNote, Loading } from "../components/Notes.tsx";
import { Page } from "../components/Page.tsx";
import { useTitle } from "../hooks.ts";
import type { RouteProps } from "../routes.tsx";
import { useStore } from "../state/store.ts";
import { strings } from "../strings.ts";
import { Composer } from "./Composer.tsx";
import { ConversationHead } from "./ConversationHead.tsx";
import type { Conversation } from "./conversation.ts";
import { FailureNote } from "./FailureNote.tsx";
import { conversationOf, useFresh } from "./open.ts";
import { useConversationShortcuts } from "./shortcuts.ts";
import { Transcript } from "./Transcript.tsx";

/** A chat: what was said, and where to say more. */
export function ConversationPage({ params }: RouteProps) {
  const id = params.id ?? "";
  const conversation = useMemo(() => conversationOf(id), [id]);
  useFresh(conversation);
  const { phase, error } = useStore(conversation.state);
  if (phase === "ready") return <Open conversation={conversation} />;
  return (
    <Page title={error?.status === 404 ? strings.common.notFoundTitle : strings.start.title}>
      {error ? <ErrorNote error={error} onRetry={() => void conversation.refresh()} /> : <Loading />}
    </Page>
  );
}

function Open({ conversation }: { conversation: Conversation }) {
  const { chat, isAnswering, failure } = useStore(conversation.state);
  const agent = useAgent(chat?.agent_id);
  useTitle(chat ? titleOf(chat) : "");
  useConversationShortcuts(conversation);
  useEffect(() => {
    document.getElementById("composer")?.focus({ preventScroll: true });
  }, []);
  if (!chat) return null;
  return (
    <div className="page conversation">
      <ConversationHead chat={chat} agent={agent} />
      <Transcript conversation={conversation} agentName={agent?.name ?? strings.conversation.answer} />
      <div className="conversation-foot">
        {failure && <FailureNote conversation={conversation} failure={failure} />}
        <Composer
          place={conversation.id}
          isAnswering={isAnswering}
          onSend={(text) => conversation.send(text)}
          onStop={() => void conversation.stop()}
        />
      </div>
    </div>
  );
}
