// A text screen of 80 by 25 characters with a cursor, as a guest's first console has it.

export const COLUMNS = 80;
export const ROWS = 25;

export class Terminal {
  /** One string of 80 characters a row. */
  readonly rows: string[] = Array.from({ length: ROWS }, () => BLANK);
  column = 0;
  row = 0;
  readonly #onChange: (firstRow: number, lastRow: number) => void;

  /** `onChange` is told which rows must be painted anew. */
  constructor(onChange: (firstRow: number, lastRow: number) => void) {
    this.#onChange = onChange;
  }

  /** Prints text; newline, carriage return, backspace and form feed (clears the screen) move as they should. */
  write(text: string): void {
    let [first, last] = [this.row, this.row];
    for (const character of text) {
      if (character === "\f") {
        this.rows.fill(BLANK);
        [this.column, this.row] = [0, 0];
        [first, last] = [0, ROWS - 1];
      } else if (character === "\r") this.column = 0;
      else if (character === "\b") this.column = Math.max(0, this.column - 1);
      else if (character === "\n") this.#nextRow();
      else if (character >= " ") {
        if (this.column === COLUMNS) this.#nextRow();
        const line = this.rows[this.row] ?? BLANK;
        this.rows[this.row] = line.slice(0, this.column) + character + line.slice(this.column + 1);
        this.column++;
      }
      if (this.#scrolled) [first, last] = [0, ROWS - 1];
      this.#scrolled = false;
      first = Math.min(first, this.row);
      last = Math.max(last, this.row);
    }
    this.#onChange(first, last);
  }

  #scrolled = false;

  #nextRow(): void {
    this.column = 0;
    if (this.row < ROWS - 1) this.row++;
    else {
      this.rows.shift();
      this.rows.push(BLANK);
      this.#scrolled = true;
    }
  }
}

const BLANK = " ".repeat(COLUMNS);
