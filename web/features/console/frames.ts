// What is typed, as the frames that a terminal's server takes: `0:<bytes>:<text>`.

/** Characters per frame; four bytes each at most, which stays far below the longest message that the Worker takes. */
const PART = 4_096;

/** Frames of a text, in order; no character is cut in two. */
export function inputFrames(text: string): string[] {
  const characters = [...text];
  const encoder = new TextEncoder();
  const frames: string[] = [];
  for (let start = 0; start < characters.length; start += PART) {
    const part = characters.slice(start, start + PART).join("");
    frames.push(`0:${encoder.encode(part).length}:${part}`);
  }
  return frames;
}
