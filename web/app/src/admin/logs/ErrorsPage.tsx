import type { ErrorLog } from "@chatstream/client";
import { useEffect, useState } from "react";
import { useAgent } from "../../chats/agents.ts";
import { Button } from "../../components/Button.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Field } from "../../components/Field.tsx";
import { Paged } from "../../components/Paged.tsx";
import { Table } from "../../components/Table.tsx";
import { sentenceOf } from "../../errors.ts";
import { useLoad, usePages } from "../../hooks.ts";
import { Link } from "../../router.tsx";
import { format } from "../../strings.ts";
import { AdminPage } from "../AdminPage.tsx";
import { admin } from "../api.ts";
import { Choice } from "../Choice.tsx";
import { useSettled } from "../settled.ts";
import { strings } from "../strings.ts";
import { Tag } from "../Tag.tsx";
import { Facts } from "./Facts.tsx";
import { type Filters, useFilters } from "./filters.ts";
import { startOf } from "./range.ts";

const words = strings.errors;
const NAMES = ["severity", "code", "agent_id", "from", "to"] as const;
type Name = (typeof NAMES)[number];

const LOOKS: Record<string, "bad" | "poor" | "off"> = { critical: "bad", error: "bad", warning: "poor", info: "off" };

/** What failed, newest first; the same within an hour is one row with a count. */
export function ErrorsPage() {
  const filters = useFilters(NAMES);
  const [shown, setShown] = useState<ErrorLog>();
  const query = queryOf(filters.values);
  const pages = usePages(JSON.stringify(query), (cursor, signal) => admin.errors({ cursor, ...query }, signal));
  return (
    <AdminPage title={words.title}>
      <ErrorFilters filters={filters} />
      <Paged pages={pages} empty={words.none}>
        {(errors) => <ErrorTable errors={errors} onShow={setShown} />}
      </Paged>
      {shown && <Details error={shown} onClose={() => setShown(undefined)} />}
    </AdminPage>
  );
}

function queryOf(values: Record<Name, string>): Record<string, string | undefined> {
  return {
    severity: values.severity || undefined,
    code: values.code || undefined,
    agent_id: values.agent_id || undefined,
    since: startOf(values.from),
    until: startOf(values.to, 1),
  };
}

function ErrorFilters({ filters: { values, set, clear, isAny } }: { filters: Filters<Name> }) {
  const { data: agents } = useLoad("agents", (signal) => admin.agents({ limit: 100 }, signal));
  const names = Object.fromEntries((agents?.items ?? []).map(({ id, name }) => [id, name]));
  if (values.agent_id && !(values.agent_id in names)) names[values.agent_id] = words.goneAgent;
  return (
    <search className="filters">
      <Choice
        label={words.severity}
        value={values.severity}
        options={words.severities}
        onChange={(to) => set("severity", to)}
      />
      <CodeField code={values.code} onChange={(to) => set("code", to)} />
      <Choice label={words.agent} value={values.agent_id} options={names} onChange={(to) => set("agent_id", to)} />
      <Field label={words.from} type="date" value={values.from} onChange={(event) => set("from", event.target.value)} />
      <Field label={words.to} type="date" value={values.to} onChange={(event) => set("to", event.target.value)} />
      {isAny && (
        <Button look="quiet" onClick={clear}>
          {strings.common.clear}
        </Button>
      )}
    </search>
  );
}

/** A code is looked for once it is typed; what can be none is not sent. */
function CodeField({ code, onChange }: { code: string; onChange: (code: string) => void }) {
  const [typed, setTyped] = useState(code);
  const settled = useSettled(typed.trim().toLowerCase());
  const isCode = settled === "" || /^[a-z0-9_]{1,50}$/.test(settled);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed changes the address
  useEffect(() => {
    if (isCode && settled !== code) onChange(settled);
  }, [settled]);
  useEffect(() => setTyped(code), [code]);
  return (
    <Field
      label={words.code}
      type="search"
      maxLength={50}
      spellCheck={false}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}

function ErrorTable({ errors, onShow }: { errors: readonly ErrorLog[]; onShow: (error: ErrorLog) => void }) {
  return (
    <Table
      caption={words.title}
      rows={errors}
      keyOf={({ id }) => id}
      columns={[
        {
          title: words.code,
          isHeading: true,
          cell: (error) => (
            <button type="button" className="link" aria-label={words.open(error.code)} onClick={() => onShow(error)}>
              {error.code}
            </button>
          ),
        },
        {
          title: words.severity,
          cell: ({ severity }) => <Tag look={LOOKS[severity] ?? "off"}>{words.severities[severity]}</Tag>,
        },
        {
          title: words.message,
          isMinor: true,
          cell: ({ message }) => (
            <span className="clipped" dir="auto">
              {message}
            </span>
          ),
        },
        { title: words.count, cell: ({ count }) => format.number(count) },
        { title: words.lastSeen, isShort: true, cell: ({ last_seen_at }) => format.moment(last_seen_at) },
      ]}
    />
  );
}

function Details({ error, onClose }: { error: ErrorLog; onClose: () => void }) {
  const agent = useAgent(error.agent_id ?? undefined);
  return (
    <Dialog title={error.code} onClose={onClose}>
      <p>{sentenceOf(error.code)}</p>
      <Facts
        facts={[
          [words.message, error.message],
          [words.severity, words.severities[error.severity]],
          [words.count, words.countHelp(format.number(error.count))],
          [words.firstSeen, format.moment(error.first_seen_at)],
          [words.lastSeen, format.moment(error.last_seen_at)],
          [words.path, [error.method, error.path].filter(Boolean).join(" ")],
          [words.request, error.request_id],
          [words.user, error.user_id],
          [words.chat, error.chat_id],
          [words.context, error.context],
        ]}
      />
      {error.agent_id && (
        <p>
          {words.agent}:{" "}
          {agent ? <Link href={`/admin/agents/${agent.id}`}>{agent.name}</Link> : agent === null ? words.goneAgent : ""}
        </p>
      )}
    </Dialog>
  );
}
