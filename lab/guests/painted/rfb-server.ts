// Serves a painted guest's text screen as an RFB 3.8 server with VNC authentication and raw pixels.
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Duplex } from "node:stream";
import { ByteReader } from "../byte-reader.ts";
import { vncResponse } from "../vnc-auth.ts";
import { glyph, GLYPH_HEIGHT, GLYPH_WIDTH } from "./font.ts";
import { COLUMNS, ROWS, type Terminal } from "./terminal.ts";

export interface ScreenOwner {
  readonly terminal: Terminal;
  readonly title: string;
  /** The password that opens the screen now; null when none does. */
  password(): string | null;
  /** One key went down; `control` and `alt` tell what is held. */
  key(keysym: number, held: { control: boolean; alt: boolean }): void;
}

/** One viewer of a screen; ends with its stream. */
export class Viewer {
  readonly #stream: Duplex;
  readonly #reader: ByteReader;
  readonly #owner: ScreenOwner;
  readonly #dirty = new Set<number>();
  readonly #heldKeys = new Set<number>();
  #asked = false;
  #timer: NodeJS.Timeout | null = null;
  /** How one pixel is sent: bytes of the paper and of the ink. */
  #paper: Buffer = Buffer.from(PAPER);
  #ink: Buffer = Buffer.from(INK);

  constructor(stream: Duplex, owner: ScreenOwner) {
    this.#stream = stream;
    this.#reader = new ByteReader(stream);
    this.#owner = owner;
    stream.on("error", () => stream.destroy());
    this.#serve().catch(() => stream.destroy());
  }

  /** The rows have changed; they are sent when the viewer has asked for news. */
  changed(firstRow: number, lastRow: number): void {
    for (let row = firstRow; row <= lastRow; row++) this.#dirty.add(row);
    this.#soon();
  }

  close(): void {
    this.#stream.destroy();
  }

