import type { ApiError, Chat, Events, Message, NewFeedback, OpenChat } from "@chatstream/client";
import { api, client } from "../api.ts";
import { refreshChats, setFollowed } from "../chats/list.ts";
import { asApiError } from "../hooks.ts";
import { announce } from "../state/notices.ts";
import { Store } from "../state/store.ts";
import { tellTabs } from "../state/tabs.ts";
import { strings } from "../strings.ts";
import { RunningAnswer } from "./answer.ts";
import { type Entry, localEntry, merged, prepended } from "./entries.ts";

const NEWEST = 50;
const OLDER = 100;
/** Pause before a lost stream is looked for again. */
const AGAIN_MS = 2000;
/** A title that the workflow makes comes a little after the first answer. */
const TITLE_MS = 3000;

/** What went wrong with the last thing that was asked for. */
export interface Failure {
  code: string;
  /** What the server said beside the code, for admins. */
  detail: string;
  retryAfter?: number | undefined;
  /** Whether the question is stored, so that asking again is a new answer to it. */
  isStored: boolean;
}

export interface ConversationState {
  phase: "loading" | "ready" | "failed";
  error?: ApiError;
  chat?: Chat;
  entries: readonly Entry[];
  hasMore: boolean;
  isLoadingOlder: boolean;
  olderError?: ApiError | undefined;
  isAnswering: boolean;
  isStopping: boolean;
  failure?: Failure | undefined;
  /** By the id of a user's message: which version of the turn is shown, of how many. */
  versions: Readonly<Record<string, { n: number; count: number }>>;
}

/** Asks for an answer; the signal lets go of it. */
type Ask = (signal: AbortSignal) => Events;

/** One chat: its messages, and the answer that is being written, whether or not anybody looks at it. */
export class Conversation {
  readonly id: string;
  readonly state = new Store<ConversationState>({
    phase: "loading",
    entries: [],
    hasMore: false,
    isLoadingOlder: false,
    isAnswering: false,
    isStopping: false,
    versions: {},
  });
  readonly answer = new RunningAnswer();
  #end = new AbortController();
  /** Gives up the question that is on its way. */
  #asking = new AbortController();
  #refreshing: Promise<void> | undefined;
  /** Counts the beginnings and the ends of answers. */
  #turns = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** Let go of the stream; the answer runs on. */
  close(): void {
    this.#end.abort();
    this.answer.reset();
  }

