import type { Agent } from "@chatstream/client";
import { useEffect, useId, useState } from "react";
import { api } from "../api.ts";
import { Avatar } from "../components/Avatar.tsx";
import { ErrorNote, Loading } from "../components/Notes.tsx";
import { MenuButton } from "../components/Page.tsx";
import { More } from "../components/Paged.tsx";
import { Composer } from "../conversation/Composer.tsx";
import { conversationOf } from "../conversation/open.ts";
import { type Pages, useAct, usePages, useTitle } from "../hooks.ts";
import { Link, navigate } from "../router.tsx";
import { drafts } from "../state/drafts.ts";
import { recall, remember } from "../state/preferences.ts";
import { useUser } from "../state/session.ts";
import { strings } from "../strings.ts";
import { learnAgents } from "./agents.ts";

/** Where a chat begins: an agent is chosen, and the first message written. */
export function Start() {
  useTitle(strings.start.title);
  const user = useUser();
  const agents = usePages("agents", async (cursor, signal) => {
    const page = await api.agents({ cursor, limit: 50 }, signal);
    learnAgents(page.items);
    return page;
  });
  const [chosen, setChosen] = useState(recall("agent"));
  const agent = agents.items.find(({ id }) => id === chosen) ?? agents.items[0];
  const begin = useAct(async (text: string) => {
    if (!agent) return;
    remember("agent", agent.id);
    await openWith(agent, text, user.id);
  });
  useEffect(() => {
    document.getElementById("composer")?.focus();
  }, []);
  return (
    <div className="page start">
      <header className="page-head">
        <MenuButton />
      </header>
      <div className="page-scroll">
        <div className="start-content">
          <h1>{strings.start.greeting(user.name)}</h1>
          <AgentChoice pages={agents} chosen={agent} onChoose={setChosen} />
          <ErrorNote error={begin.error} />
        </div>
      </div>
      <div className="conversation-foot">
        <Composer
          place="new"
          isAnswering={false}
          isHeld={!agent || begin.isRunning}
          onSend={begin.run}
          onStop={() => undefined}
        />
      </div>
    </div>
  );
}

/** Open a chat, send its first message and go there. What was refused is its draft then. Throws ApiError. */
async function openWith(agent: Agent, text: string, userId: string): Promise<void> {
  const chat = await api.newChat(agent.id);
  const conversation = conversationOf(chat.id);
  await conversation.refresh();
  if (!(await conversation.send(text))) drafts.write(userId, chat.id, text);
  navigate(`/chats/${chat.id}`);
}

interface ChoiceProps {
  pages: Pages<Agent>;
  chosen: Agent | undefined;
  onChoose: (id: string) => void;
}

function AgentChoice({ pages, chosen, onChoose }: ChoiceProps) {
  const name = useId();
  const { items, isLoading, error, hasMore } = pages;
  if (items.length === 0 && isLoading) return <Loading />;
  if (items.length === 0 && !error) return <NoAgents />;
  return (
    <>
      <ErrorNote error={error} onRetry={pages.reload} />
      <fieldset className="agents">
        <legend>{strings.start.choose}</legend>
        {items.map((agent) => (
          <label key={agent.id} className="agent">
            <input
              type="radio"
              name={name}
              value={agent.id}
              checked={agent.id === chosen?.id}
              onChange={() => onChoose(agent.id)}
            />
            <Avatar name={agent.name} url={agent.avatar_url} isLarge />
            <span className="agent-words">
              <span className="agent-name" dir="auto">
                {agent.name}
              </span>
              <span className="agent-text" dir="auto">
                {agent.description}
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      {hasMore && !isLoading && <More onMore={pages.loadMore} />}
    </>
  );
}

function NoAgents() {
  const { role } = useUser();
  return (
    <div className="empty">
      <p>{strings.start.noAgents}</p>
      {role === "admin" ? (
        <p>
          {strings.start.noAgentsAdmin} <Link href="/admin/agents">{strings.start.addAgent}</Link>
        </p>
      ) : (
        <p>{strings.start.noAgentsUser}</p>
      )}
    </div>
  );
}
