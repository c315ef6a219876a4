import { Avatar } from "../../components/Avatar.tsx";
import { Paged } from "../../components/Paged.tsx";
import { Table } from "../../components/Table.tsx";
import { usePages } from "../../hooks.ts";
import { Link } from "../../router.tsx";
import { format } from "../../strings.ts";
import { AdminPage } from "../AdminPage.tsx";
import { admin } from "../api.ts";
import { strings } from "../strings.ts";
import { Tag } from "../Tag.tsx";

const words = strings.agents;

/** All agents of the team, those that are switched off too. */
export function AgentsPage() {
  const pages = usePages("agents", (cursor, signal) => admin.agents({ cursor }, signal));
  return (
    <AdminPage
      title={words.title}
      actions={
        <Link className="button primary" href="/admin/agents/new">
          {words.new}
        </Link>
      }
    >
      <Paged pages={pages} empty={words.none}>
        {(agents) => (
          <Table
            caption={words.title}
            rows={agents}
            keyOf={({ id }) => id}
            columns={[
              {
                title: words.name,
                isHeading: true,
                cell: ({ id, name, avatar_url }) => (
                  <Link className="with-avatar" href={`/admin/agents/${id}`}>
                    <Avatar name={name} url={avatar_url} />
                    <span className="clipped">{name}</span>
                  </Link>
                ),
              },
              {
                title: words.state,
                cell: ({ is_active }) => (
                  <Tag look={is_active ? "good" : "off"}>{is_active ? words.active : words.inactive}</Tag>
                ),
              },
              {
                title: words.address,
                isMinor: true,
                cell: ({ webhook_url }) => (
                  <span className="clipped" dir="ltr">
                    {webhook_url}
                  </span>
                ),
              },
              { title: words.changed, isMinor: true, cell: ({ updated_at }) => format.moment(updated_at) },
            ]}
          />
        )}
      </Paged>
    </AdminPage>
  );
}
