import { Avatar } from "../components/Avatar.tsx";
import { Menu, type MenuItem } from "../components/Menu.tsx";
import { sentenceOfError } from "../errors.ts";
import { asApiError } from "../hooks.ts";
import { navigate } from "../router.tsx";
import { adminLinks } from "../routes.tsx";
import { notify } from "../state/notices.ts";
import { signOut, useUser } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { chooseTheme, THEMES, theme } from "../state/theme.ts";
import { strings } from "../strings.ts";

/** The user's name, and behind it what concerns them. */
export function UserMenu({ onHelp }: { onHelp: () => void }) {
  const user = useUser();
  const chosen = useStore(theme);
  const next = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length] ?? "system";
  const name = user.name || user.email;
  const admin: MenuItem[] =
    user.role === "admin"
      ? adminLinks.map(({ path, label, icon }) => ({ label, icon, onSelect: () => navigate(path) }))
      : [];
  const items: MenuItem[] = [
    { label: strings.shell.account, icon: "user", onSelect: () => navigate("/account") },
    ...admin,
    {
      label: `${strings.shell.theme}: ${strings.account.themes[chosen]}`,
      icon: "theme",
      onSelect: () => chooseTheme(next),
    },
    { label: strings.shell.shortcuts, icon: "keyboard", onSelect: onHelp },
    {
      label: strings.shell.signOut,
      icon: "out",
      onSelect: () => {
        signOut().catch((error) => notify(sentenceOfError(asApiError(error)), { isError: true }));
      },
    },
  ];
  return (
    <div className="user-menu">
      <Menu label={strings.shell.account} hasWords items={items} className="user-button">
        <Avatar name={name} />
        <span className="visually-hidden">{strings.shell.userMenu} </span>
        <span className="ellipsis" dir="auto">
          {name}
        </span>
      </Menu>
    </div>
  );
}
