import type { ApiError, ListedChat } from "@chatstream/client";
import { api } from "../api.ts";
import { asApiError } from "../hooks.ts";
import { Store } from "../state/store.ts";
import { onReturn, onWord, tellTabs } from "../state/tabs.ts";

const PAGE = 40;
/** While answers are written that this tab does not follow, the list is looked at so often. */
const LOOK_MS = 5000;
/** Words of other tabs often come in twos. */
const SETTLE_MS = 150;

export interface ChatList {
  items: readonly ListedChat[];
  cursor: string | null;
  isLoading: boolean;
  isArchive: boolean;
  error?: ApiError | undefined;
}

const EMPTY: ChatList = { items: [], cursor: null, isLoading: true, isArchive: false };

/** The chats in the side bar, newest activity first. */
export const chatList = new Store<ChatList>(EMPTY);

/** The chats in which this tab follows an answer; it knows of their ends before the list does. */
export const followed = new Store<ReadonlySet<string>>(new Set());

/** Load the list and keep it fresh; returns what ends that and forgets everything. */
export function startChatList(): () => void {
  let settling: ReturnType<typeof setTimeout> | undefined;
  const soon = () => {
    clearTimeout(settling);
    settling = setTimeout(() => void refreshChats(), SETTLE_MS);
  };
  const look = setInterval(() => {
    const isRunningElsewhere = chatList.get().items.some(({ id, generation }) => generation && !followed.get().has(id));
    if (isRunningElsewhere && document.visibilityState === "visible") soon();
  }, LOOK_MS);
  const ends = [
    onReturn(soon),
    onWord((word) => {
      if (word.type === "chats-changed" || word.type === "chat-changed") soon();
    }),
  ];
  void refreshChats();
  return () => {
    clearTimeout(settling);
    clearInterval(look);
    for (const end of ends) end();
    round += 1;
    chatList.set(EMPTY);
    followed.set(new Set());
  };
}

let round = 0;

/** Load the newest page anew; older ones that were loaded stay below it. */
export async function refreshChats(): Promise<void> {
  round += 1;
  const mine = round;
  const { isArchive } = chatList.get();
  try {
    const page = await api.chats({ archived: isArchive, limit: PAGE });
    if (mine !== round) return;
    chatList.update((old) => {
      const older = page.next_cursor === null ? [] : below(old.items, page.items);
      const cursor = older.length > 0 ? old.cursor : page.next_cursor;
      return { items: [...page.items, ...older], cursor, isArchive, isLoading: false };
    });
  } catch (error) {
    if (mine === round) chatList.update((old) => ({ ...old, isLoading: false, error: asApiError(error) }));
  }
}

/** Load the page after those that are there. */
export async function loadMoreChats(): Promise<void> {
  const { cursor, isLoading, isArchive } = chatList.get();
  if (cursor === null || isLoading) return;
  round += 1;
  const mine = round;
  chatList.update((old) => ({ ...old, isLoading: true, error: undefined }));
  try {
    const page = await api.chats({ archived: isArchive, limit: PAGE, cursor });
    if (mine !== round) return;
    chatList.update((old) => ({
      items: [...old.items, ...page.items.filter(({ id }) => !old.items.some((known) => known.id === id))],
      cursor: page.next_cursor,
      isArchive,
      isLoading: false,
    }));
  } catch (error) {
    if (mine === round) chatList.update((old) => ({ ...old, isLoading: false, error: asApiError(error) }));
  }
}

/** Show the archive, or the current chats. */
export function showArchive(isArchive: boolean): void {
  chatList.set({ ...EMPTY, isArchive });
  void refreshChats();
}

/** A chat is not what it was: show it so at once, and tell the other tabs. */
export function chatChanged(chat: Partial<ListedChat> & { id: string }): void {
  chatList.update((old) => ({
    ...old,
    items: old.items
      .map((known) => (known.id === chat.id ? { ...known, ...chat } : known))
      .filter(({ is_archived }) => is_archived === old.isArchive),
  }));
  tellTabs({ type: "chats-changed" });
}

/** Chats are gone, or gone from this list. */
export function chatsLeft(ids: readonly string[]): void {
  chatList.update((old) => ({ ...old, items: old.items.filter(({ id }) => !ids.includes(id)) }));
  tellTabs({ type: "chats-changed" });
}

/** This tab follows an answer in the chat, or does so no more. */
export function setFollowed(chatId: string, isFollowed: boolean): void {
  followed.update((old) => {
    const next = new Set(old);
    if (isFollowed) next.add(chatId);
    else next.delete(chatId);
    return next;
  });
}

/** Those that come after the last item of a fresh page. */
function below(loaded: readonly ListedChat[], fresh: readonly ListedChat[]): readonly ListedChat[] {
  const last = fresh.at(-1);
  const ids = new Set(fresh.map(({ id }) => id));
  return last ? loaded.filter(({ id, updated_at }) => !ids.has(id) && updated_at < last.updated_at) : [];
}
