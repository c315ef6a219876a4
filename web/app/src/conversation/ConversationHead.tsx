import type { Agent, Chat } from "@chatstream/client";
import { titleOf, useChatActs } from "../chats/acts.tsx";
import { Avatar } from "../components/Avatar.tsx";
import { Icon } from "../components/icons.tsx";
import { Menu } from "../components/Menu.tsx";
import { MenuButton } from "../components/Page.tsx";
import { strings } from "../strings.ts";

/** Whom the chat is with, and what can be done with it. */
export function ConversationHead({ chat, agent }: { chat: Chat; agent: Agent | null | undefined }) {
  const { items, dialog } = useChatActs(chat);
  const name = agent === null ? strings.conversation.agentGone : (agent?.name ?? "");
  return (
    <header className="page-head">
      <MenuButton />
      <Avatar name={name} url={agent?.avatar_url ?? null} />
      <div className="head-words">
        <h1 className="ellipsis" dir="auto">
          {titleOf(chat)}
        </h1>
        <p className="ellipsis" dir="auto">
          {name}
        </p>
      </div>
      <div className="page-actions">
        <Menu label={strings.conversation.menu} items={items}>
          <Icon name="dots" />
        </Menu>
      </div>
      {dialog}
    </header>
  );
}
