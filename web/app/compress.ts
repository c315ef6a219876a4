import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const WORTH_IT = new Set([".js", ".css", ".svg", ".json"]);

/** Puts `.br` and `.gz` beside the assets, so that no server compresses the same file for each client. */
export function compress(): Plugin {
  let folder = "";
  return {
    name: "compress",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir, config.build.assetsDir);
    },
    async closeBundle() {
      const names = (await readdir(folder)).filter((name) => WORTH_IT.has(extname(name)));
      await Promise.all(names.map((name) => compressed(join(folder, name))));
    },
  };
}

async function compressed(file: string): Promise<void> {
  const content = await readFile(file);
  const size = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  const forms: [string, Buffer][] = [
    [".br", await promisify(brotliCompress)(content, { params: size })],
    [".gz", await promisify(gzip)(content, { level: 9 })],
  ];
  for (const [suffix, form] of forms) if (form.length < content.length) await writeFile(file + suffix, form);
}
