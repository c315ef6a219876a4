import { type StreamEvent, withEvent } from "@chatstream/client";
import { Store } from "../state/store.ts";
import { type Entry, localEntry } from "./entries.ts";

/** The page is drawn anew so often while tokens come: quick for the eye, rare for the processor. */
export const FLUSH_MS = 80;

export interface AnswerState {
  /** The key of the entry that it will be. */
  key: string;
  text: string;
  /** The last status line of the workflow. */
  status: string;
  level: "info" | "warning" | "error";
}

export const IDLE: AnswerState = { key: "", text: "", status: "", level: "info" };

/** The answer that is being written. Its state is set some times a second, however many tokens come. */
export class RunningAnswer {
  readonly state = new Store<AnswerState>(IDLE);
  #entry: Entry | undefined;
  #next: AnswerState = IDLE;
  #timer: ReturnType<typeof setTimeout> | undefined;

  begin(): void {
    this.#entry = localEntry("assistant", "");
    this.#next = { ...IDLE, key: this.#entry.key };
    this.#flush();
  }

  /** Whether the server has said anything of it. */
  hasBegun = false;

  /** What it looks like in the transcript while it is written. */
  get placeholder(): Entry | undefined {
    return this.#entry;
  }

  take(event: StreamEvent): void {
    const entry = this.#entry;
    if (!entry) return;
    this.hasBegun = true;
    if (event.type === "status") {
      this.#next = { ...this.#next, status: event.data.description, level: event.data.level };
    } else if (event.type === "done") {
      entry.id = event.data.message_id;
      entry.status = event.data.status as NonNullable<Entry["status"]>;
    } else if (event.type === "error") {
      entry.status = "error";
    } else {
      this.#next = { ...this.#next, text: withEvent(this.#next.text, event) };
    }
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** The entry that it became; undefined where nothing came. */
  end(): Entry | undefined {
    const entry = this.#entry && { ...this.#entry, content: this.#next.text };
    this.reset();
    return entry && (entry.content !== "" || entry.status !== undefined) ? entry : undefined;
  }

  reset(): void {
    this.#entry = undefined;
    this.hasBegun = false;
    this.#next = IDLE;
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.state.set(this.#next);
  }
}
