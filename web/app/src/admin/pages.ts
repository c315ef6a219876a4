// All pages of the administration in one file of the build: whoever opens one will open others.
import "./admin.css";

export { AgentPage, NewAgentPage } from "./agents/AgentPage.tsx";
export { AgentsPage } from "./agents/AgentsPage.tsx";
export { FeedbackPage } from "./agents/FeedbackPage.tsx";
export { AuditPage } from "./logs/AuditPage.tsx";
export { ErrorsPage } from "./logs/ErrorsPage.tsx";
export { OverviewPage } from "./Overview.tsx";
export { InvitesPage } from "./people/InvitesPage.tsx";
export { TeamPage } from "./people/TeamPage.tsx";
export { UsersPage } from "./people/UsersPage.tsx";
