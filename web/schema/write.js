// node write.js openapi.json schema.d.ts: the client's types, from the OpenAPI document.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const NOTE = "// Made from the server's OpenAPI document by `make types`. Do not edit.\n\n";

const [given, made] = process.argv.slice(2);
const document = JSON.parse(await readFile(given, "utf8"));
// Failures are the one shape `Problem` everywhere; said for each operation they would be most of the file.
for (const operation of Object.values(document.paths).flatMap(Object.values)) {
  if (!operation.responses) continue;
  operation.responses = Object.fromEntries(
    Object.entries(operation.responses).filter(([status]) => /^[23]/.test(status)),
  );
}
delete document.components.responses;
await writeFile(made, NOTE + astToString(await openapiTS(document)));
