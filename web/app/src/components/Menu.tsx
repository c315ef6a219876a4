import { type KeyboardEvent, type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";
import { Icon, type IconName } from "./icons.tsx";

export interface MenuItem {
  label: string;
  icon?: IconName;
  isDanger?: boolean;
  onSelect: () => void;
}

interface Props {
  /** What the menu is called, and its button unless that has words. */
  label: string;
  hasWords?: boolean;
  /** What the button shows. */
  children: ReactNode;
  items: readonly MenuItem[];
  className?: string;
}

const GAP = 4;

/** A button that opens a list of actions: arrows move, Esc and a click elsewhere close it (the browser's popover). */
export function Menu({ label, hasWords = false, children, items, className = "icon-button" }: Props) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [isOpen, setIsOpen] = useState(false);

  useLayoutEffect(() => {
    if (!isOpen || !button.current || !list.current) return;
    place(list.current, button.current);
    itemsOf(list.current)[0]?.focus();
  }, [isOpen]);
  const select = (item: MenuItem) => {
    list.current?.hidePopover();
    button.current?.focus();
    item.onSelect();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={hasWords ? undefined : label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        popoverTarget={id}
        title={hasWords ? undefined : label}
      >
        {children}
      </button>
      <div
        ref={list}
        id={id}
        className="menu"
        role="menu"
        aria-label={label}
        popover="auto"
        tabIndex={-1}
        onToggle={(event) => setIsOpen(event.newState === "open")}
        onKeyDown={move}
      >
        {isOpen &&
          items.map((item) => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              className={item.isDanger ? "danger" : undefined}
              onClick={() => select(item)}
            >
              {item.icon && <Icon name={item.icon} />}
              {item.label}
            </button>
          ))}
      </div>
    </>
  );
}

function itemsOf(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>("[role=menuitem]")];
}

/** Under the button, or above it where there is no room; always within the window. */
function place(list: HTMLElement, button: HTMLElement): void {
  const anchor = button.getBoundingClientRect();
  const { width, height } = list.getBoundingClientRect();
  const below = anchor.bottom + GAP;
  const top = below + height > window.innerHeight ? Math.max(GAP, anchor.top - GAP - height) : below;
  const wanted = getComputedStyle(button).direction === "rtl" ? anchor.left : anchor.right - width;
  const left = Math.min(Math.max(GAP, wanted), window.innerWidth - width - GAP);
  list.style.top = `${top}px`;
  list.style.left = `${left}px`;
}

function move(event: KeyboardEvent<HTMLDivElement>): void {
  const items = itemsOf(event.currentTarget);
  const now = items.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: -1 }[event.key];
  if (event.key === "Tab") event.currentTarget.hidePopover();
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}
