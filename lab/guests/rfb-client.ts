// A small VNC client for tests and trials: signs in, types, and takes pictures of the screen.
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { crc32, deflateSync } from "node:zlib";
import { ByteReader } from "./byte-reader.ts";
import { vncResponse } from "./vnc-auth.ts";

export interface Picture {
  width: number;
  height: number;
  /** Four bytes a pixel: red, green, blue, unused. */
  pixels: Buffer;
}

export class RfbClient {
  readonly #stream: Duplex;
  readonly #reader: ByteReader;
  readonly name: string;
  #width: number;
  #height: number;
  #pixels: Buffer;

  private constructor(stream: Duplex, reader: ByteReader, init: Buffer, name: string) {
    this.#stream = stream;
    this.#reader = reader;
    this.name = name;
    this.#width = init.readUInt16BE(0);
    this.#height = init.readUInt16BE(2);
    this.#pixels = Buffer.alloc(this.#width * this.#height * 4);
  }

  /** Signs in over an open stream; rejects with the server's reason where the password is wrong. */
  static async open(stream: Duplex, password: string): Promise<RfbClient> {
    const reader = new ByteReader(stream);
    const version = await reader.take(12);
    if (version.toString("latin1") !== "RFB 003.008\n") throw new Error("not an RFB 3.8 server");
    stream.write(version);
    const types = await reader.take((await reader.take(1))[0] ?? 0);
    if (!types.includes(2)) throw new Error("the server does not offer VNC authentication");
    stream.write(Buffer.from([2]));
    stream.write(vncResponse(password, await reader.take(16)));
    if ((await reader.take(4)).readUInt32BE() !== 0) {
      throw new Error((await reader.take((await reader.take(4)).readUInt32BE())).toString());
    }
    stream.write(Buffer.from([1]));
    const init = await reader.take(24);
    const name = (await reader.take(init.readUInt32BE(20))).toString();
    // 32 bits a pixel, little-endian, red in the first byte; raw pixels and changes of the screen's size.
    stream.write(Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]));
    stream.write(Buffer.from([2, 0, 0, 2, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x21]));
    return new RfbClient(stream, reader, init, name);
  }

  /** Types text as a person on a US keyboard would, Shift included; a newline is the Enter key. */
  async type(text: string): Promise<void> {
    for (const character of text) {
      const keysym = character === "\n" ? 0xff0d : character.charCodeAt(0);
      const shifted = /[A-Z~!@#$%^&*()_+{}|:"<>?]/.test(character);
      if (shifted) this.key(SHIFT, true);
      this.key(keysym, true);
      this.key(keysym, false);
      if (shifted) this.key(SHIFT, false);
      // A PS/2 keyboard has a queue of sixteen bytes.
      await sleep(10);
    }
  }

  /** Presses or releases one key, by its X11 keysym. */
  key(keysym: number, down: boolean): void {
    const message = Buffer.alloc(8);
    message[0] = 4;
    message[1] = down ? 1 : 0;
    message.writeUInt32BE(keysym, 4);
    this.#stream.write(message);
  }

  /** The whole screen as it is now. */
  async picture(): Promise<Picture> {
    const request = Buffer.alloc(10);
    request[0] = 3;
    request.writeUInt16BE(this.#width, 6);
    request.writeUInt16BE(this.#height, 8);
    this.#stream.write(request);
    for (;;) {
      const type = (await this.#reader.take(1))[0];
      if (type === 0) {
        if (await this.#takeUpdate()) return this.picture();
        return { width: this.#width, height: this.#height, pixels: this.#pixels };
      }
      if (type === 3) await this.#reader.take((await this.#reader.take(7)).readUInt32BE(3));
      else if (type !== 2) throw new Error(`unexpected RFB message ${type}`);
    }
  }

  close(): void {
    this.#stream.destroy();
  }

  /** Takes one update into the picture; true where the screen's size has changed. */
  async #takeUpdate(): Promise<boolean> {
    let resized = false;
    const count = (await this.#reader.take(3)).readUInt16BE(1);
    for (let index = 0; index < count; index++) {
      const head = await this.#reader.take(12);
      const [x, y, width, height] = [0, 2, 4, 6].map((at) => head.readUInt16BE(at)) as [number, number, number, number];
      if (head.readInt32BE(8) === DESKTOP_SIZE) {
        this.#width = width;
        this.#height = height;
        this.#pixels = Buffer.alloc(width * height * 4);
        resized = true;
        continue;
      }
      const rows = await this.#reader.take(width * height * 4);
      for (let row = 0; row < height; row++) {
        rows.copy(this.#pixels, ((y + row) * this.#width + x) * 4, row * width * 4, (row + 1) * width * 4);
      }
    }
    return resized;
  }
}

const SHIFT = 0xffe1;
const DESKTOP_SIZE = -223;

/** The picture as a PNG file. */
export function png({ width, height, pixels }: Picture): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0, at = 0; y < height; y++) {
    at++;
    for (let x = 0; x < width; x++, at += 3) pixels.copy(rows, at, (y * width + x) * 4, (y * width + x) * 4 + 3);
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
