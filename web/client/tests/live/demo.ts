/** The demo's people at the server that CHATSTREAM_URL names, and a wire to it that can be cut. */
import { connect, createServer, type Socket } from "node:net";
import { CookieJar } from "tough-cookie";
import { onTestFinished } from "vitest";
import { type Agent, type Chat, type Client, type ClientOptions, createClient, type Page } from "../../src/index.ts";

export const URL_OF_SERVER = process.env.CHATSTREAM_URL ?? "";
if (!URL_OF_SERVER) throw new Error("CHATSTREAM_URL is not set: tests/client/test_library.py runs these tests");

export interface Person {
  client: Client;
  jar: CookieJar;
  /** What was asked for, as `METHOD path status`. */
  asked: string[];
}

export async function signIn(name: "user" | "admin", options: ClientOptions = {}): Promise<Person> {
  const jar = new CookieJar();
  const asked: string[] = [];
  const client = createClient({
    baseUrl: URL_OF_SERVER,
    cookies: jar,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      asked.push(`${init?.method} ${new URL(String(url)).pathname} ${response.status}`);
      return response;
    },
    ...options,
  });
  const body = { email: `${name}@demo.example`, password: `demo-${name}-password` };
  await client.request("POST", "/api/auth/login", { body });
  return { client, jar, asked };
}

export async function openChat({ client }: Person): Promise<Chat> {
  const agents = await client.request<Page<Agent>>("GET", "/api/agents/");
  return client.request("POST", "/api/chats/", { body: { agent_id: agents.items[0]?.id } });
}

/** A way to the server that breaks off after so many bytes of each connection's answers, `cuts` times. */
export async function cutting(bytes: number, cuts: number): Promise<{ url: string; made: () => number }> {
  const target = new URL(URL_OF_SERVER);
  const open = new Set<Socket>();
  let made = 0;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    let passed = 0;
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => {}).on("close", () => open.delete(socket));
    }
    near.pipe(far);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
    far.on("data", (chunk) => {
      const left = bytes - passed;
      passed += chunk.length;
      if (made < cuts && passed > bytes) {
        made += 1;
        near.write(chunk.subarray(0, Math.max(0, left)), () => near.destroy());
      } else near.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}`, made: () => made };
}
