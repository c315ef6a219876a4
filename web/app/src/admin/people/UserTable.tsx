import type { User } from "@chatstream/client";
import { Avatar } from "../../components/Avatar.tsx";
import { Icon } from "../../components/icons.tsx";
import { Menu, type MenuItem } from "../../components/Menu.tsx";
import { Table } from "../../components/Table.tsx";
import { navigate } from "../../router.tsx";
import { format } from "../../strings.ts";
import { strings } from "../strings.ts";
import { Tag } from "../Tag.tsx";
import { type Intent, nameOf } from "./UserAct.tsx";

const words = strings.users;

interface Props {
  users: readonly User[];
  me: User;
  onIntent: (intent: Intent) => void;
}

/** The accounts, each with what can be done with it. */
export function UserTable({ users, me, onIntent }: Props) {
  return (
    <Table
      caption={words.title}
      rows={users}
      keyOf={({ id }) => id}
      columns={[
        {
          title: words.name,
          isHeading: true,
          cell: (user) => (
            <span className="with-avatar">
              <Avatar name={nameOf(user)} />
              <span className="two-lines">
                <span className="clipped">
                  {nameOf(user)}
                  {user.id === me.id && ` (${words.you})`}
                </span>
                <span className="small clipped">{user.email}</span>
              </span>
            </span>
          ),
        },
        { title: words.role, cell: ({ role }) => words.roles[role] },
        {
          title: words.state,
          cell: ({ is_active }) => (
            <Tag look={is_active ? "good" : "off"}>{is_active ? words.active : words.inactive}</Tag>
          ),
        },
        { title: words.since, isMinor: true, isShort: true, cell: ({ created_at }) => format.day(created_at) },
        {
          title: strings.common.acts,
          isActions: true,
          cell: (user) => (
            <Menu label={strings.common.actions(nameOf(user))} items={actsOn(user, onIntent)}>
              <Icon name="dots" />
            </Menu>
          ),
        },
      ]}
    />
  );
}

function actsOn(user: User, onIntent: (intent: Intent) => void): MenuItem[] {
  const isAdmin = user.role === "admin";
  return [
    {
      label: isAdmin ? words.makeUser : words.makeAdmin,
      icon: "shield",
      onSelect: () => onIntent({ act: isAdmin ? "makeUser" : "makeAdmin", user }),
    },
    { label: words.reset, icon: "edit", onSelect: () => onIntent({ act: "reset", user }) },
    { label: words.audit, icon: "list", onSelect: () => navigate(`/admin/audit?actor_id=${user.id}`) },
    user.is_active
      ? {
          label: words.deactivate,
          icon: "close",
          isDanger: true,
          onSelect: () => onIntent({ act: "deactivate", user }),
        }
      : { label: words.activate, icon: "check", onSelect: () => onIntent({ act: "activate", user }) },
  ];
}
