import type { Hit } from "@chatstream/client";
import { useEffect, useRef, useState } from "react";
import { api } from "../api.ts";
import { onSubmit } from "../components/form.ts";
import { Icon } from "../components/icons.tsx";
import { Page } from "../components/Page.tsx";
import { Paged } from "../components/Paged.tsx";
import { usePages } from "../hooks.ts";
import { marksOnly } from "../markdown/sanitize.ts";
import { Link, navigate, usePlace } from "../router.tsx";
import { format, strings } from "../strings.ts";

const TYPING_MS = 300;

/** Search over all chats; the words are in the address, so that one can come back. */
export function Search() {
  const words = usePlace().query.get("q") ?? "";
  const [typed, setTyped] = useState(words);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    const timer = setTimeout(() => show(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <Page title={strings.search.title}>
      <search>
        <form className="search-form" onSubmit={onSubmit(() => show(typed))}>
          <Icon name="search" />
          <input
            ref={field}
            id="search-field"
            className="input"
            type="search"
            dir={typed === "" ? undefined : "auto"}
            value={typed}
            maxLength={200}
            aria-label={strings.chats.searchLabel}
            aria-describedby="search-help"
            placeholder={strings.search.placeholder}
            onChange={(event) => setTyped(event.target.value)}
          />
        </form>
      </search>
      <p id="search-help" className="field-help">
        {strings.search.help}
      </p>
      {words !== "" && <Hits words={words} />}
    </Page>
  );
}

function show(words: string): void {
  const trimmed = words.trim();
  navigate(trimmed === "" ? "/search" : `/search?q=${encodeURIComponent(trimmed)}`, { replace: true });
}

function Hits({ words }: { words: string }) {
  const pages = usePages(words, (cursor, signal) => api.search({ q: words, cursor, limit: 20 }, signal));
  return (
    <section aria-label={strings.search.results(words)}>
      <p className="visually-hidden" role="status">
        {pages.isLoading
          ? ""
          : pages.items.length === 0
            ? strings.search.none
            : strings.search.loaded(pages.items.length)}
      </p>
      <Paged pages={pages} empty={strings.search.none}>
        {(hits) => (
          <ol className="hits">
            {hits.map((hit) => (
              <HitItem key={`${hit.chat_id} ${hit.message?.id}`} hit={hit} />
            ))}
          </ol>
        )}
      </Paged>
    </section>
  );
}

function HitItem({ hit }: { hit: Hit }) {
  const { message } = hit;
  const href = `/chats/${hit.chat_id}${message ? `#message=${message.id}` : ""}`;
  const who = message?.role === "user" ? strings.conversation.you : strings.conversation.answer;
  return (
    <li>
      <Link href={href} className="hit">
        <span className="hit-title" dir="auto">
          {hit.chat_title ?? strings.chats.untitled}
        </span>
        <span className="hit-meta">
          {message ? `${who} · ${format.moment(message.timestamp)}` : strings.search.inTitle}
        </span>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: escaped by the server, and all but <mark> taken out here */}
        <span className="hit-text" dir="auto" dangerouslySetInnerHTML={{ __html: marksOnly(hit.snippet) }} />
      </Link>
    </li>
  );
}
