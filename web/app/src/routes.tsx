import { type ComponentType, lazy } from "react";
import { Account } from "./account/Account.tsx";
import { Search } from "./chats/Search.tsx";
import { Start } from "./chats/Start.tsx";
import type { IconName } from "./components/icons.tsx";
import { ConversationPage } from "./conversation/ConversationPage.tsx";
import { strings } from "./strings.ts";

export interface RouteProps {
  /** What the path has in place of its `:names`. */
  params: Record<string, string>;
}

export interface Route {
  path: string;
  page: ComponentType<RouteProps>;
  /** Only admins see it. */
  isAdmin?: boolean;
}

type AdminPages = typeof import("./admin/pages.ts");

/** The pages of the administration, which are loaded together when one of them is asked for. */
function adminPage(name: keyof AdminPages): ComponentType<RouteProps> {
  return lazy(async () => ({ default: (await import("./admin/pages.ts"))[name] }));
}

const adminPages: Record<string, keyof AdminPages> = {
  "/admin": "OverviewPage",
  "/admin/agents": "AgentsPage",
  "/admin/agents/new": "NewAgentPage",
  "/admin/agents/:id": "AgentPage",
  "/admin/agents/:id/feedback": "FeedbackPage",
  "/admin/users": "UsersPage",
  "/admin/invites": "InvitesPage",
  "/admin/team": "TeamPage",
  "/admin/audit": "AuditPage",
  "/admin/errors": "ErrorsPage",
};

/** The pages for those who are signed in, the first that fits. Admin pages are loaded when they are asked for. */
export const routes: readonly Route[] = [
  { path: "/", page: Start },
  { path: "/chats/:id", page: ConversationPage },
  { path: "/search", page: Search },
  { path: "/account", page: Account },
  ...Object.entries(adminPages).map(([path, name]) => ({ path, page: adminPage(name), isAdmin: true })),
];

export interface AdminLink {
  path: string;
  label: string;
  icon: IconName;
}

/** Where the user menu leads an admin. */
export const adminLinks: readonly AdminLink[] = [{ path: "/admin", label: strings.shell.admin, icon: "shield" }];
