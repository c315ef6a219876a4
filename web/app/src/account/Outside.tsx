import { type ReactNode, useEffect, useRef } from "react";
import { useTitle } from "../hooks.ts";
import { strings } from "../strings.ts";

/** The frame of the pages for those who are not signed in. */
export function Outside({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const field = heading.current?.parentElement?.querySelector<HTMLElement>("input:not([type=hidden])");
    (field ?? heading.current)?.focus();
  }, []);
  return (
    <main className="outside" id="content">
      <p className="brand">{strings.product}</p>
      <div className="card">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </div>
    </main>
  );
}
