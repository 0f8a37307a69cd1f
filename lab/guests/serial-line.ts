// Shares a guest's serial line among any number of readers and writers; who reads too slowly loses output, not the guest.
import { Duplex } from "node:stream";

/** More than this many bytes unread by one reader, and further output is dropped for that reader. */
const READER_LIMIT_BYTES = 1 << 20;

export class SerialLine {
  readonly #ends = new Set<Duplex>();
  readonly #toGuest: (bytes: Buffer) => void;

  constructor(toGuest: (bytes: Buffer) => void) {
    this.#toGuest = toGuest;
  }

  /** Hands output of the guest to every open end. */
  fromGuest(bytes: Buffer): void {
    for (const end of this.#ends) if (end.readableLength < READER_LIMIT_BYTES) end.push(bytes);
  }

  /** A new end of the line: reads what the guest prints from now on, writes what the guest shall read. */
  open(): Duplex {
    const end = new Duplex({
      read: () => undefined,
      write: (bytes: Buffer, _encoding, done) => {
        this.#toGuest(bytes);
        done();
      },
      destroy: (error, done) => {
        this.#ends.delete(end);
        done(error);
      },
    });
    this.#ends.add(end);
    return end;
  }

  /** The guest is off: every end sees the end of the stream. */
  close(): void {
    for (const end of this.#ends) end.push(null);
    this.#ends.clear();
  }
}
