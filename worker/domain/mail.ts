// Mail that the portal writes, in the reader's language; it goes through a queue so that a slow provider holds nobody up.
import type { Deps } from "../deps.ts";

export interface MailMessage {
  to: string;
  subject: string;
  text: string;
  html: string;
}

export type MailKind = "confirm_address" | "reset_password";

/** Puts a message with one link in the queue. */
export async function sendLink(
  deps: Deps,
  kind: MailKind,
  to: string,
  locale: string | null,
  link: string,
): Promise<void> {
  const words = WORDS[locale === "pt-BR" ? "pt-BR" : "en"][kind];
  const text = [words.greeting, "", words.what, "", link, "", words.ignore, "", "Nubemox"].join("\n");
  const safeLink = escapeHtml(link);
  const html = [
    `<p>${words.greeting}</p>`,
    `<p>${words.what}</p>`,
    `<p><a href="${safeLink}">${words.action}</a></p>`,
    `<p style="color:#666">${safeLink}</p>`,
    `<p style="color:#666">${words.ignore}</p>`,
  ].join("\n");
  await deps.env.MAIL.send({ to, subject: words.subject, text, html });
}

interface Words {
  subject: string;
  greeting: string;
  what: string;
  action: string;
  ignore: string;
}

const WORDS: Record<"en" | "pt-BR", Record<MailKind, Words>> = {
  en: {
    confirm_address: {
      subject: "Confirm your e-mail address",
      greeting: "Hello,",
      what: "please confirm this address to open your account. The link works for one hour.",
      action: "Confirm address",
      ignore: "If you did not sign up, ignore this message and nothing happens.",
    },
    reset_password: {
      subject: "Choose a new password",
      greeting: "Hello,",
      what: "somebody asked for a new password for this address. The link works once, for one hour.",
      action: "Choose a new password",
      ignore: "If it was not you, ignore this message; your password stays as it is.",
    },
  },
  "pt-BR": {
    confirm_address: {
      subject: "Confirme seu e-mail",
      greeting: "Olá,",
      what: "confirme este endereço para abrir a sua conta. O link vale por uma hora.",
      action: "Confirmar endereço",
      ignore: "Se você não fez este cadastro, ignore esta mensagem e nada acontece.",
    },
    reset_password: {
      subject: "Escolha uma nova senha",
      greeting: "Olá,",
      what: "alguém pediu uma nova senha para este endereço. O link funciona uma vez, por uma hora.",
      action: "Escolher nova senha",
      ignore: "Se não foi você, ignore esta mensagem; sua senha continua a mesma.",
    },
  },
};

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