  /** Load the newest messages, and join the answer that is being written. Calls at once share one request. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#load().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #load(): Promise<void> {
    const turn = this.#turns;
    const wasAnswering = this.state.get().isAnswering;
    try {
      const opened = await api.chat(this.id, { limit: NEWEST }, this.#end.signal);
      // An answer began or ended meanwhile: whoever waits for this wants to know what is now.
      if (this.#turns !== turn) return await this.#load();
      this.#take(opened);
      if (opened.generation && !wasAnswering) void this.#ask((signal) => client.follow(this.id, { signal }));
    } catch (error) {
      if (this.#end.signal.aborted) return;
      const failure = asApiError(error);
      const isGone = failure.status === 404;
      if (isGone || this.state.get().phase !== "ready") this.#set({ phase: "failed", error: failure });
    }
  }

  #take({ messages, has_more, generation: _, versions, ...chat }: OpenChat): void {
    this.state.update((old) => {
      if (old.isAnswering) return { ...old, phase: "ready", chat };
      const { entries, reachesBack } = merged(old.entries, messages);
      return {
        ...old,
        phase: "ready",
        chat,
        entries,
        hasMore: reachesBack ? old.hasMore : has_more,
        versions: { ...old.versions, ...versions },
      };
    });
  }

  /** Load the messages before the first one that is there. */
  async loadOlder(limit = OLDER): Promise<boolean> {
    const { entries, hasMore, isLoadingOlder } = this.state.get();
    const first = entries[0];
    if (!first || !hasMore || isLoadingOlder) return false;
    this.#set({ isLoadingOlder: true, olderError: undefined });
    try {
      const opened = await api.chat(this.id, { limit, before: first.id }, this.#end.signal);
      this.state.update((old) => ({
        ...old,
        entries: prepended(old.entries, opened.messages),
        hasMore: opened.has_more,
        versions: { ...opened.versions, ...old.versions },
      }));
      return true;
    } catch (error) {
      if (!this.#end.signal.aborted) this.#set({ olderError: asApiError(error) });
      return false;
    } finally {
      this.#set({ isLoadingOlder: false });
    }
  }

  /** Send a message. False when it was refused: then nothing is stored, and `failure` says why. */
  send(content: string): Promise<boolean> {
    const { entries } = this.state.get();
    return this.#put([...entries, localEntry("user", content)], (signal) => client.send(this.id, content, { signal }));
  }

  /** Ask for the last answer again. */
  regenerate(): Promise<boolean> {
    const { entries } = this.state.get();
    const last = entries.findLastIndex(({ role }) => role === "user");
    // A question without an answer has nothing to be set aside.
    const turn = last < entries.length - 1 ? entries[last]?.id : undefined;
    return this.#put(entries.slice(0, last + 1), (signal) => client.regenerate(this.id, { signal }), turn);
  }

  /** Send one of the user's messages in other words; what followed is set aside. */
  edit(messageId: string, content: string): Promise<boolean> {
    const { entries } = this.state.get();
    const index = entries.findIndex(({ id }) => id === messageId);
    const kept = entries.slice(0, index + 1).map((entry) => (entry.id === messageId ? { ...entry, content } : entry));
    return this.#put(kept, (signal) => client.edit(this.id, messageId, content, { signal }), messageId);
  }

  /** Show what will be, ask for the answer, and put all back when it is refused. `turn`: it gets another version. */
  async #put(entries: readonly Entry[], ask: Ask, turn?: string): Promise<boolean> {
    const before = this.state.get();
    if (before.isAnswering || before.phase !== "ready") return false;
    this.#set({ entries });
    const isStored = await this.#ask(ask);
    if (isStored && turn !== undefined) {
      const count = (before.versions[turn]?.count ?? 1) + 1;
      this.#set({ versions: { ...this.state.get().versions, [turn]: { n: count, count } } });
    }
    if (!isStored) {
      this.#set({ entries: before.entries });
      if (this.state.get().failure?.code === "generation_in_progress") void this.refresh();
    }
    return isStored;
  }

  /** Follow an answer to its end. Resolves with whether it began, as soon as that is known. */
  #ask(ask: Ask): Promise<boolean> {
    this.#turns += 1;
    this.#asking = new AbortController();
    const events = ask(AbortSignal.any([this.#end.signal, this.#asking.signal]));
    this.#set({ isAnswering: true, isStopping: false, failure: undefined });
    setFollowed(this.id, true);
    return new Promise((resolve) => void this.#follow(events, resolve));
  }

  async #follow(events: Events, tellBegun: (hasBegun: boolean) => void): Promise<void> {
    let hasBegun = false;
    let failure: Failure | undefined;
    let isLost = false;
    this.answer.begin();
    try {
      for await (const event of events) {
        if (!hasBegun) this.#begun();
        hasBegun = true;
        tellBegun(true);
        this.answer.take(event);
        if (event.type === "error") {
          failure = { code: event.data.code, detail: event.data.message, isStored: true };
        }
      }
    } catch (error) {
      if (this.#end.signal.aborted) return;
      const { code, detail, retryAfter } = asApiError(error);
      const isGivenUp = this.#asking.signal.aborted;
      isLost = hasBegun;
      if (!hasBegun && !isGivenUp) failure = { code, detail, retryAfter, isStored: false };
    }
    tellBegun(hasBegun);
    this.#ended(hasBegun, failure);
    if (!failure || hasBegun) await this.#lookAgain(isLost || !hasBegun);
  }

  #begun(): void {
    tellTabs({ type: "chat-changed", chatId: this.id });
    void refreshChats();
    announce(strings.conversation.announceStart);
  }

  /** What came of the answer becomes an entry, until the server's own word is there. */
  #ended(hasBegun: boolean, failure: Failure | undefined): void {
    this.#turns += 1;
    const last = this.answer.end();
    this.state.update((old) => ({
      ...old,
      isAnswering: false,
      isStopping: false,
      failure,
      entries: last && hasBegun ? [...old.entries, last] : old.entries,
    }));
    setFollowed(this.id, false);
    if (hasBegun) announce(endOf(last?.status, failure));
  }

  async #lookAgain(isLost: boolean): Promise<void> {
    if (isLost) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    await this.refresh();
    tellTabs({ type: "chat-changed", chatId: this.id });
    await refreshChats();
    const { entries, hasMore } = this.state.get();
    if (!hasMore && entries.length <= 2) setTimeout(() => void refreshChats(), TITLE_MS);
  }

  /** Stop the answer; what had arrived stays. */
  async stop(): Promise<void> {
    if (!this.state.get().isAnswering || this.state.get().isStopping) return;
    this.#set({ isStopping: true });
    try {
      await client.stop(this.id);
    } catch {
      // Where the server can not be reached, the question is not on its way either, but waits to be.
      if (!this.answer.hasBegun) this.#asking.abort();
    } finally {
      this.#set({ isStopping: false });
    }
  }

  /** Rate an answer. Throws ApiError. */
  async rate(messageId: string, feedback: NewFeedback): Promise<void> {
    const rated = await api.rate(this.id, messageId, feedback);
    this.#change(rated);
  }

  #change(message: Message): void {
    this.state.update((old) => ({
      ...old,
      entries: old.entries.map((entry) => (entry.id === message.id ? { ...message, key: entry.key } : entry)),
    }));
  }

  /** Make another version of a turn current. Throws ApiError. */
  async restore(messageId: string, n: number): Promise<void> {
    await api.restore(this.id, messageId, n);
    await this.refresh();
    tellTabs({ type: "chat-changed", chatId: this.id });
    announce(strings.conversation.restored(n));
  }

  /** The chat itself is not what it was: its title, whether it is archived. */
  patch(chat: Partial<Chat>): void {
    this.state.update((old) => (old.chat ? { ...old, chat: { ...old.chat, ...chat } } : old));
  }

  dismissFailure(): void {
    this.#set({ failure: undefined });
  }

  #set(change: Partial<ConversationState>): void {
    this.state.update((old) => ({ ...old, ...change }));
  }
}

function endOf(status: string | undefined, failure: Failure | undefined): string {
  if (failure || status === "error") return strings.conversation.announceFailed;
  if (status === "stopped") return strings.conversation.announceStopped;
  if (status === "interrupted") return strings.conversation.announceInterrupted;
  return strings.conversation.announceEnd;
}
