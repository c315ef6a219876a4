import type { ListedChat } from "@chatstream/client";
import { strings } from "../strings.ts";

export interface Group {
  title: string;
  chats: ListedChat[];
}

const DAY_MS = 86_400_000;

/** The chats under headings by the day of their last activity, in the order they come in. */
export function grouped(chats: readonly ListedChat[], now = new Date()): Group[] {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const groups: Group[] = [];
  for (const chat of chats) {
    const title = headingOf((midnight - Date.parse(chat.updated_at)) / DAY_MS);
    const last = groups.at(-1);
    if (last?.title === title) last.chats.push(chat);
    else groups.push({ title, chats: [chat] });
  }
  return groups;
}

function headingOf(daysBeforeToday: number): string {
  if (daysBeforeToday <= 0) return strings.chats.today;
  if (daysBeforeToday <= 1) return strings.chats.yesterday;
  if (daysBeforeToday <= 6) return strings.chats.week;
  if (daysBeforeToday <= 29) return strings.chats.month;
  return strings.chats.older;
}
