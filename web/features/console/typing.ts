// Types text into a console at a pace that a guest keeps up with.
import { KEY, keyPresses } from "./keysyms.ts";

/** Where the keys go: noVNC's RFB. */
export interface KeySink {
  sendKey(keysym: number, code: string | null, down?: boolean): void;
}

/** Keys per burst and time between bursts: 200 a second, which a PS/2 keyboard buffer of a slow guest takes without loss. */
const BURST = 4;
const BURST_MS = 20;

/** Types the text; `onProgress` hears how many keys were sent. Ends early when the signal says so. */
export async function typeText(
  sink: KeySink,
  text: string,
  signal: AbortSignal,
  onProgress: (sent: number, total: number) => void = () => {},
  wait: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
): Promise<void> {
  const presses = keyPresses(text);
  let shift = false;
  const holdShift = (wanted: boolean) => {
    if (wanted !== shift) sink.sendKey(KEY.shift, "ShiftLeft", wanted);
    shift = wanted;
  };
  try {
    for (const [index, press] of presses.entries()) {
      if (signal.aborted) return;
      holdShift(press.shift);
      sink.sendKey(press.keysym, null, true);
      sink.sendKey(press.keysym, null, false);
      if ((index + 1) % BURST !== 0) continue;
      onProgress(index + 1, presses.length);
      await wait(BURST_MS);
    }
    onProgress(presses.length, presses.length);
  } finally {
    holdShift(false);
  }
}
