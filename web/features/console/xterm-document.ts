// The document as xterm.js is shown it: what it would write as inline styles, which the portal's pages forbid, goes by CSSOM.

/** To be given to `Terminal` as `documentOverride`; `end` takes the styles back. */
export function quietDocument(): { document: Document; end: () => void } {
  const sheets: CSSStyleSheet[] = [];
  const shown = new Proxy(document, {
    get(target, name) {
      if (name === "createElement") {
        return (tag: string) => {
          if (tag !== "style") return mannered(target.createElement(tag));
          const { node, sheet } = standIn(target);
          sheets.push(sheet);
          return node;
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  const end = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet));
  };
  return { document: shown, end };
}

/** Stands where a `<style>` would: its text becomes a constructed sheet. */
function standIn(target: Document) {
  const sheet = new CSSStyleSheet();
  target.adoptedStyleSheets = [...target.adoptedStyleSheets, sheet];
  const node = target.createElement("template");
  Object.defineProperty(node, "textContent", {
    set: (text: string) => {
      sheet.replaceSync(text);
    },
  });
  return { node, sheet };
}

function mannered<T extends HTMLElement>(node: T): T {
  node.setAttribute = setAttribute;
  return node;
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
