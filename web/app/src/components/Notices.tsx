import { announcement, dismiss, notices } from "../state/notices.ts";
import { useStore } from "../state/store.ts";
import { strings } from "../strings.ts";
import { IconButton } from "./Button.tsx";

/** Short sentences at the edge of the page, and those that are only read out. */
export function Notices() {
  const shown = useStore(notices);
  const { text, number } = useStore(announcement);
  return (
    <>
      {/* The blank at the end makes a repeated sentence a change, which is what screen readers look for. */}
      <p className="visually-hidden" role="status" data-testid="announcer">
        {text + (number % 2 ? "\u00a0" : "")}
      </p>
      <section className="notices" aria-label={strings.shell.notices} aria-live="polite">
        {shown.map(({ id, text, isError }) => (
          <div key={id} className={isError ? "notice error" : "notice"}>
            <p>{text}</p>
            <IconButton icon="close" label={strings.common.close} onClick={() => dismiss(id)} />
          </div>
        ))}
      </section>
    </>
  );
}
