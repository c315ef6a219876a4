import { type RefObject, useEffect, useState } from "react";
import { usePlace } from "../router.tsx";
import { notify } from "../state/notices.ts";
import { strings } from "../strings.ts";
import type { Conversation } from "./conversation.ts";

const WINDOW = 200;

/** Goes to the message that the address names (`#message=…`), however old it is; returns its id. */
export function useJump(conversation: Conversation, scroller: RefObject<HTMLElement | null>): string | null {
  const wanted = usePlace().hash.get("message");
  const [found, setFound] = useState<string | null>(null);

  useEffect(() => {
    setFound(null);
    if (wanted === null) return;
    let isWanted = true;
    void (async () => {
      const has = () => conversation.state.get().entries.some(({ id }) => id === wanted);
      while (isWanted && !has()) {
        if (!(await conversation.loadOlder(WINDOW))) break;
      }
      if (!isWanted) return;
      if (has()) setFound(wanted);
      else notify(strings.conversation.jumpFailed, { isError: true });
    })();
    return () => {
      isWanted = false;
    };
  }, [conversation, wanted]);

  useEffect(() => {
    if (found === null) return;
    const message = scroller.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(found)}"]`);
    message?.scrollIntoView({ block: "center" });
    message?.focus({ preventScroll: true });
    // What is drawn on the way has another height than was guessed: once more when it is there.
    const timer = setTimeout(() => message?.scrollIntoView({ block: "center" }), 100);
    return () => clearTimeout(timer);
  }, [found, scroller]);

  return found;
}
