// The document as xterm.js is shown it: what it would write as inline styles, which the portal's pages forbid, goes by CSSOM.

/**
 * `document` is to be given to `Terminal` as `documentOverride`. The terminal is to be opened within `while`, for parts of it
 * ask the window's own document then. `end` takes the styles back.
 */
export function quietDocument(): { document: Document; while: (open: () => void) => void; end: () => void } {
  const sheets: CSSStyleSheet[] = [];
  const original = document.createElement.bind(document);
  const create = (tag: string): HTMLElement => {
    if (tag !== "style") return mannered(original(tag));
    const sheet = new CSSStyleSheet();
    sheets.push(sheet);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return standIn(original("template"), sheet);
  };
  const shown = new Proxy(document, {
    get(target, name) {
      if (name === "createElement") return create;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return {
    document: shown,
    while: (open) => {
      Object.defineProperty(document, "createElement", { value: create, configurable: true });
      try {
        open();
      } finally {
        Reflect.deleteProperty(document, "createElement");
      }
    },
    end: () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet));
    },
  };
}

/** Stands where a `<style>` would: its text becomes a constructed sheet. */
function standIn(node: HTMLElement, sheet: CSSStyleSheet): HTMLElement {
  Object.defineProperty(node, "textContent", {
    set: (text: string) => {
      sheet.replaceSync(text);
    },
  });
  return node;
}

function mannered(node: HTMLElement): HTMLElement {
  node.setAttribute = setAttribute;
  return node;
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
