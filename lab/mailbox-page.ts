// The mailbox as a web page: a list that refreshes itself, and one mail.
import type { Mail } from "./mail.ts";

const STYLE = `
  :root { color-scheme: light dark; --line: color-mix(in oklab, currentColor 18%, transparent); --soft: color-mix(in oklab, currentColor 60%, transparent); }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 2rem 1rem; }
  h1 { font-size: 1.25rem; font-weight: 600; margin: 0 0 1rem; }
  ul { list-style: none; padding: 0; margin: 0; border-top: 1px solid var(--line); }
  li { border-bottom: 1px solid var(--line); }
  li a { display: block; padding: .6rem .25rem; color: inherit; text-decoration: none; }
  li a:hover, li a:focus-visible { background: color-mix(in oklab, currentColor 6%, transparent); }
  small, dl { color: var(--soft); } dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; } dd { margin: 0; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; border-top: 1px solid var(--line); padding-top: 1rem; }
  iframe { width: 100%; min-height: 60vh; border: 1px solid var(--line); background: white; }
`;

export function mailListPage(mails: readonly Mail[]): string {
  const rows = mails.map(
    (mail) =>
      `<li><a href="/mail?id=${encodeURIComponent(mail.id)}"><strong>${escape(mail.subject)}</strong><br><small>${escape(mail.to)} · ${time(mail.at)}</small></a></li>`,
  );
  const body =
    rows.length === 0 ? "<p>No mail yet. What the portal sends shows up here.</p>" : `<ul>${rows.join("")}</ul>`;
  return page("Mailbox", `<h1>Mailbox</h1>${body}`, '<meta http-equiv="refresh" content="3">');
}

export function mailPage(mail: Mail): string {
  const text = mail.text === "" ? "" : `<pre>${linked(escape(mail.text))}</pre>`;
  // Shown without scripts, forms or access to this page; its links open in a tab of their own.
  const html =
    mail.html === null || mail.text !== ""
      ? ""
      : `<iframe sandbox="allow-popups" srcdoc="${escape(`<base target="_blank">${mail.html}`)}"></iframe>`;
  const head = `<dl><dt>From</dt><dd>${escape(mail.from)}</dd><dt>To</dt><dd>${escape(mail.to)}</dd><dt>Sent</dt><dd>${time(mail.at)}</dd></dl>`;
  return page(
    mail.subject,
    `<p><a href="/">← Mailbox</a></p><h1>${escape(mail.subject)}</h1>${head}${text}${html}`,
    "",
  );
}

function page(title: string, body: string, head: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(title)}</title>${head}<style>${STYLE}</style></head><body>${body}</body></html>`;
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function linked(escaped: string): string {
  return escaped.replaceAll(/https?:\/\/[^\s<]+[^\s<.,;:!?)]/g, (url) => `<a href="${url}">${url}</a>`);
}

function time(at: number): string {
  return new Date(at).toISOString().replace("T", " ").slice(0, 19);
}
