import type { Activity } from "@chatstream/client";
import { format } from "../../strings.ts";
import { strings } from "../strings.ts";
import { countOf } from "./count.ts";

const words = strings.activity;

/** The few numbers that say whether all is well. */
export function Figures({ activity }: { activity: Activity }) {
  const { counts, first_token_ms, duration_ms } = activity.total;
  const all = countOf(activity.total);
  const failed = counts.error + counts.interrupted;
  return (
    <dl className="figures">
      <Figure name={words.running} value={format.number(activity.running)} />
      <Figure name={words.answers} value={format.number(all)} />
      <Figure
        name={words.failed}
        value={format.number(failed)}
        more={all > 0 ? words.ofAll(words.percent(failed / all)) : undefined}
        look={failed > 0 ? "bad" : undefined}
      />
      <Figure
        name={words.firstToken}
        value={words.ms(first_token_ms.p50)}
        more={first_token_ms.p95 === null ? undefined : words.rest(words.ms(first_token_ms.p95))}
      />
      <Figure
        name={words.duration}
        value={words.ms(duration_ms.p50)}
        more={duration_ms.p95 === null ? undefined : words.rest(words.ms(duration_ms.p95))}
      />
    </dl>
  );
}

interface FigureProps {
  name: string;
  value: string;
  more?: string | undefined;
  look?: string | undefined;
}

function Figure({ name, value, more, look = "" }: FigureProps) {
  return (
    <div className={`figure ${look}`}>
      <dt>{name}</dt>
      <dd className="value">{value}</dd>
      {more && <dd className="small">{more}</dd>}
    </div>
  );
}
