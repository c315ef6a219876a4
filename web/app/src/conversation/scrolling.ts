import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** So near to the end counts as the end: zoom makes fractions of pixels. */
const SLACK_PX = 48;

type Place = RefObject<HTMLElement | null>;

/** What is looked at: the first child in view, and how far it is from the upper edge. */
interface Anchor {
  element: Element;
  top: number;
}

export interface Scrolling {
  isAtEnd: boolean;
  /** Go to the end and stay there. */
  toEnd: () => void;
}

/**
 * Holds the position while the content of `scroller` changes. At the end, the end stays in view, until the user scrolls
 * up; back at the end, it is held again. Elsewhere the first child in view stays where it is, whatever comes before it
 * and however its height was guessed. `firstKey` tells when something came in front.
 */
export function useScrolling(scroller: Place, content: Place, firstKey: string | undefined): Scrolling {
  const [isAtEnd, setIsAtEnd] = useState(true);
  const sticks = useRef(true);
  const lastTop = useRef(0);
  const anchor = useRef<Anchor>(undefined);
  /** Where we have put it ourselves: measured anew, the fractions of pixels that are lost each time would add up. */
  const held = useRef<number>(undefined);

  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    sticks.current = true;
    element.scrollTop = element.scrollHeight;
    lastTop.current = element.scrollTop;
    setIsAtEnd(true);
  }, [scroller]);

  const hold = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    if (sticks.current) return toEnd();
    const kept = anchor.current;
    if (kept?.element.isConnected) element.scrollTop += kept.element.getBoundingClientRect().top - kept.top;
    lastTop.current = element.scrollTop;
    held.current = element.scrollTop;
  }, [scroller, toEnd]);

  // At the end, the observer below holds it before it is painted too, and does not lay out the page for it once more.
  // biome-ignore lint/correctness/useExhaustiveDependencies: before it is painted, when something came in front
  useLayoutEffect(() => {
    if (!sticks.current) hold();
  }, [hold, firstKey]);

  useEffect(() => {
    const element = scroller.current;
    const inner = content.current;
    if (!element || !inner) return;
    const look = () => {
      const isNear = element.scrollHeight - element.scrollTop - element.clientHeight <= SLACK_PX;
      // What the user does is told from growing content by its direction: only scrolling up lets go.
      if (isNear) sticks.current = true;
      else if (element.scrollTop < lastTop.current) sticks.current = false;
      lastTop.current = element.scrollTop;
      if (element.scrollTop !== held.current) {
        held.current = undefined;
        anchor.current = firstInView(inner, element.getBoundingClientRect().top);
      }
      setIsAtEnd(isNear || sticks.current);
    };
    const observer = new ResizeObserver(() => {
      hold();
      look();
    });
    element.addEventListener("scroll", look, { passive: true });
    observer.observe(inner);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, [scroller, content, hold]);

  return { isAtEnd, toEnd };
}

/** The first child that reaches below `edge`, by halving: there may be thousands. */
function firstInView(inner: HTMLElement, edge: number): Anchor | undefined {
  const { children } = inner;
  let low = 0;
  let high = children.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((children[middle]?.getBoundingClientRect().bottom ?? 0) > edge) high = middle;
    else low = middle + 1;
  }
  // The first children come and go with the loading: only a message is a hold.
  while (low < children.length && !children[low]?.classList.contains("message")) low += 1;
  const element = children[low];
  return element && { element, top: element.getBoundingClientRect().top };
}
