import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from "react";

/** Said when the place changes by our own hand; the browser only tells of its own buttons. */
const MOVED = "chatstream:moved";

function watch(watcher: () => void): () => void {
  window.addEventListener("popstate", watcher);
  window.addEventListener("hashchange", watcher);
  window.addEventListener(MOVED, watcher);
  return () => {
    window.removeEventListener("popstate", watcher);
    window.removeEventListener("hashchange", watcher);
    window.removeEventListener(MOVED, watcher);
  };
}

/** Go to a path of the app. `replace`: without leaving a step to go back to. */
export function navigate(to: string, { replace = false } = {}): void {
  if (to === place()) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  window.dispatchEvent(new Event(MOVED));
}

function place(): string {
  return location.pathname + location.search + location.hash;
}

export interface Place {
  path: string;
  query: URLSearchParams;
  /** What stands after the #, as parameters: secrets go there, since servers never see it. */
  hash: URLSearchParams;
}

/** Where we are. */
export function usePlace(): Place {
  const url = new URL(useSyncExternalStore(watch, place), location.origin);
  return { path: url.pathname, query: url.searchParams, hash: new URLSearchParams(url.hash.slice(1)) };
}

/** The parameters of a path by a pattern such as `/chats/:id`; undefined where it does not fit. */
export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = split(pattern);
  const given = split(path);
  if (wanted.length !== given.length) return undefined;
  const found: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) found[part.slice(1)] = decode(value);
    else if (part !== value) return undefined;
  }
  return found;
}

function split(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A link within the app. It is a real one: a middle click opens a tab. */
export function Link({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || !isPlain) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={follow} {...rest} />;
}
