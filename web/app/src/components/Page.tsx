import { type ReactNode, useEffect, useRef } from "react";
import { useTitle } from "../hooks.ts";
import { strings } from "../strings.ts";
import { IconButton } from "./Button.tsx";
import { toggleSideBar } from "./sidebar.ts";

interface Props {
  title: string;
  /** Buttons at the end of the head. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A page in the shell: its head and its content. The heading gets the focus when the page comes. */
export function Page({ title, actions, children }: Props) {
  useTitle(title);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div className="page">
      <header className="page-head">
        <MenuButton />
        <h1 ref={heading} tabIndex={-1} dir="auto">
          {title}
        </h1>
        <div className="page-actions">{actions}</div>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className="page-scroll" tabIndex={0} role="presentation">
        <div className="page-content">{children}</div>
      </div>
    </div>
  );
}

/** Opens the side bar where it is not in view. */
export function MenuButton() {
  return (
    <IconButton icon="menu" label={strings.shell.openMenu} className="open-sidebar" onClick={() => toggleSideBar()} />
  );
}
