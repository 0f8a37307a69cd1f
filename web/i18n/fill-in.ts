// Fills parameters into a sentence of a dictionary; a part in [[…]] is shown only when all its parameters are there.

export type Params = Record<string, string | number>;

/** `"Wait[[ {{seconds}} s]]."` gives `"Wait."` or `"Wait 3 s."`, whichever the parameters allow. */
export function fillIn(sentence: string, params: Params): string {
  const chosen = sentence.replace(/\[\[(.*?)\]\]/g, (_, part: string) =>
    [...part.matchAll(HOLE)].every((hole) => Object.hasOwn(params, hole[1] ?? "")) ? part : "",
  );
  return chosen.replace(HOLE, (_, name: string) => (Object.hasOwn(params, name) ? String(params[name]) : ""));
}

const HOLE = /\{\{(\w+)\}\}/g;
