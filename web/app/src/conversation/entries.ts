import type { Message } from "@chatstream/client";

/** A message on the page. The key stays when a message that was made here gets its id from the server. */
export interface Entry extends Message {
  key: string;
  /** Made here; the server's own word on it is to come. */
  isLocal?: boolean;
}

let made = 0;

/** An entry that the server has not told us of. */
export function localEntry(role: "user" | "assistant", content: string, status?: Entry["status"]): Entry {
  made += 1;
  const name = `local-${made}`;
  const more = status === undefined ? {} : { status };
  return { id: name, key: name, role, content, timestamp: new Date().toISOString(), isLocal: true, ...more };
}

export interface Merged {
  entries: readonly Entry[];
  /** Whether older entries that were loaded before are still in front. */
  reachesBack: boolean;
}

/**
 * The newest messages of the server, with the older ones in front that were loaded before. Keys stay, so that nothing
 * on the page is made anew; entries that did not change stay the same objects.
 */
export function merged(old: readonly Entry[], newest: readonly Message[]): Merged {
  const first = newest[0];
  const start = first ? old.findIndex(({ id }) => id === first.id) : -1;
  const known = new Map(old.map((entry) => [entry.id, entry]));
  const locals = localsFromTheEnd(old, newest);
  const fresh = newest.map((message, index) => {
    const before = known.get(message.id);
    if (before && isSame(before, message)) return before;
    return { ...message, key: before?.key ?? locals.get(index) ?? message.id };
  });
  return start > 0
    ? { entries: [...old.slice(0, start), ...fresh], reachesBack: true }
    : { entries: fresh, reachesBack: false };
}

/** Older messages in front. */
export function prepended(old: readonly Entry[], older: readonly Message[]): readonly Entry[] {
  const known = new Set(old.map(({ id }) => id));
  return [...older.filter(({ id }) => !known.has(id)).map((message) => ({ ...message, key: message.id })), ...old];
}

/** The keys of local entries, by the place of the message that each became: the two lists end alike. */
function localsFromTheEnd(old: readonly Entry[], newest: readonly Message[]): Map<number, string> {
  const keys = new Map<number, string>();
  for (let back = 1; back <= Math.min(old.length, newest.length); back += 1) {
    const entry = old[old.length - back];
    const message = newest[newest.length - back];
    if (entry?.role !== message?.role) break;
    if (entry?.isLocal) keys.set(newest.length - back, entry.key);
  }
  return keys;
}

function isSame(entry: Entry, message: Message): boolean {
  return (
    !entry.isLocal &&
    entry.content === message.content &&
    entry.status === message.status &&
    JSON.stringify(entry.feedback) === JSON.stringify(message.feedback)
  );
}
