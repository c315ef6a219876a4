import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from "react";
import { IconButton } from "../components/Button.tsx";
import { warmUp } from "../markdown/warmup.ts";
import { strings } from "../strings.ts";
import { useDraft } from "./draft.ts";

/** What the server takes. */
const LIMIT = 32_000;

interface Props {
  /** What the draft goes by: a chat's id, or a place where there is none yet. */
  place: string;
  isAnswering: boolean;
  /** There is nobody to send to (yet). */
  isHeld?: boolean;
  /** False: it was refused, and the text comes back. */
  onSend: (text: string) => Promise<boolean>;
  onStop: () => void;
}

/** Where a message is written. Enter sends, except in the midst of composing a character. */
export function Composer({ place, isAnswering, isHeld = false, onSend, onStop }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const draft = useDraft(place);
  const { text } = draft;
  useHeight(field, text);
  useEffect(warmUp, []); // whoever writes a message will read an answer
  const over = [...text].length - LIMIT;
  const isSendable = text.trim() !== "" && over <= 0 && !isAnswering && !isHeld;

  const send = async () => {
    if (!isSendable) return;
    draft.show("");
    if (await onSend(text)) draft.sent(text);
    else draft.giveBack(text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event) || isTouch()) return;
    event.preventDefault();
    void send();
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        ref={field}
        id="composer"
        rows={1}
        dir={text === "" ? undefined : "auto"} // nothing but the hint: it goes as the page does
        value={text}
        aria-label={strings.conversation.messageLabel}
        aria-describedby="composer-hint"
        aria-invalid={over > 0 || undefined}
        placeholder={strings.conversation.placeholder}
        onChange={(event) => draft.write(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {isAnswering ? (
        <IconButton icon="stop" label={strings.conversation.stop} className="round" onClick={onStop} />
      ) : (
        <IconButton
          icon="send"
          type="submit"
          label={strings.conversation.send}
          className="round"
          disabled={!isSendable}
        />
      )}
      <p id="composer-hint" className={over > 0 ? "composer-hint field-error" : "composer-hint"}>
        {over > 0 ? strings.conversation.tooLong(over) : strings.conversation.sendHint}
      </p>
    </form>
  );
}

/** Whether an input method is at work: its Enter chooses a word. Safari tells only by the key code 229. */
function isComposing(event: KeyboardEvent): boolean {
  return event.nativeEvent.isComposing || event.keyCode === 229;
}

/** On a phone the Enter key makes a new line, as everywhere there. */
function isTouch(): boolean {
  return window.matchMedia("(pointer: coarse) and (hover: none)").matches;
}

/** As high as the text, as far as the style sheet allows. */
function useHeight(field: React.RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height goes by the text
  useLayoutEffect(() => {
    const element = field.current;
    if (!element || CSS.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [field, text]);
}
