/**
 * Cuts markdown that grows into blocks that can not change any more, so that none of them is parsed twice.
 *
 * A cut is made only where the pieces, rendered one by one, give what the whole gives: before a line that follows a
 * blank one, is not indented, is in no fence and goes on no list. Where that is not certain there is no cut: a block
 * that is too long costs a little time, a wrong cut would change the text. Lines end with \n alone.
 */
export class BlockSplitter {
  /** The blocks that are complete. */
  readonly blocks: string[] = [];
  #text = "";
  /** Where the block begins that is being written. */
  #start = 0;
  /** Where the first line begins that was not looked at. */
  #next = 0;
  #wasBlank = false;
  #fence: Fence | undefined;
  #list: List | undefined;
  /** Nothing is certain any more: the rest stays one block. */
  #isLost = false;

  /** The text after the complete blocks. */
  get tail(): string {
    return this.#text.slice(this.#start);
  }

  append(piece: string): void {
    this.#text += piece;
    for (let end = this.#text.indexOf("\n", this.#next); end !== -1; end = this.#text.indexOf("\n", this.#next)) {
      if (!this.#isLost) this.#look(this.#text.slice(this.#next, end));
      this.#next = end + 1;
    }
  }

  #look(line: string): void {
    const isBlank = /^[ \t]*$/.test(line);
    if (this.#fence && this.#staysInFence(this.#fence, line, isBlank)) return;
    if (isBlank) {
      this.#wasBlank = true;
      if (this.#list?.isEmpty) this.#list.isSure = false; // an empty item ends here, and maybe the list with it
      return;
    }
    const item = itemOf(line);
    const indent = indentOf(line);
    if (this.#wasBlank && indent === 0 && !(this.#list && item)) this.#cut();
    if (item) this.#enterItem(item, indent);
    else if (this.#list && indent < this.#list.offset) this.#list.isSure = false;
    else if (this.#list) this.#list.isEmpty = false;
    this.#openFence(line, indent, item);
    this.#wasBlank = false;
  }

  #cut(): void {
    if (this.#next > this.#start) this.blocks.push(this.#text.slice(this.#start, this.#next));
    this.#start = this.#next;
    this.#list = undefined;
  }

  #staysInFence(fence: Fence, line: string, isBlank: boolean): boolean {
    if (fence.offset > 0 && !isBlank && indentOf(line) < fence.offset) {
      this.#fence = undefined; // its list item has ended, and so has the fence
      return false;
    }
    const indent = indentOf(line) - fence.offset;
    const marks = line.trim();
    const closes = marks.length >= fence.length && marks === fence.mark.repeat(marks.length) && indent < 4;
    if (closes) {
      this.#fence = undefined;
      this.#wasBlank = false;
    }
    return true;
  }

  #enterItem(item: Item, indent: number): void {
    const list = this.#list;
    if (list && indent >= list.offset) {
      list.isEmpty = false;
      return; // an item of an inner list
    }
    const isFirst = this.#next === this.#start;
    const goesOn = list?.isSure === true && list.kind === item.kind;
    // Some lines that look like items go on a paragraph: a number other than 1, an empty item.
    const isSure = !item.hasTab && (isFirst || goesOn || (this.#wasBlank && list?.isSure === true) || item.interrupts);
    this.#list = { offset: item.offset, kind: item.kind, isSure, isEmpty: item.isEmpty };
  }

  #openFence(line: string, indent: number, item: Item | undefined): void {
    const inner = item ? line.slice(item.width) : line.trimStart();
    const found = /^(?:(?:[-*+]|\d{1,9}[.)]) {1,4})*(`{3,}|~{3,})(.*)$/.exec(inner);
    const marks = found?.[1];
    if (!found || marks === undefined || (marks.startsWith("`") && found[2]?.includes("`"))) return;
    if (!item && indent > 3) return;
    if (!item && !/^[`~]/.test(inner)) return;
    const isInList = this.#list !== undefined && (item !== undefined || indent > 0);
    if (isInList && !this.#list?.isSure) {
      this.#isLost = true;
      return;
    }
    const begin = line.length - inner.length + (inner.length - marks.length - (found[2] ?? "").length);
    const offset = item ? begin : isInList && indent >= (this.#list?.offset ?? 0) ? (this.#list?.offset ?? 0) : 0;
    this.#fence = { mark: marks.charAt(0), length: marks.length, offset };
  }
}

interface Fence {
  mark: string;
  length: number;
  /** In a list item: where the item's content begins. The fence ends with the item. */
  offset: number;
}

interface List {
  /** Where the content of the last item begins. */
  offset: number;
  kind: string;
  /** Whether the parser takes it for a list too. */
  isSure: boolean;
  isEmpty: boolean;
}

interface Item {
  kind: string;
  /** Where its content begins, as a column. */
  offset: number;
  /** The characters up to its content. */
  width: number;
  isEmpty: boolean;
  hasTab: boolean;
  /** It may stand right under a paragraph. */
  interrupts: boolean;
}

const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const ITEM = /^( {0,3})([-*+]|(\d{1,9})[.)])([ \t]+|$)/;

function itemOf(line: string): Item | undefined {
  const found = ITEM.exec(line);
  if (!found || RULE.test(line)) return undefined;
  const [head, indent = "", mark = "", digits, space = ""] = found;
  const isEmpty = line.trim() === mark;
  const hasTab = space.includes("\t");
  const gap = isEmpty || hasTab || space.length > 4 ? 1 : space.length;
  return {
    kind: mark.slice(-1),
    offset: indent.length + mark.length + gap,
    width: space.length > 4 ? line.length : head.length,
    isEmpty,
    hasTab,
    interrupts: !isEmpty && (digits === undefined || Number(digits) === 1),
  };
}

/** The columns of white space that a line begins with. */
function indentOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === " ") columns += 1;
    else if (character === "\t") columns += 4 - (columns % 4);
    else break;
  }
  return columns;
}
