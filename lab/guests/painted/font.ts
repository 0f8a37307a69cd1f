// The painted screen's font: every printable ASCII character, drawn here on five by nine dots, spread to eight by sixteen.

export const GLYPH_WIDTH = 8;
export const GLYPH_HEIGHT = 16;

/** The sixteen rows of a character, a byte each, leftmost dot in the highest bit; a box where there is no such character. */
export function glyph(character: string): Uint8Array {
  return GLYPHS.get(character) ?? BOX;
}

/**
 * Five dots a row as a number, nine rows a character from the top of the capitals (the last two rows are below the line);
 * rows left out at the end are empty. Numbers are in base 32: `h` is 17, both outer dots.
 */
const DRAWN = `
! 4 4 4 4 4 0 4
" a a a
# a a v a v a a
$ 4 f k e 5 u 4
% o p 2 4 8 j 3
& c i k 8 l i d
' 4 4 8
( 2 4 8 8 8 4 2
) 8 4 2 2 2 4 8
* 0 4 l e l 4
+ 0 4 4 v 4 4
, 0 0 0 0 0 c 4 8
- 0 0 0 v
. 0 0 0 0 0 c c
/ 1 1 2 4 8 g g
0 e h j l p h e
1 4 c 4 4 4 4 e
2 e h 1 2 4 8 v
3 v 2 4 2 1 h e
4 2 6 a i v 2 2
5 v g u 1 1 h e
6 6 8 g u h h e
7 v 1 2 4 8 8 8
8 e h h e h h e
9 e h h f 1 2 c
: 0 c c 0 c c
; 0 c c 0 c 4 8
< 0 1 6 o 6 1
= 0 0 v 0 v
> 0 g c 3 c g
? e h 1 2 4 0 4
@ e h n l n g e
A 4 a h h v h h
B u h h u h h u
C e h g g g h e
D s i h h h i s
E v g g u g g v
F v g g u g g g
G e h g n h h f
H h h h v h h h
I e 4 4 4 4 4 e
J 7 2 2 2 2 i c
K h i k o k i h
L g g g g g g v
M h r l l h h h
N h h p l j h h
O e h h h h h e
P u h h u g g g
Q e h h h l i d
R u h h u k i h
S f g g e 1 1 u
T v 4 4 4 4 4 4
U h h h h h h e
V h h h h h a 4
W h h h l l l a
X h h a 4 a h h
Y h h h a 4 4 4
Z v 1 2 4 8 g v
[ e 8 8 8 8 8 e
\\ g g 8 4 2 1 1
] e 2 2 2 2 2 e
^ 4 a h
_ 0 0 0 0 0 0 0 v
\` 8 4 2
a 0 0 e 1 f h f
b g g m p h h u
c 0 0 e g g h e
d 1 1 d j h h f
e 0 0 e h v g e
f 6 9 8 s 8 8 8
g 0 0 f h h f 1 1 e
h g g m p h h h
i 4 0 c 4 4 4 e
j 2 0 6 2 2 2 2 i c
k g g i k o k i
l c 4 4 4 4 4 e
m 0 0 q l l h h
n 0 0 m p h h h
o 0 0 e h h h e
p 0 0 u h h u g g g
q 0 0 f h h f 1 1 1
r 0 0 m p g g g
s 0 0 e g e 1 u
t 8 8 s 8 8 9 6
u 0 0 h h h j d
v 0 0 h h h a 4
w 0 0 h h l l a
x 0 0 h a 4 a h
y 0 0 h h h f 1 1 e
z 0 0 v 2 4 8 v
{ 2 4 4 8 4 4 2
| 4 4 4 4 4 4 4 4
} 8 4 4 2 4 4 8
~ 0 0 8 l 2
`;

const BOX = spread([31, 17, 17, 17, 17, 17, 31]);

const GLYPHS = new Map<string, Uint8Array>([
  [" ", new Uint8Array(GLYPH_HEIGHT)],
  ...DRAWN.trim()
    .split("\n")
    .map((line): [string, Uint8Array] => {
      const [character = "", ...rows] = line.split(" ");
      return [character, spread(rows.map((row) => Number.parseInt(row, 32)))];
    }),
]);

/** Nine rows become fourteen between one empty row above and one below; strokes downwards are two dots wide. */
function spread(rows: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: GLYPH_HEIGHT }, (_, y) => {
    const source = y === 0 || y === GLYPH_HEIGHT - 1 ? 0 : (rows[Math.floor(((y - 1) * 9) / 14)] ?? 0);
    return (source << 2) | (source << 1);
  });
}
