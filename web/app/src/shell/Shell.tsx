import { Suspense, useEffect, useState } from "react";
import { startChatList } from "../chats/list.ts";
import { Loading } from "../components/Notes.tsx";
import { Page } from "../components/Page.tsx";
import { closeSideBar, sideBar } from "../components/sidebar.ts";
import { closeConversations } from "../conversation/open.ts";
import { Link, matchPath, navigate, usePlace } from "../router.tsx";
import { routes } from "../routes.tsx";
import { useUser } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { strings } from "../strings.ts";
import { PageBoundary } from "./PageBoundary.tsx";
import { Shortcuts } from "./Shortcuts.tsx";
import { SideBar } from "./SideBar.tsx";
import { useShellShortcuts } from "./shortcuts.ts";

/** The frame for those who are signed in: the side bar and the page. */
export function Shell() {
  const { path } = usePlace();
  const { isAway } = useStore(sideBar);
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  useShellShortcuts(() => setIsHelpOpen(true));
  useEffect(startChatList, []);
  useEffect(() => closeConversations, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new path closes it
  useEffect(closeSideBar, [path]);
  useEffect(() => {
    if (path === "/register") navigate("/", { replace: true });
  }, [path]);
  return (
    <div className={isAway ? "shell without-sidebar" : "shell"}>
      <button type="button" className="skip" onClick={skip}>
        {strings.common.skip}
      </button>
      <SideBar onHelp={() => setIsHelpOpen(true)} />
      <main id="content" tabIndex={-1}>
        <PageBoundary key={path}>
          <Suspense fallback={<Loading />}>
            <Routed path={path} />
          </Suspense>
        </PageBoundary>
      </main>
      {isHelpOpen && <Shortcuts onClose={() => setIsHelpOpen(false)} />}
    </div>
  );
}

/** A button, since the hash of the address is used for other things. */
function skip(): void {
  document.getElementById("content")?.focus();
}

/** The page of a path. Those of admins are not there for others. */
function Routed({ path }: { path: string }) {
  const { role } = useUser();
  for (const { path: pattern, page: Content, isAdmin } of routes) {
    const params = matchPath(pattern, path);
    if (params && (!isAdmin || role === "admin")) return <Content key={path} params={params} />;
  }
  return <NotFound />;
}

/** Nothing is here for this user. */
export function NotFound() {
  return (
    <Page title={strings.common.notFoundTitle}>
      <p>{strings.common.notFound}</p>
      <p>
        <Link href="/">{strings.common.home}</Link>
      </p>
    </Page>
  );
}
