/**
 * What the server answers with, by the names of its OpenAPI document.
 *
 * The document lists the fields of an answer without saying which of them are always there; this page does, and
 * `tests/live.test.ts` holds it against a real server.
 */
import type { components } from "./schema.d.ts";

type Schemas = components["schemas"];
type Whole<Name extends keyof Schemas, Sometimes extends keyof Schemas[Name] = never> = Required<
  Omit<Schemas[Name], Sometimes>
> &
  Pick<Schemas[Name], Sometimes>;

type AllOf<Value> = Value extends (infer Item)[]
  ? AllOf<Item>[]
  : Value extends object
    ? { [Name in keyof Value]-?: AllOf<Value[Name]> }
    : Value;

/** A keyset page: pass `next_cursor` as `cursor` for the one after it. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export type User = Whole<"User">;
export type Session = Whole<"Session">;
export type Team = Whole<"Team">;
export type Activity = AllOf<Schemas["Activity"]>;
export type Invite = Whole<"Invite">;
export type IssuedInvite = Whole<"IssuedInvite">;
export type IssuedReset = Whole<"IssuedReset">;
export type AuditEvent = Whole<"AuditEvent">;
export type ErrorLog = Whole<"ErrorLog">;
/** The last four are for admins only. */
export type Agent = Whole<"Agent", "webhook_url" | "has_webhook_token" | "system_prompt" | "config">;
export type Diagnosis = Whole<"Diagnosis", "code">;
export type Chat = Whole<"Chat">;
export type Feedback = Whole<"Feedback", "comment">;
/** `status` is there on answers, the others where there are any. */
export type Message = Whole<"Message", "status" | "feedback" | "metadata">;
export type RunningGeneration = Whole<"RunningGeneration">;
export type ListedChat = Chat & { generation: RunningGeneration | null };
/** Which version of a turn is the current one, of how many. */
export type TurnVersions = Whole<"TurnVersions">;
/** `versions`: of the turns shown that have more than one, by the id of the user's message. */
export type OpenChat = ListedChat & {
  messages: Message[];
  has_more: boolean;
  versions: Record<string, TurnVersions>;
};
export type Exchange = { user_message: Message; message: Message };
export type BulkOutcome = Whole<"BulkOutcome">;
/** `snippet` is HTML that the server has escaped, with `<mark>` round the words found; `message` null: the title. */
export type Hit = Omit<Whole<"Hit">, "message"> & { message: Message | null };
export type Version = Omit<Whole<"Version">, "messages"> & { messages: Message[] };
export type RatedExchange = Whole<"RatedExchange">;
export type AgentFeedback = Page<RatedExchange> & { counts: Whole<"Counts"> };

export type Registration = Omit<Schemas["Registration"], "name"> & { name?: string };
export type NewAgent = Schemas["NewAgent"];
export type AgentChanges = Schemas["AgentChanges"];
export type NewChat = Schemas["NewChat"];
export type ChatChanges = Schemas["ChatChanges"];
export type BulkAction = Schemas["BulkAction"];
export type NewFeedback = { rating: "up" | "down" | null; comment?: string | null };
export type NewInvite = Partial<Schemas["NewInvite"]>;
export type UserChanges = Schemas["UserChanges"];
export type TeamChanges = Schemas["TeamChanges"];
/** `application/problem+json`, what every refusal is told in. */
export type Problem = Schemas["Problem"];
