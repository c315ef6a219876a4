import { onRemembered, recall, remember } from "./preferences.ts";
import { Store } from "./store.ts";

export type Theme = "system" | "light" | "dark";
export const THEMES: readonly Theme[] = ["system", "light", "dark"];

export const theme = new Store<Theme>("system");

/** Use the theme that was chosen, here or in another tab. */
export function startTheme(): void {
  theme.watch(apply);
  const take = (value: string | null) => theme.set(THEMES.find((known) => known === value) ?? "system");
  onRemembered("theme", take);
  take(recall("theme"));
}

export function chooseTheme(chosen: Theme): void {
  remember("theme", chosen === "system" ? null : chosen);
  theme.set(chosen);
}

/** The style sheet looks at data-theme; without one it goes by the system. */
function apply(): void {
  const chosen = theme.get();
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
