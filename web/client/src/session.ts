import { ApiError } from "./errors.ts";
import { type Call, REFRESH, type Transport } from "./transport.ts";

const MARK = "chatstream.refreshed";
/** A page sees what another has written a moment later: nothing orders it with the lock. */
const LOOKS = 4;
const LOOK_EVERY_MS = 15;

/**
 * A transport that exchanges an expired session for a fresh one, once for however many requests found it expired.
 *
 * Pages of one origin share their cookies, so `sharesCookies` has them share the refresh as well: they take turns
 * under a lock, and who comes second finds a mark. Where a browser offers neither, two refreshes at once are what the
 * server's grace of 10 s is for.
 */
export function withSession(transport: Transport, sharesCookies: boolean, onSignedOut: () => void): Transport {
  let running: Promise<void> | null = null;
  let refreshedAt = 0;

  async function refresh(failedSince: number): Promise<void> {
    if (isSince(failedSince, refreshedAt) || (sharesCookies && (await isMarkedSince(failedSince)))) return;
    await transport({ method: "POST", path: REFRESH });
    refreshedAt = Date.now();
    if (sharesCookies) writeMark(refreshedAt);
  }

  function refreshOnce(failedSince: number): Promise<void> {
    running ??= (sharesCookies ? inTurn(() => refresh(failedSince)) : refresh(failedSince)).finally(() => {
      running = null;
    });
    return running;
  }

  return async (call: Call) => {
    const began = Date.now();
    try {
      return await transport(call);
    } catch (error) {
      if (!isExpired(error)) throw error;
    }
    try {
      await refreshOnce(began);
      call.signal?.throwIfAborted();
      return await transport(call);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) onSignedOut();
      throw error;
    }
  };
}

/** A mark that lies ahead was made before the clock was put back, and says nothing. */
function isSince(moment: number, mark: number): boolean {
  return mark >= moment && mark <= Date.now();
}

/** A wrong password is a 401 as well, which no refresh mends. */
function isExpired(error: unknown): boolean {
  return error instanceof ApiError && (error.code === "unauthenticated" || error.code === "invalid_token");
}

function inTurn(work: () => Promise<void>): Promise<void> {
  const locks = globalThis.navigator?.locks; // absent on plain http
  return locks ? (locks.request(MARK, work) as Promise<void>) : work();
}

async function isMarkedSince(moment: number): Promise<boolean> {
  for (let looks = 1; !isSince(moment, readMark()); looks += 1) {
    if (looks === LOOKS) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return true;
}

function readMark(): number {
  try {
    return Number(localStorage.getItem(MARK));
  } catch {
    return 0; // storage is blocked
  }
}

function writeMark(time: number): void {
  try {
    localStorage.setItem(MARK, String(time));
  } catch {
    // The others then refresh once more, which the server takes.
  }
}
