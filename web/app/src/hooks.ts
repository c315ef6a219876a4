import { ApiError, type Page } from "@chatstream/client";
import { useCallback, useEffect, useRef, useState } from "react";

/** Whatever was thrown, as an ApiError. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError("internal_error", 0, String(error));
}

/** Whether something was given up because nobody waits for it any more. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

export interface Loaded<Data> {
  data: Data | undefined;
  error: ApiError | undefined;
  isLoading: boolean;
  /** Load it again; what is shown stays until the new answer is there. */
  reload: () => void;
  /** Put a newer answer in its place. */
  setData: (data: Data) => void;
}

/** Load something, and again whenever `key` changes: then what was there goes. */
export function useLoad<Data>(key: string, load: (signal: AbortSignal) => Promise<Data>): Loaded<Data> {
  const [state, setState] = useState<{ key: string; data?: Data; error?: ApiError; isLoading: boolean }>({
    key,
    isLoading: true,
  });
  const [round, setRound] = useState(0);
  const loader = useRef(load);
  loader.current = load;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round asks again
  useEffect(() => {
    const stop = new AbortController();
    setState((old) => (old.key === key ? { ...old, isLoading: true } : { key, isLoading: true }));
    loader.current(stop.signal).then(
      (data) => !stop.signal.aborted && setState({ key, data, isLoading: false }),
      (error) =>
        !stop.signal.aborted && setState((old) => ({ ...old, key, error: asApiError(error), isLoading: false })),
    );
    return () => stop.abort();
  }, [key, round]);

  const reload = useCallback(() => setRound((number) => number + 1), []);
  const setData = useCallback((data: Data) => setState({ key, data, isLoading: false }), [key]);
  const current = state.key === key ? state : { key, isLoading: true };
  return { data: current.data, error: current.error, isLoading: current.isLoading, reload, setData };
}

export interface Pages<Item> {
  items: readonly Item[];
  error: ApiError | undefined;
  isLoading: boolean;
  /** Whether there are more to load. */
  hasMore: boolean;
  loadMore: () => void;
  reload: () => void;
  /** Change what is shown, after an act on one of the items. */
  change: (change: (items: readonly Item[]) => readonly Item[]) => void;
}

interface PagesState<Item> {
  key: string;
  items: readonly Item[];
  cursor: string | null;
  error?: ApiError;
  isLoading: boolean;
}

/** A keyset list, page by page. It begins anew whenever `key` changes; `load` is given the cursor, undefined at first. */
export function usePages<Item>(
  key: string,
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Item>>,
): Pages<Item> {
  const empty: PagesState<Item> = { key, items: [], cursor: null, isLoading: true };
  const [state, setState] = useState(empty);
  const [round, setRound] = useState(0);
  const loader = useRef(load);
  loader.current = load;
  const running = useRef<AbortController>(undefined);

  const fetch = useCallback(
    (cursor: string | undefined) => {
      running.current?.abort();
      const stop = new AbortController();
      running.current = stop;
      setState((old) => ({ ...(old.key === key ? old : { key, items: [], cursor: null }), isLoading: true }));
      loader.current(cursor, stop.signal).then(
        (page) =>
          !stop.signal.aborted &&
          setState((old) => ({
            key,
            items: cursor === undefined ? page.items : [...old.items, ...page.items],
            cursor: page.next_cursor,
            isLoading: false,
          })),
        (error) => !stop.signal.aborted && setState((old) => ({ ...old, error: asApiError(error), isLoading: false })),
      );
    },
    [key],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round begins anew
  useEffect(() => {
    fetch(undefined);
    return () => running.current?.abort();
  }, [fetch, round]);

  const current = state.key === key ? state : empty;
  const { cursor, isLoading } = current;
  return {
    items: current.items,
    error: current.error,
    isLoading,
    hasMore: cursor !== null,
    loadMore: useCallback(() => {
      if (cursor !== null && !isLoading) fetch(cursor);
    }, [cursor, isLoading, fetch]),
    reload: useCallback(() => setRound((number) => number + 1), []),
    change: useCallback((change) => setState((old) => ({ ...old, items: change(old.items) })), []),
  };
}

export interface Act<Args extends unknown[]> {
  /** Do it; true when it was done. A second call while the first one runs does nothing. */
  run: (...args: Args) => Promise<boolean>;
  isRunning: boolean;
  error: ApiError | undefined;
  clear: () => void;
}

/** Something that a button does: what runs, and what came of it. */
export function useAct<Args extends unknown[]>(act: (...args: Args) => Promise<unknown>): Act<Args> {
  const [error, setError] = useState<ApiError>();
  const [isRunning, setIsRunning] = useState(false);
  const busy = useRef(false);
  const latest = useRef(act);
  latest.current = act;

  const run = useCallback(async (...args: Args) => {
    if (busy.current) return false;
    busy.current = true;
    setIsRunning(true);
    setError(undefined);
    try {
      await latest.current(...args);
      return true;
    } catch (failure) {
      setError(asApiError(failure));
      return false;
    } finally {
      busy.current = false;
      setIsRunning(false);
    }
  }, []);
  return { run, isRunning, error, clear: useCallback(() => setError(undefined), []) };
}

/** The page's title, while the component is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "ChatStream" : `${title} · ChatStream`;
  }, [title]);
}
