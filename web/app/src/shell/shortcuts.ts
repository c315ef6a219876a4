import { useEffect, useRef } from "react";
import { toggleSideBar } from "../components/sidebar.ts";
import { navigate } from "../router.tsx";

/** Whether a key goes into a text, where single letters are not ours. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Whether something lies over the page that wants the key for itself. */
export function isCovered(): boolean {
  return document.querySelector("dialog[open], [popover]:popover-open") !== null;
}

/** The keys that work everywhere; those of a conversation are in `conversation/shortcuts.ts`. */
export function useShellShortcuts(onHelp: () => void): void {
  const help = useRef(onHelp);
  help.current = onHelp;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || isCovered()) return;
      const act = actOf(event, () => help.current());
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

function actOf(event: KeyboardEvent, help: () => void): (() => void) | undefined {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (event.shiftKey && key === "o") return () => navigate("/");
    if (!event.shiftKey && key === "k") return goToSearch;
    if (!event.shiftKey && key === "b") return toggleSideBar;
    return undefined;
  }
  if (event.altKey || isTyping(event)) return undefined;
  return key === "?" ? help : undefined;
}

function goToSearch(): void {
  navigate("/search");
  // The page may be there already, and then it does not take the focus by itself.
  document.querySelector<HTMLElement>("#search-field")?.focus();
}
