// Reads a script for the shell of painted guests: commands, quotes, variables, redirections; whatever else is a shell's, it says so.

/** A part of a word: its text, and whether variables are looked for in it. */
type Part = { text: string; isLiteral: boolean };
export type Word = Part[];
export type Variables = Map<string, string>;

export interface Command {
  /** What stands between it and the one before. */
  after: ";" | "&&" | "||";
  assignments: [name: string, value: Word][];
  words: Word[];
  target: Word | null;
  appends: boolean;
}

/** Something of the shell's language that painted guests have not learnt. */
export class Unknown extends Error {}

const KEYWORDS = new Set(["if", "for", "while", "until", "case", "{", "function", "set", "cd", "trap", "."]);
const SIGNS = /\s|[;&|<>()`#'"\\$]/;

/** @throws Unknown */
export function commandsOf(script: string): Command[] {
  const commands: Command[] = [];
  let after: Command["after"] = ";";
  let command = empty(after);
  let redirects = false;
  const flush = (next: Command["after"]) => {
    if (command.words.length > 0 || command.assignments.length > 0) commands.push(command);
    after = next;
    command = empty(after);
    redirects = false;
  };
  for (let at = 0; at < script.length;) {
    const rest = script.slice(at);
    const sign = /^(2>&1|2>\/dev\/null|>&2|&&|\|\||>>|>|[;\n]|[ \t\r]+|#[^\n]*|\\\n)/.exec(rest)?.[0];
    if (sign !== undefined) {
      at += sign.length;
      if (sign === "&&" || sign === "||") flush(sign);
      else if (sign === ";" || sign === "\n") flush(";");
      else if (sign === ">" || sign === ">>") {
        redirects = true;
        command.appends = sign === ">>";
      }
      continue;
    }
    const { word, length } = wordOf(rest);
    at += length;
    take(command, word, redirects);
    redirects = false;
  }
  flush(";");
  return commands;
}

export function expand(word: Word, variables: Variables): string {
  return word
    .map(({ text, isLiteral }) =>
      isLiteral
        ? text
        : text.replaceAll(
            /\$(?:\{(\w+)\}|(\w+))/g,
            (_whole, braced, plain) => variables.get(String(braced ?? plain)) ?? "",
          ),
    )
    .join("");
}

function empty(after: Command["after"]): Command {
  return { after, assignments: [], words: [], target: null, appends: false };
}

function take(command: Command, word: Word, redirects: boolean): void {
  const [first] = word;
  const assignment = first && !first.isLiteral ? /^([A-Za-z_]\w*)=(.*)$/s.exec(first.text) : null;
  if (redirects) command.target = word;
  else if (command.words.length === 0 && assignment) {
    const [, name = "", begin = ""] = assignment;
    command.assignments.push([name, [{ text: begin, isLiteral: false }, ...word.slice(1)]]);
  } else {
    if (command.words.length === 0 && first && !first.isLiteral && KEYWORDS.has(first.text))
      throw new Unknown(first.text);
    command.words.push(word);
  }
}

function wordOf(text: string): { word: Word; length: number } {
  const word: Word = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const single = /^'([^']*)'/.exec(rest);
    const double = /^"((?:[^"\\]|\\[^])*)"/.exec(rest);
    const escape = /^\\([^\n])/.exec(rest);
    const plain = /^(?:\$\{\w+\}|\$\w+|[^\s;&|<>()`#'"\\$]|(?<=\S)#)+/.exec(rest);
    const found = single ?? double ?? escape ?? plain;
    if (!found) {
      if (at > 0 && /^[\s;&|<>]/.test(rest)) break;
      throw new Unknown(JSON.stringify(rest.slice(0, 2)));
    }
    if (double && /`|\$\(/.test(double[1] ?? "")) throw new Unknown('"$("');
    at += found[0].length;
    if (double) word.push(...quoted(double[1] ?? ""));
    else if (single || escape) word.push({ text: found[1] ?? "", isLiteral: true });
    else word.push({ text: found[0], isLiteral: false });
    if (SIGNS.test(text[at] ?? " ") && !/['"\\$]/.test(text[at] ?? "")) break;
  }
  return { word, length: at };
}

/** What stands in double quotes: a backslash keeps four signs from meaning anything. */
function quoted(text: string): Word {
  return text
    .split(/(\\["\\$`])/)
    .map((piece) =>
      /^\\["\\$`]$/.test(piece) ? { text: piece.slice(1), isLiteral: true } : { text: piece, isLiteral: false },
    );
}
