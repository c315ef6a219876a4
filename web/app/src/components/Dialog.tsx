import { type MouseEvent, type ReactNode, useEffect, useId, useRef } from "react";
import { strings } from "../strings.ts";
import { Button, IconButton } from "./Button.tsx";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  className?: string;
  /** A click beside it does nothing: what it shows can not be had again. */
  staysOnClick?: boolean;
}

/** A modal dialog, shown as long as it is rendered. Esc, the cross and a click beside it close it. */
export function Dialog({ title, onClose, children, className = "", staysOnClick = false }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();

  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal(); // the focus goes to the cross, unless there is something to be written
    const field = dialog?.querySelector<HTMLInputElement>(":is(input, textarea):not([readonly])");
    field?.focus();
    if (field?.matches("input")) field.select();
    return () => {
      dialog?.close();
      // Without close() before the removal, browsers forget whom to give the focus back.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  const onBackdrop = (event: MouseEvent) => {
    if (event.target === ref.current && !staysOnClick) onClose();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc does the same, by the browser
    <dialog
      ref={ref}
      className={`dialog ${className}`}
      aria-labelledby={heading}
      onClick={onBackdrop}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className="dialog-body">
        <header className="dialog-head">
          <h2 id={heading}>{title}</h2>
          <IconButton icon="close" label={strings.common.close} onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  text: string;
  action: string;
  isBusy: boolean;
  isDanger?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode;
}

/** Asks before something that can not be undone. `children`: what went wrong with it. */
export function ConfirmDialog({
  title,
  text,
  action,
  isBusy,
  isDanger = true,
  onConfirm,
  onClose,
  children,
}: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p dir="auto">{text}</p>
      {children}
      <div className="dialog-actions">
        <Button onClick={onClose}>{strings.common.cancel}</Button>
        <Button look={isDanger ? "danger" : "primary"} isBusy={isBusy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
