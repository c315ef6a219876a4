import type { AgentFeedback, RatedExchange } from "@chatstream/client";
import { useRef, useState } from "react";
import { Button } from "../../components/Button.tsx";
import { SelectField } from "../../components/Field.tsx";
import { Paged } from "../../components/Paged.tsx";
import { useLoad, usePages } from "../../hooks.ts";
import { Link } from "../../router.tsx";
import type { RouteProps } from "../../routes.tsx";
import { format } from "../../strings.ts";
import { AdminPage } from "../AdminPage.tsx";
import { admin } from "../api.ts";
import { strings } from "../strings.ts";
import { Tag } from "../Tag.tsx";

const words = strings.agents;

/** Characters of an exchange that are shown at first. */
const SHOWN = 600;

/** What users said of an agent's answers, newest first. */
export function FeedbackPage({ params }: RouteProps) {
  const id = params.id ?? "";
  const [rating, setRating] = useState("");
  const [counts, setCounts] = useState<AgentFeedback["counts"]>();
  const { data: agent } = useLoad(id, (signal) => admin.agent(id, signal));
  const pages = usePages(`${id} ${rating}`, async (cursor, signal) => {
    const page = await admin.feedback(id, { cursor, rating: rating || undefined }, signal);
    setCounts(page.counts);
    return page;
  });
  return (
    <AdminPage title={agent ? words.feedbackOf(agent.name) : words.feedback}>
      <div className="filters">
        <SelectField label={words.feedbackRating} value={rating} onChange={(event) => setRating(event.target.value)}>
          <option value="">{strings.common.all}</option>
          {Object.entries(words.ratings).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </SelectField>
        {counts && <p>{words.feedbackCounts(format.number(counts.up), format.number(counts.down))}</p>}
        <p>
          <Link href={`/admin/agents/${id}`}>{words.toAgent}</Link>
        </p>
      </div>
      <Paged pages={pages} empty={words.feedbackNone}>
        {(exchanges) => (
          <ul className="exchanges">
            {exchanges.map((exchange) => (
              <Exchange key={exchange.id} exchange={exchange} />
            ))}
          </ul>
        )}
      </Paged>
    </AdminPage>
  );
}

/** A rated exchange, as plain text: what users and workflows write is not drawn here. */
function Exchange({ exchange }: { exchange: RatedExchange }) {
  const { rating, comment, question, answer, rated_at } = exchange;
  return (
    <li className="panel exchange">
      <p>
        <Tag look={rating === "up" ? "good" : "bad"}>{words.ratings[rating]}</Tag>{" "}
        <span className="small">{format.moment(rated_at)}</span>
      </p>
      <dl>
        {comment && <Said name={words.comment} text={comment} />}
        {question && <Said name={words.question} text={question} />}
        <Said name={words.answer} text={answer} />
      </dl>
    </li>
  );
}

/** Its beginning, and the rest where somebody wants it. */
function Said({ name, text }: { name: string; text: string }) {
  const [isWhole, setIsWhole] = useState(false);
  const said = useRef<HTMLElement>(null);
  const beginning = [...text.slice(0, 2 * SHOWN)].slice(0, SHOWN).join("");
  const isLong = beginning.length < text.length;
  const showAll = () => {
    setIsWhole(true);
    said.current?.focus(); // the button goes
  };
  return (
    <div>
      <dt>{name}</dt>
      <dd ref={said} className="said" dir="auto" tabIndex={-1}>
        {isLong && !isWhole ? `${beginning}…` : text}
      </dd>
      {isLong && !isWhole && (
        <dd>
          <Button look="quiet" onClick={showAll}>
            {words.whole}
          </Button>
        </dd>
      )}
    </div>
  );
}
