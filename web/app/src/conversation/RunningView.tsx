import { useEffect, useState } from "react";
import { client } from "../api.ts";
import { Markdown } from "../markdown/Markdown.tsx";
import { useStore } from "../state/store.ts";
import { strings } from "../strings.ts";
import type { RunningAnswer } from "./answer.ts";

/** The answer that is being written, and quietly what its workflow says of itself. */
export function RunningView({ answer, agentName }: { answer: RunningAnswer; agentName: string }) {
  const { text, status, level } = useStore(answer.state);
  const isRetrying = useIsRetrying();
  const line = isRetrying ? strings.conversation.reconnecting : status || strings.conversation.sending;
  return (
    <article className="message from-agent running-answer" aria-busy="true">
      <h2 className="visually-hidden">{strings.conversation.agentSaid(agentName)}</h2>
      {text !== "" && (
        <div className="bubble">
          <Markdown text={text} />
        </div>
      )}
      {(text === "" || isRetrying || level !== "info") && (
        <p className={`status-line ${level}`} dir="auto">
          <span className="pulse" aria-hidden="true" />
          {line}
        </p>
      )}
    </article>
  );
}

function useIsRetrying(): boolean {
  const [isRetrying, setIsRetrying] = useState(false);
  useEffect(() => client.on("connection", (state) => setIsRetrying(state === "retrying")), []);
  return isRetrying;
}
