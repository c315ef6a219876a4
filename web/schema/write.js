// Reads the OpenAPI document from standard input and writes the client's types to standard output.
import { text } from "node:stream/consumers";
import openapiTS, { astToString } from "openapi-typescript";

const NOTE = "// Made from the server's OpenAPI document by `make types`. Do not edit.\n\n";

const document = JSON.parse(await text(process.stdin));
// Failures are the one shape `Problem` everywhere; said for each operation they would be most of the file.
for (const operation of Object.values(document.paths).flatMap(Object.values)) {
  if (!operation.responses) continue;
  operation.responses = Object.fromEntries(
    Object.entries(operation.responses).filter(([status]) => /^[23]/.test(status)),
  );
}
delete document.components.responses;
process.stdout.write(NOTE + astToString(await openapiTS(document)));
