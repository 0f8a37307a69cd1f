// Turns text into the key presses that type it on the guest's keyboard, as X11 keysyms.

export interface KeyPress {
  keysym: number;
  /** The shift key is held: a machine's keyboard has no upper-case keys, so the modifier has to be pressed too. */
  shift: boolean;
}

export const KEY = { shift: 0xffe1, return: 0xff0d, tab: 0xff09, backspace: 0xff08 } as const;

/** Key presses for a text. Line ends of all kinds are Return; other control characters are left out. */
export function keyPresses(text: string): KeyPress[] {
  const presses: KeyPress[] = [];
  for (const character of text.replace(/\r\n?/g, "\n")) {
    if (character === "\n") presses.push({ keysym: KEY.return, shift: false });
    else if (character === "\t") presses.push({ keysym: KEY.tab, shift: false });
    else {
      const keysym = keysymOf(character.codePointAt(0) ?? 0);
      if (keysym !== null) presses.push({ keysym, shift: SHIFTED.test(character) });
    }
  }
  return presses;
}

/** Keysym of a code point: Latin-1 is itself, everything else has bit 24 set (X11 protocol, appendix A). */
export function keysymOf(codePoint: number): number | null {
  if (codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)) return null;
  return codePoint <= 0xff ? codePoint : 0x0100_0000 | codePoint;
}

// What needs the shift key on a US keyboard, the layout that Proxmox VE gives a guest unless told otherwise.
const SHIFTED = /[A-Z~!@#$%^&*()_+{}|:"<>?]/;
