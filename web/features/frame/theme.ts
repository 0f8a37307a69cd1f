// The theme: the system's, light, or dark; public/theme.js applies the stored choice before the first paint.
import { createSignal } from "solid-js";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORED = "nubemox.theme";
const [theme, setTheme] = createSignal<Theme>(
  (document.documentElement.dataset["theme"] as Theme | undefined) ?? "system",
);

export { theme };

export function chooseTheme(wanted: Theme): void {
  setTheme(wanted);
  if (wanted === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = wanted;
  try {
    if (wanted === "system") localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, wanted);
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
}
