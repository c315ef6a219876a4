import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** So near to the end counts as the end: zoom makes fractions of pixels. */
const SLACK_PX = 48;

type Scroller = RefObject<HTMLElement | null>;

/**
 * Keeps the end in view while the content grows, until the user scrolls up; at the end again, it holds on again. What
 * the user does is told from the growing itself: only scrolling up lets go.
 */
export function useStickToEnd(scroller: Scroller, content: Scroller): { isAtEnd: boolean; toEnd: () => void } {
  const [isAtEnd, setIsAtEnd] = useState(true);
  const sticks = useRef(true);
  const lastTop = useRef(0);

  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    sticks.current = true;
    element.scrollTop = element.scrollHeight;
    lastTop.current = element.scrollTop;
    setIsAtEnd(true);
  }, [scroller]);

  useLayoutEffect(toEnd, [toEnd]);

  useEffect(() => {
    const element = scroller.current;
    const inner = content.current;
    if (!element || !inner) return;
    const onScroll = () => {
      const isNear = element.scrollHeight - element.scrollTop - element.clientHeight <= SLACK_PX;
      if (isNear) sticks.current = true;
      else if (element.scrollTop < lastTop.current) sticks.current = false;
      lastTop.current = element.scrollTop;
      setIsAtEnd(isNear || sticks.current);
    };
    const observer = new ResizeObserver(() => {
      if (sticks.current) toEnd();
      else onScroll();
    });
    element.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(inner);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, [scroller, content, toEnd]);

  return { isAtEnd, toEnd };
}

/** When older messages come in front, what is looked at stays where it is. */
export function useKeptPosition(scroller: Scroller, firstKey: string | undefined): void {
  const before = useRef<{ key: string | undefined; element: Element | null; top: number }>(undefined);

  useLayoutEffect(() => {
    const element = scroller.current;
    const kept = before.current;
    if (!element || !kept || kept.key === firstKey || !kept.element?.isConnected) return;
    element.scrollTop += kept.element.getBoundingClientRect().top - kept.top;
  }, [scroller, firstKey]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () => {
      const edge = element.getBoundingClientRect().top;
      const shown = [...element.querySelectorAll(".message")].find((one) => one.getBoundingClientRect().bottom > edge);
      before.current = { key: firstKey, element: shown ?? null, top: shown?.getBoundingClientRect().top ?? 0 };
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  }, [scroller, firstKey]);
}
