import type { ListedChat } from "@chatstream/client";
import { useState } from "react";
import { Button, IconButton } from "../components/Button.tsx";
import { Icon } from "../components/icons.tsx";
import { Menu } from "../components/Menu.tsx";
import { Empty, ErrorNote, Loading } from "../components/Notes.tsx";
import { More } from "../components/Paged.tsx";
import { closeSideBar } from "../components/sidebar.ts";
import { Link, usePlace } from "../router.tsx";
import { useStore } from "../state/store.ts";
import { strings } from "../strings.ts";
import { titleOf, useChatActs } from "./acts.tsx";
import { BulkBar } from "./BulkBar.tsx";
import { grouped } from "./groups.ts";
import { chatList, followed, loadMoreChats, refreshChats, showArchive } from "./list.ts";

/** The chats of the side bar, under the days of their last activity. */
export function ChatList() {
  const { items, cursor, isLoading, isArchive, error } = useStore(chatList);
  const [selected, setSelected] = useState<ReadonlySet<string>>();
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  const chosen = items.filter(({ id }) => selected?.has(id));
  return (
    <>
      <div className="list-head">
        <h2>{isArchive ? strings.chats.archived : strings.chats.list}</h2>
        <IconButton
          icon="list"
          label={selected ? strings.chats.selectDone : strings.chats.select}
          aria-pressed={selected !== undefined}
          onClick={() => setSelected(selected ? undefined : new Set())}
        />
        <IconButton
          icon="archive"
          label={strings.chats.showArchived}
          aria-pressed={isArchive}
          onClick={() => {
            setSelected(undefined);
            showArchive(!isArchive);
          }}
        />
      </div>
      {selected && <BulkBar chats={chosen} isArchive={isArchive} onDone={() => setSelected(undefined)} />}
      <div className="chat-list">
        {grouped(items).map(({ title, chats }) => (
          <section key={title} aria-label={title}>
            <h3>{title}</h3>
            <ul>
              {chats.map((chat) => (
                <Item key={chat.id} chat={chat} {...(selected ? { isSelected: selected.has(chat.id), toggle } : {})} />
              ))}
            </ul>
          </section>
        ))}
        {items.length === 0 && !isLoading && !error && (
          <Empty>{isArchive ? strings.chats.noneArchived : strings.chats.none}</Empty>
        )}
        <ErrorNote error={error} onRetry={() => void (cursor ? loadMoreChats() : refreshChats())} />
        {isLoading && <Loading />}
        {cursor !== null && !isLoading && !error && <More onMore={() => void loadMoreChats()} />}
        {isArchive && (
          <Button look="quiet" onClick={() => showArchive(false)}>
            {strings.chats.active}
          </Button>
        )}
      </div>
    </>
  );
}

interface ItemProps {
  chat: ListedChat;
  /** While chats are being selected. */
  isSelected?: boolean;
  toggle?: (id: string) => void;
}

function Item({ chat, isSelected, toggle }: ItemProps) {
  const { path } = usePlace();
  const isFollowed = useStore(followed).has(chat.id);
  const { items, dialog } = useChatActs(chat);
  const title = titleOf(chat);
  const href = `/chats/${chat.id}`;
  return (
    <li className="chat-item">
      {toggle && (
        <input
          type="checkbox"
          checked={isSelected ?? false}
          aria-label={strings.chats.selectOne(title)}
          onChange={() => toggle(chat.id)}
        />
      )}
      <Link href={href} aria-current={path === href ? "page" : undefined} onClick={closeSideBar} title={title}>
        <span className="ellipsis" dir="auto">
          {title}
        </span>
        {(isFollowed || chat.generation) && (
          <span className="running" role="img" aria-label={strings.chats.running} title={strings.chats.running} />
        )}
      </Link>
      {!toggle && (
        <Menu label={strings.chats.actions(title)} items={items}>
          <Icon name="dots" />
        </Menu>
      )}
      {dialog}
    </li>
  );
}
