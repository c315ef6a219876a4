import { useCallback, useEffect, useRef, useState } from "react";
import { drafts } from "../state/drafts.ts";
import { onRemembered } from "../state/preferences.ts";
import { useUser } from "../state/session.ts";

const SETTLE_MS = 250;

export interface Draft {
  text: string;
  /** The user has changed it. */
  write: (text: string) => void;
  /** Show another text without storing it: it is on its way, and may come back. */
  show: (text: string) => void;
  /** It is stored by the server: the draft goes, unless something new was written meanwhile. */
  sent: (text: string) => void;
  /** It was refused: the text comes back before what was written meanwhile. */
  giveBack: (text: string) => void;
}

/** The draft of a place, kept in this browser. */
export function useDraft(place: string): Draft {
  const { id } = useUser();
  const [text, setText] = useState(() => drafts.read(id, place));
  const latest = useRef(text);
  const unsaved = useRef<ReturnType<typeof setTimeout>>(undefined);

  const save = useCallback(() => {
    if (unsaved.current === undefined) return;
    clearTimeout(unsaved.current);
    unsaved.current = undefined;
    drafts.write(id, place, latest.current);
  }, [id, place]);

  const show = useCallback((next: string) => {
    latest.current = next;
    setText(next);
  }, []);

  const write = useCallback(
    (next: string) => {
      show(next);
      clearTimeout(unsaved.current);
      unsaved.current = setTimeout(save, SETTLE_MS);
    },
    [show, save],
  );

  useEffect(() => {
    const end = onRemembered(drafts.name(id, place), (value) => show(value ?? ""));
    window.addEventListener("pagehide", save);
    return () => {
      end();
      window.removeEventListener("pagehide", save);
      save();
    };
  }, [id, place, save, show]);

  const sent = useCallback(
    (given: string) => {
      if (drafts.read(id, place) === given) drafts.write(id, place, latest.current);
    },
    [id, place],
  );
  const giveBack = useCallback(
    (given: string) => write(latest.current === "" ? given : `${given}\n${latest.current}`),
    [write],
  );
  return { text, write, show, sent, giveBack };
}
