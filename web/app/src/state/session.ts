import { ApiError, type User } from "@chatstream/client";
import { api, client } from "../api.ts";
import { drafts } from "./drafts.ts";
import { Store, useStore } from "./store.ts";
import { onReturn, onWord, tellTabs } from "./tabs.ts";

/** Who uses the app: not known yet, nobody, somebody, or a server that does not say. */
export type SessionState =
  | { is: "unknown" }
  | { is: "signed-out"; wasEnded: boolean }
  | { is: "signed-in"; user: User }
  | { is: "unreachable"; error: ApiError };

export const session = new Store<SessionState>({ is: "unknown" });

/** Ask the server who we are. */
export async function lookWhoWeAre(): Promise<void> {
  try {
    become(await api.me());
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) leave({ wasEnded: session.get().is === "signed-in" });
    else if (session.get().is !== "signed-in" && error instanceof ApiError) session.set({ is: "unreachable", error });
  }
}

/** Keep to what the server and the other tabs say of the session. */
export function startSession(): void {
  client.on("signed-out", () => leave({ wasEnded: session.get().is === "signed-in" }));
  onWord((word) => {
    if (word.type === "signed-out") leave({ wasEnded: false });
    if (word.type === "signed-in" && currentUser()?.id !== word.userId) void lookWhoWeAre();
  });
  onReturn(() => {
    if (session.get().is !== "unknown") void lookWhoWeAre();
  });
  void lookWhoWeAre();
}

export async function signIn(body: { email: string; password: string; team_id?: string }): Promise<void> {
  const { user } = await api.signIn(body);
  become(user);
  tellTabs({ type: "signed-in", userId: user.id });
}

/** End the session, here and in all tabs. Drafts go too: the next person at this browser may be another. */
export async function signOut(): Promise<void> {
  const user = currentUser();
  await api.signOut();
  if (user) drafts.forget(user.id);
  leave({ wasEnded: false });
  tellTabs({ type: "signed-out" });
}

function become(user: User): void {
  const now = session.get();
  const isKnown = now.is === "signed-in" && JSON.stringify(now.user) === JSON.stringify(user);
  if (!isKnown) session.set({ is: "signed-in", user });
}

function leave({ wasEnded }: { wasEnded: boolean }): void {
  if (session.get().is !== "signed-out") session.set({ is: "signed-out", wasEnded });
}

export function currentUser(): User | undefined {
  const now = session.get();
  return now.is === "signed-in" ? now.user : undefined;
}

/** The user, in the parts of the app that only somebody signed in sees. */
export function useUser(): User {
  const now = useStore(session);
  if (now.is !== "signed-in") throw new Error("Nobody is signed in.");
  return now.user;
}
