import { useEffect, useState } from "react";
import { client } from "../api.ts";
import { Markdown } from "../markdown/Markdown.tsx";
import { Store, useStore } from "../state/store.ts";
import { strings } from "../strings.ts";
import { IDLE, type RunningAnswer } from "./answer.ts";
import type { Entry } from "./entries.ts";

/** A text as it was typed. */
export function PlainText({ text }: { text: string }) {
  return (
    <div className="bubble">
      <p className="plain" dir="auto">
        {text}
      </p>
    </div>
  );
}

/** What the answers watch that are stored: with thousands of them, none may wake up with each flush. */
const STILL = new Store(IDLE);

interface Props {
  entry: Entry;
  answer: RunningAnswer;
  /** The text is that of `answer`, and grows. */
  isRunning: boolean;
  isNear: boolean;
}

/** The text of an answer, stored or being written, and quietly what its workflow says meanwhile. */
export function AnswerText({ entry, answer, isRunning, isNear }: Props) {
  const running = useStore(isRunning ? answer.state : STILL);
  const text = isRunning ? running.text : entry.content;
  return (
    <>
      {isNear && text !== "" && (
        <div className="bubble">
          <Markdown text={text} />
        </div>
      )}
      {!isNear && <PlainText text={text} />}
      {isRunning && <StatusLine answer={answer} />}
    </>
  );
}

/** What the workflow says of itself, as long as there is no text; and what is wrong, at any time. */
function StatusLine({ answer }: { answer: RunningAnswer }) {
  const { text, status, level } = useStore(answer.state);
  const [isRetrying, setIsRetrying] = useState(false);
  useEffect(() => client.on("connection", (state) => setIsRetrying(state === "retrying")), []);
  if (text !== "" && !isRetrying && level === "info") return null;
  return (
    <p className={`status-line ${level}`} dir="auto">
      <span className="pulse" aria-hidden="true" />
      {isRetrying ? strings.conversation.reconnecting : status || strings.conversation.sending}
    </p>
  );
}
