import { useEffect, useRef, useSyncExternalStore } from "react";
import { ChatList } from "../chats/ChatList.tsx";
import { IconButton } from "../components/Button.tsx";
import { Icon } from "../components/icons.tsx";
import { closeSideBar, isNarrow, sideBar, toggleSideBar, watchWidth } from "../components/sidebar.ts";
import { Link, usePlace } from "../router.tsx";
import { useStore } from "../state/store.ts";
import { strings } from "../strings.ts";
import { UserMenu } from "./UserMenu.tsx";

/** The way round: beside the page on wide windows, a dialog over it on phones. */
export function SideBar({ onHelp }: { onHelp: () => void }) {
  const narrow = useSyncExternalStore(watchWidth, isNarrow);
  const { isAway, isOver } = useStore(sideBar);
  if (narrow) return isOver ? <Drawer onHelp={onHelp} /> : null;
  return isAway ? null : (
    <div className="sidebar">
      <Content onHelp={onHelp} />
    </div>
  );
}

function Drawer({ onHelp }: { onHelp: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc does the same, by the browser
    <dialog
      ref={ref}
      className="sidebar drawer"
      aria-label={strings.shell.navigation}
      onClose={closeSideBar}
      onClick={(event) => {
        if (event.target === ref.current) closeSideBar();
      }}
    >
      <Content
        onHelp={() => {
          closeSideBar();
          onHelp();
        }}
      />
    </dialog>
  );
}

function Content({ onHelp }: { onHelp: () => void }) {
  const { path } = usePlace();
  return (
    <nav className="sidebar-content" aria-label={strings.shell.navigation}>
      <div className="sidebar-head">
        <span className="brand">{strings.product}</span>
        <IconButton icon="sidebar" label={strings.shell.hideMenu} onClick={() => toggleSideBar()} />
      </div>
      <div className="sidebar-links">
        <Link href="/" className="sidebar-link" aria-current={path === "/" ? "page" : undefined} onClick={closeSideBar}>
          <Icon name="plus" />
          {strings.chats.new}
        </Link>
        <Link
          href="/search"
          className="sidebar-link"
          aria-current={path === "/search" ? "page" : undefined}
          onClick={closeSideBar}
        >
          <Icon name="search" />
          {strings.chats.search}
        </Link>
      </div>
      <ChatList />
      <UserMenu onHelp={onHelp} />
    </nav>
  );
}
