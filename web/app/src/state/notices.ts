import { Store } from "./store.ts";

/** A sentence for screen readers; the number makes a repeated sentence another one. */
export const announcement = new Store({ text: "", number: 0 });

/** Say a sentence to those who do not see the page change. */
export function announce(text: string): void {
  announcement.update(({ number }) => ({ text, number: number + 1 }));
}

export interface Notice {
  id: number;
  text: string;
  isError: boolean;
}

const SHOWN_MS = 5000;
let last = 0;

/** Short sentences at the edge of the page. */
export const notices = new Store<readonly Notice[]>([]);

/** Show a sentence for a moment; an error stays until it is closed. */
export function notify(text: string, { isError = false } = {}): void {
  last += 1;
  const notice = { id: last, text, isError };
  notices.update((shown) => [...shown.slice(-2), notice]);
  if (!isError) setTimeout(() => dismiss(notice.id), SHOWN_MS);
}

export function dismiss(id: number): void {
  notices.update((shown) => shown.filter((notice) => notice.id !== id));
}
