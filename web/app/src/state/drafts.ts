import { forgetAll, recall, remember } from "./preferences.ts";

/**
 * What a user has written and not sent, by chat. Drafts survive a reload, a crash and the end of a session; signing
 * out takes them away, since the next person at this browser may be another.
 */
export const drafts = {
  name: (userId: string, place: string): string => `draft.${userId}.${place}`,

  read: (userId: string, place: string): string => recall(drafts.name(userId, place)) ?? "",

  write: (userId: string, place: string, text: string): void =>
    remember(drafts.name(userId, place), text === "" ? null : text),

  forget: (userId: string): void => forgetAll(`draft.${userId}.`),
};
