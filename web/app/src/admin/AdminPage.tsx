import type { ReactNode } from "react";
import { Page } from "../components/Page.tsx";
import { Link, usePlace } from "../router.tsx";
import { strings } from "./strings.ts";

const SECTIONS = [
  { path: "/admin", label: strings.pages.activity },
  { path: "/admin/agents", label: strings.pages.agents },
  { path: "/admin/users", label: strings.pages.users },
  { path: "/admin/invites", label: strings.pages.invites },
  { path: "/admin/team", label: strings.pages.team },
  { path: "/admin/audit", label: strings.pages.audit },
  { path: "/admin/errors", label: strings.pages.errors },
] as const;

interface Props {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** A page of the administration, with the way to the others. */
export function AdminPage({ title, actions, children }: Props) {
  const { path } = usePlace();
  return (
    <Page title={title} actions={actions}>
      <nav className="sections" aria-label={strings.navigation}>
        <ul>
          {SECTIONS.map((section) => (
            <li key={section.path}>
              <Link href={section.path} aria-current={currency(section.path, path)}>
                {section.label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      {children}
    </Page>
  );
}

/** The section itself, or one of the pages below it. */
function currency(section: string, path: string): "page" | "true" | undefined {
  if (path === section) return "page";
  return section !== "/admin" && path.startsWith(`${section}/`) ? "true" : undefined;
}
