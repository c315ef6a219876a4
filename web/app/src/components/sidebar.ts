import { recall, remember } from "../state/preferences.ts";
import { Store } from "../state/store.ts";

/** On wide windows the side bar stands beside the page unless it was put away; on phones it lies over it when called. */
export const sideBar = new Store({ isAway: recall("sidebar") === "away", isOver: false });

const narrow = window.matchMedia("(max-width: 48rem)");

export function isNarrow(): boolean {
  return narrow.matches;
}

/** Call back when the window turns narrow or wide. */
export function watchWidth(watcher: () => void): () => void {
  narrow.addEventListener("change", watcher);
  return () => narrow.removeEventListener("change", watcher);
}

export function toggleSideBar(): void {
  const { isAway, isOver } = sideBar.get();
  if (isNarrow()) {
    sideBar.set({ isAway, isOver: !isOver });
  } else {
    remember("sidebar", isAway ? null : "away");
    sideBar.set({ isAway: !isAway, isOver: false });
  }
}

/** On phones the side bar goes when somebody has chosen from it. */
export function closeSideBar(): void {
  sideBar.update(({ isAway }) => ({ isAway, isOver: false }));
}
