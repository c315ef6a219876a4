import { createClient } from "@chatstream/client";
import { CookieJar } from "tough-cookie";

const client = createClient({ baseUrl: process.env.BASE ?? "http://127.0.0.1:8000", cookies: new CookieJar() });
await client.request("POST", "/api/auth/login", {
  body: { email: "user@demo.example", password: "demo-user-password" },
});
const agents = await client.request("GET", "/api/agents/");
const chat = await client.request("POST", "/api/chats/", { body: { agent_id: agents.items[0].id } });
for await (const event of client.send(chat.id, "Say hello")) {
  if (event.type === "message") process.stdout.write(event.data.content);
  if (event.type === "done") process.stdout.write(`\n${event.data.status}\n`);
}
await client.request("POST", "/api/auth/logout");
