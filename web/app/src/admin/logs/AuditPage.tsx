import type { AuditEvent } from "@chatstream/client";
import { useState } from "react";
import { Button } from "../../components/Button.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Field } from "../../components/Field.tsx";
import { Paged } from "../../components/Paged.tsx";
import { Table } from "../../components/Table.tsx";
import { usePages } from "../../hooks.ts";
import { format } from "../../strings.ts";
import { AdminPage } from "../AdminPage.tsx";
import { admin } from "../api.ts";
import { Choice } from "../Choice.tsx";
import { strings } from "../strings.ts";
import { Facts } from "./Facts.tsx";
import { type Filters, useFilters } from "./filters.ts";
import { startOf } from "./range.ts";

const words = strings.audit;
const NAMES = ["action", "actor_id", "target_id", "from", "to"] as const;
type Name = (typeof NAMES)[number];

/** Who did what to whom, newest first. */
export function AuditPage() {
  const filters = useFilters(NAMES);
  const [shown, setShown] = useState<AuditEvent>();
  const query = queryOf(filters.values);
  const pages = usePages(JSON.stringify(query), (cursor, signal) => admin.audit({ cursor, ...query }, signal));
  return (
    <AdminPage title={words.title}>
      <AuditFilters filters={filters} />
      <Paged pages={pages} empty={words.none}>
        {(events) => <AuditTable events={events} onShow={setShown} />}
      </Paged>
      {shown && <Details event={shown} filters={filters} onClose={() => setShown(undefined)} />}
    </AdminPage>
  );
}

function queryOf(values: Record<Name, string>): Record<string, string | undefined> {
  return {
    action: values.action || undefined,
    actor_id: values.actor_id || undefined,
    target_id: values.target_id || undefined,
    from: startOf(values.from),
    to: startOf(values.to, 1),
  };
}

function AuditFilters({ filters: { values, set, clear, isAny } }: { filters: Filters<Name> }) {
  return (
    <search className="filters">
      <Choice label={words.action} value={values.action} options={words.actions} onChange={(to) => set("action", to)} />
      <Field label={words.from} type="date" value={values.from} onChange={(event) => set("from", event.target.value)} />
      <Field label={words.to} type="date" value={values.to} onChange={(event) => set("to", event.target.value)} />
      {values.actor_id && (
        <Button icon="close" onClick={() => set("actor_id", "")}>
          {words.byActor}
        </Button>
      )}
      {values.target_id && (
        <Button icon="close" onClick={() => set("target_id", "")}>
          {words.byTarget}
        </Button>
      )}
      {isAny && (
        <Button look="quiet" onClick={clear}>
          {strings.common.clear}
        </Button>
      )}
    </search>
  );
}

function actorOf({ actor_type, actor_email, actor_id }: AuditEvent): string {
  return actor_type === "cli" ? words.operator : (actor_email ?? actor_id ?? "");
}

function AuditTable({ events, onShow }: { events: readonly AuditEvent[]; onShow: (event: AuditEvent) => void }) {
  return (
    <Table
      caption={words.title}
      rows={events}
      keyOf={({ id }) => id}
      columns={[
        {
          title: words.action,
          isHeading: true,
          isShort: true,
          cell: (event) => (
            <button type="button" className="link" onClick={() => onShow(event)}>
              {words.actions[event.action] ?? event.action}
            </button>
          ),
        },
        { title: words.actor, cell: (event) => <span className="clipped">{actorOf(event)}</span> },
        {
          title: words.target,
          isMinor: true,
          cell: ({ target_label }) => (
            <span className="clipped" dir="auto">
              {target_label}
            </span>
          ),
        },
        { title: words.when, isShort: true, cell: ({ created_at }) => format.moment(created_at) },
      ]}
    />
  );
}

function Details({ event, filters, onClose }: { event: AuditEvent; filters: Filters<Name>; onClose: () => void }) {
  const only = (name: "actor_id" | "target_id", value: string) => {
    filters.set(name, value);
    onClose();
  };
  const { actor_id: actor } = event;
  const target = `${words.targets[event.target_type] ?? event.target_type}: ${event.target_label}`;
  return (
    <Dialog title={words.actions[event.action] ?? event.action} onClose={onClose}>
      <Facts
        facts={[
          [words.when, format.moment(event.created_at)],
          [words.actor, actorOf(event)],
          [words.target, target],
          [words.where, event.ip],
          [words.browser, event.user_agent],
          [words.requestId, event.request_id],
          [words.details, event.details],
        ]}
      />
      <div className="dialog-actions">
        {actor && <Button onClick={() => only("actor_id", actor)}>{words.onlyActor}</Button>}
        <Button onClick={() => only("target_id", event.target_id)}>{words.onlyTarget}</Button>
      </div>
    </Dialog>
  );
}