  async #serve(): Promise<void> {
    if (!(await this.#signIn())) {
      this.#stream.end();
      return;
    }
    await this.#reader.take(1);
    const title = Buffer.from(this.#owner.title);
    const init = Buffer.alloc(24);
    init.writeUInt16BE(WIDTH, 0);
    init.writeUInt16BE(HEIGHT, 2);
    init.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0], 4);
    init.writeUInt32BE(title.length, 20);
    this.#stream.write(Buffer.concat([init, title]));
    for (;;) await this.#takeMessage();
  }

  async #signIn(): Promise<boolean> {
    this.#stream.write("RFB 003.008\n");
    if ((await this.#reader.take(12)).toString("latin1") !== "RFB 003.008\n") return false;
    this.#stream.write(Buffer.from([1, VNC_AUTHENTICATION]));
    if ((await this.#reader.take(1))[0] !== VNC_AUTHENTICATION) return this.#refuse("unknown security type");
    const challenge = randomBytes(16);
    this.#stream.write(challenge);
    const answer = await this.#reader.take(16);
    const password = this.#owner.password();
    if (password === null || !timingSafeEqual(answer, vncResponse(password, challenge))) {
      return this.#refuse("Authentication failed");
    }
    this.#stream.write(Buffer.alloc(4));
    return true;
  }

  #refuse(reason: string): false {
    const text = Buffer.from(reason);
    const message = Buffer.alloc(8);
    message.writeUInt32BE(1, 0);
    message.writeUInt32BE(text.length, 4);
    this.#stream.write(Buffer.concat([message, text]));
    return false;
  }

  async #takeMessage(): Promise<void> {
    const type = (await this.#reader.take(1))[0];
    if (type === 0) this.#setPixelFormat((await this.#reader.take(19)).subarray(3));
    else if (type === 2) await this.#reader.take((await this.#reader.take(3)).readUInt16BE(1) * 4);
    else if (type === 3) this.#ask((await this.#reader.take(9))[0] === 0);
    else if (type === 4) this.#key(await this.#reader.take(7));
    else if (type === 5) await this.#reader.take(5);
    else if (type === 6)
      await this.#reader.take(Math.min((await this.#reader.take(7)).readUInt32BE(3), CUT_TEXT_LIMIT_BYTES));
    else throw new Error("unknown message");
  }

  #setPixelFormat(format: Buffer): void {
    const bytes = (format[0] ?? 32) / 8;
    const bigEndian = format[2] !== 0;
    if (![1, 2, 4].includes(bytes) || format[3] === 0) throw new Error("unknown pixel format");
    const pixel = (blueGreenRed: readonly number[]) => {
      const [blue = 0, green = 0, red = 0] = blueGreenRed;
      const value =
        part(red, format.readUInt16BE(4), format[10] ?? 0) +
        part(green, format.readUInt16BE(6), format[11] ?? 0) +
        part(blue, format.readUInt16BE(8), format[12] ?? 0);
      const buffer = Buffer.alloc(bytes);
      if (bigEndian) buffer.writeUIntBE(value, 0, bytes);
      else buffer.writeUIntLE(value, 0, bytes);
      return buffer;
    };
    this.#paper = pixel(PAPER);
    this.#ink = pixel(INK);
  }

  #key(message: Buffer): void {
    const keysym = message.readUInt32BE(3);
    if (message[0] === 0) {
      this.#heldKeys.delete(keysym);
      return;
    }
    this.#heldKeys.add(keysym);
    const held = (keys: readonly number[]) => keys.some((key) => this.#heldKeys.has(key));
    this.#owner.key(keysym, { control: held(CONTROL_KEYS), alt: held(ALT_KEYS) });
  }

  #ask(whole: boolean): void {
    this.#asked = true;
    if (whole) for (let row = 0; row < ROWS; row++) this.#dirty.add(row);
    this.#soon();
  }

  /** Sends after a breath, so that a burst of changes becomes one update. */
  #soon(): void {
    if (!this.#asked || this.#dirty.size === 0 || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#stream.destroyed) return;
      this.#asked = false;
      const rows = [...this.#dirty].toSorted((a, b) => a - b);
      this.#dirty.clear();
      const head = Buffer.alloc(4);
      head.writeUInt16BE(rows.length, 2);
      this.#stream.write(Buffer.concat([head, ...rows.map((row) => this.#paintRow(row))]));
    }, UPDATE_DELAY_MS);
  }

  #paintRow(row: number): Buffer {
    const { terminal } = this.#owner;
    const text = terminal.rows[row] ?? "";
    const head = Buffer.alloc(12);
    head.writeUInt16BE(row * GLYPH_HEIGHT, 2);
    head.writeUInt16BE(WIDTH, 4);
    head.writeUInt16BE(GLYPH_HEIGHT, 6);
    const size = this.#paper.length;
    const pixels = Buffer.alloc(WIDTH * GLYPH_HEIGHT * size, this.#paper);
    for (let column = 0; column < COLUMNS; column++) {
      const dots = glyph(text[column] ?? " ");
      const cursor = row === terminal.row && column === Math.min(terminal.column, COLUMNS - 1);
      for (let y = 0; y < GLYPH_HEIGHT; y++) {
        const bits = cursor && y >= GLYPH_HEIGHT - 2 ? 0xff : (dots[y] ?? 0);
        if (bits === 0) continue;
        for (let x = 0; x < GLYPH_WIDTH; x++) {
          if (bits & (0x80 >> x)) this.#ink.copy(pixels, (y * WIDTH + column * GLYPH_WIDTH + x) * size);
        }
      }
    }
    return Buffer.concat([head, pixels]);
  }
}

const WIDTH = COLUMNS * GLYPH_WIDTH;
const HEIGHT = ROWS * GLYPH_HEIGHT;
/** One colour's share of a pixel: scaled to the format's maximum, moved to its place. */
function part(value: number, max: number, shift: number): number {
  return Math.round((value * max) / 255) * 2 ** shift;
}

/** Black paper and light grey ink, as blue, green, red and a byte unused. */
const PAPER = [0, 0, 0, 0];
const INK = [170, 170, 170, 0];
const VNC_AUTHENTICATION = 2;
const CUT_TEXT_LIMIT_BYTES = 1 << 20;
const UPDATE_DELAY_MS = 15;
const CONTROL_KEYS = [0xffe3, 0xffe4];
const ALT_KEYS = [0xffe9, 0xffea, 0xffe7, 0xffe8];
