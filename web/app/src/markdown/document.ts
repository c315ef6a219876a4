import { BlockSplitter } from "./blocks.ts";
import { type References, render } from "./renderer.ts";

interface Finished {
  source: string;
  html: string;
  /** How many definitions of links there were when it was rendered. */
  known: number;
}

/**
 * A markdown text that may grow, as blocks of HTML. What is complete is rendered once; only the block that is being
 * written is rendered with each piece. A definition of a link that comes late changes the blocks before it.
 */
export class MarkdownDocument {
  #splitter = new BlockSplitter();
  #text = "";
  #finished: Finished[] = [];
  #env: References = { references: {} };

  /** The HTML of each block of the text so far. A text that does not go on from the last one begins anew. */
  update(text: string): string[] {
    const whole = text.replace(/\r\n?/g, "\n");
    if (!whole.startsWith(this.#text)) this.#restart();
    this.#splitter.append(whole.slice(this.#text.length));
    this.#text = whole;
    this.#renderFinished();
    const html = this.#finished.map((block) => block.html);
    const { tail } = this.#splitter;
    // A definition that is half written must not count: the tail has a copy of its own.
    if (tail !== "") html.push(render(tail, { references: { ...this.#env.references } }));
    return html;
  }

  #renderFinished(): void {
    const { blocks } = this.#splitter;
    const before = this.#finished.length;
    for (const source of blocks.slice(before)) {
      const html = render(source, this.#env);
      this.#finished.push({ source, html, known: this.#known() });
    }
    if (blocks.length === before) return;
    const known = this.#known();
    for (const block of this.#finished) {
      if (block.known === known) continue;
      if (block.source.includes("[")) block.html = render(block.source, this.#env);
      block.known = known;
    }
  }

  #known(): number {
    return Object.keys(this.#env.references).length;
  }

  #restart(): void {
    this.#splitter = new BlockSplitter();
    this.#text = "";
    this.#finished = [];
    this.#env = { references: {} };
  }
}
