import { type ReactNode, useEffect, useRef } from "react";
import type { Pages } from "../hooks.ts";
import { strings } from "../strings.ts";
import { Button } from "./Button.tsx";
import { Empty, ErrorNote, Loading } from "./Notes.tsx";

interface Props<Item> {
  pages: Pages<Item>;
  /** Shown when there is nothing at all. */
  empty: ReactNode;
  children: (items: readonly Item[]) => ReactNode;
}

/** A list that comes in pages: what there is, what went wrong, and the way to more. */
export function Paged<Item>({ pages, empty, children }: Props<Item>) {
  const { items, error, isLoading, hasMore } = pages;
  return (
    <>
      {items.length > 0 && children(items)}
      {items.length === 0 && !isLoading && !error && <Empty>{empty}</Empty>}
      <ErrorNote error={error} onRetry={hasMore ? pages.loadMore : pages.reload} />
      {isLoading && <Loading />}
      {hasMore && !isLoading && !error && <More onMore={pages.loadMore} />}
    </>
  );
}

/** Loads more when it comes into view; a button for those who do not scroll. */
export function More({ onMore }: { onMore: () => void }) {
  const ref = useRef<HTMLDivElement>(null);
  const latest = useRef(onMore);
  latest.current = onMore;
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) latest.current();
    });
    if (ref.current) observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return (
    <div className="more" ref={ref}>
      <Button look="quiet" onClick={onMore}>
        {strings.common.more}
      </Button>
    </div>
  );
}
