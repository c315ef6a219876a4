import { Dialog } from "../components/Dialog.tsx";
import { strings } from "../strings.ts";

const { keys, ...words } = strings.shortcuts;
const ROWS: readonly [string, string][] = [
  [words.send, keys.enter],
  [words.newLine, keys.shiftEnter],
  [words.stop, keys.escape],
  [words.newChat, keys.newChat],
  [words.search, keys.search],
  [words.focus, keys.focus],
  [words.copyLast, keys.copyLast],
  [words.sidebar, keys.sidebar],
  [words.help, keys.help],
];

/** The list of keys. */
export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={words.title} onClose={onClose}>
      <dl className="shortcuts">
        {ROWS.map(([what, key]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              <kbd>{key}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
