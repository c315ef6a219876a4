/** A server whose answers a test writes by hand: each request takes the next one of the script. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
  /** Resolves when the client has let go of the connection. */
  gone: Promise<void>;
}

export type Answer = (response: ServerResponse, request: Seen) => void | Promise<void>;

export class StandIn {
  readonly seen: Seen[] = [];
  private constructor(readonly url: string) {}

  /** Serve `answers` one after the other, or what a function chooses. Ends with the test. */
  static async serve(answers: Answer[] | ((request: Seen) => Answer)): Promise<StandIn> {
    let n = 0;
    const server = createServer(async (incoming, response) => {
      let body = "";
      for await (const chunk of incoming) body += chunk;
      const gone = new Promise<void>((resolve) => response.on("close", resolve));
      const { method = "", url = "", headers } = incoming;
      const seen = { method, url, headers, body, gone };
      standIn.seen.push(seen);
      const answer = typeof answers === "function" ? answers(seen) : answers[n++];
      if (answer) await answer(response, seen);
      else response.writeHead(500).end("a request that the test did not expect");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const standIn = new StandIn(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return standIn;
  }

  /** What was asked for, as `METHOD path`. */
  get asked(): string[] {
    return this.seen.map(({ method, url }) => `${method} ${url}`);
  }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

export function problem(status: number, code: string, more: object = {}, headers: Record<string, string> = {}): Answer {
  const body = { type: "about:blank", title: code, status, detail: `It was ${code}.`, code, request_id: "r", ...more };
  return json(status, body, { "Content-Type": "application/problem+json", "X-Request-ID": "r", ...headers });
}

export const nothing: Answer = (response) => {
  response.writeHead(204).end();
};

/** Breaks off without an answer. */
export const reset: Answer = (response) => {
  response.destroy();
};

export type Piece = string | Uint8Array | number | "cut" | "hang";

/** A stream: texts and bytes are sent, numbers are pauses in ms, `cut` breaks off, `hang` leaves it open. */
export function stream(...pieces: Piece[]): Answer {
  return async (response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.flushHeaders();
    for (const piece of pieces) {
      if (piece === "hang") return;
      if (piece === "cut") return void response.destroy();
      if (typeof piece === "number") await new Promise((resolve) => setTimeout(resolve, piece));
      else await new Promise((resolve) => response.write(piece, resolve));
    }
    response.end();
  };
}

export function frame(n: number, type: string, data: object, generation = "g"): string {
  return `id: ${generation}:${n}\ndata: ${JSON.stringify({ type, data })}\n\n`;
}

const STATUS = { level: "info", done: false, description: "Sending request to n8n webhook..." };
const DONE = { message: "Stream completed", message_id: "m", status: "complete" };

/** The frames of a whole answer that says `texts`. */
export function answerOf(...texts: string[]): string[] {
  return [
    frame(1, "status", STATUS),
    ...texts.map((content, n) => frame(n + 2, "message", { content })),
    frame(texts.length + 2, "status", { ...STATUS, description: "Stream completed", done: true }),
    frame(texts.length + 3, "done", DONE),
  ];
}
