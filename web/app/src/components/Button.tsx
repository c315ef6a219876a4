import type { ButtonHTMLAttributes, Ref } from "react";
import { Icon, type IconName } from "./icons.tsx";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "primary" | "plain" | "quiet" | "danger";
  icon?: IconName;
  isBusy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

/** A button with words. While busy it keeps the focus, and says so. */
export function Button({ look = "plain", icon, isBusy = false, className, children, onClick, ...rest }: Props) {
  return (
    <button
      type="button"
      className={`button ${look} ${className ?? ""}`}
      aria-disabled={isBusy || undefined}
      aria-busy={isBusy || undefined}
      onClick={isBusy ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that shows an icon only; the label is read out, and shown as a hint. */
export function IconButton({
  icon,
  label,
  className,
  ...rest
}: Omit<Props, "look" | "isBusy"> & { icon: IconName; label: string }) {
  return (
    <button type="button" className={`icon-button ${className ?? ""}`} aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}
