// Mail that the portal writes, in the reader's language; it goes through a queue so that a slow provider holds nobody up.
import type { Deps } from "../deps.ts";

export interface MailMessage {
  to: string;
  subject: string;
  text: string;
  html: string;
}

export type MailKind =
  | "confirm_address"
  | "reset_password"
  | "invitation"
  | "approval_wanted"
  | "approved"
  | "declined"
  | "suspended"
  | "quota_asked"
  | "quota_approved"
  | "quota_declined"
  | "schedule_short"
  | "service_expires"
  | "service_expired";

/** Puts a message with one link in the queue; `params` fill the `{{holes}}` of its words. */
export async function sendLink(
  deps: Deps,
  kind: MailKind,
  to: string,
  locale: string | null,
  link: string,
  params: Record<string, string> = {},
): Promise<void> {
  const words = filled(WORDS[locale === "pt-BR" ? "pt-BR" : "en"][kind], params);
  const text = [words.greeting, "", words.what, "", link, "", words.ignore, "", "Nubemox"].join("\n");
  const safeLink = escapeHtml(link);
  const html = [
    `<p>${escapeHtml(words.greeting)}</p>`,
    `<p>${escapeHtml(words.what)}</p>`,
    `<p><a href="${safeLink}">${escapeHtml(words.action)}</a></p>`,
    `<p style="color:#666">${safeLink}</p>`,
    `<p style="color:#666">${escapeHtml(words.ignore)}</p>`,
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
    invitation: {
      subject: "{{inviter}} invites you to {{tenant}}",
      greeting: "Hello,",
      what: "{{inviter}} invites you to {{tenant}}. The link works for seven days, for this address only.",
      action: "See the invitation",
      ignore: "If you do not know what this is about, ignore this message and nothing happens.",
    },
    approval_wanted: {
      subject: "{{tenant}} waits for your approval",
      greeting: "Hello,",
      what: "{{tenant}} has signed up with you and can do nothing before you approve or decline.",
      action: "Open the portal",
      ignore: "You get this message because you run the organisation that {{tenant}} signed up with.",
    },
    approved: {
      subject: "{{tenant}} is open",
      greeting: "Hello,",
      what: "{{tenant}} was approved. You can launch your first service now.",
      action: "Open the portal",
      ignore: "You get this message because you signed up for {{tenant}}.",
    },
    declined: {
      subject: "{{tenant}} was declined",
      greeting: "Hello,",
      what: "{{tenant}} was not approved and will be removed. {{reason}}",
      action: "Open the portal",
      ignore: "You get this message because you signed up for {{tenant}}.",
    },
    suspended: {
      subject: "{{tenant}} is suspended",
      greeting: "Hello,",
      what: "{{tenant}} was suspended: you can look at everything and delete what you do not need, but start nothing. {{reason}}",
      action: "Open the portal",
      ignore: "You get this message because you own {{tenant}}.",
    },
    quota_asked: {
      subject: "{{tenant}} asks for more quota",
      greeting: "Hello,",
      what: "{{tenant}} asks you for more quota. {{message}}",
      action: "See the request",
      ignore: "You get this message because you run the organisation that {{tenant}} belongs to.",
    },
    quota_approved: {
      subject: "{{tenant}} has more quota",
      greeting: "Hello,",
      what: "what {{tenant}} asked for was approved; the new limits hold from now on. {{message}}",
      action: "Open the portal",
      ignore: "You get this message because you own {{tenant}}.",
    },
    quota_declined: {
      subject: "No more quota for {{tenant}}",
      greeting: "Hello,",
      what: "what {{tenant}} asked for was declined; the limits stay as they are. {{message}}",
      action: "Open the portal",
      ignore: "You get this message because you own {{tenant}}.",
    },
    schedule_short: {
      subject: "A schedule of {{service}} came to nothing",
      greeting: "Hello,",
      what: "a scheduled backup or snapshot of {{service}} in {{tenant}} was not made, because the quota has no room for it. It is tried again whenever it is due, but you are told only once.",
      action: "Open the portal",
      ignore: "You get this message because you own {{tenant}}.",
    },
    service_expires: {
      subject: "{{service}} expires soon",
      greeting: "Hello,",
      what: "{{service}} of {{tenant}} expires on {{date}}: it is shut down then, and deleted seven days later. Move the date to keep it running.",
      action: "Open the portal",
      ignore: "You get this message because you own {{tenant}}.",
    },
    service_expired: {
      subject: "{{service}} has expired",
      greeting: "Hello,",
      what: "{{service}} of {{tenant}} expired on {{date}} and is shut down. Seven days after that date it is deleted, with everything on its disk. Move the date to keep it.",
      action: "Open the portal",
      ignore: "You get this message because you own {{tenant}}.",
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
    invitation: {
      subject: "{{inviter}} convida você para {{tenant}}",
      greeting: "Olá,",
      what: "{{inviter}} convida você para {{tenant}}. O link vale por sete dias, só para este endereço.",
      action: "Ver o convite",
      ignore: "Se você não sabe do que se trata, ignore esta mensagem e nada acontece.",
    },
    approval_wanted: {
      subject: "{{tenant}} aguarda a sua aprovação",
      greeting: "Olá,",
      what: "{{tenant}} se cadastrou com você e não pode fazer nada até que você aprove ou recuse.",
      action: "Abrir o portal",
      ignore: "Você recebe esta mensagem porque administra a organização em que {{tenant}} se cadastrou.",
    },
    approved: {
      subject: "{{tenant}} está aberta",
      greeting: "Olá,",
      what: "{{tenant}} foi aprovada. Você já pode lançar o seu primeiro serviço.",
      action: "Abrir o portal",
      ignore: "Você recebe esta mensagem porque fez o cadastro de {{tenant}}.",
    },
    declined: {
      subject: "{{tenant}} foi recusada",
      greeting: "Olá,",
      what: "{{tenant}} não foi aprovada e será removida. {{reason}}",
      action: "Abrir o portal",
      ignore: "Você recebe esta mensagem porque fez o cadastro de {{tenant}}.",
    },
    suspended: {
      subject: "{{tenant}} está suspensa",
      greeting: "Olá,",
      what: "{{tenant}} foi suspensa: você pode ver tudo e excluir o que não precisa, mas não iniciar nada. {{reason}}",
      action: "Abrir o portal",
      ignore: "Você recebe esta mensagem porque é proprietário de {{tenant}}.",
    },
    quota_asked: {
      subject: "{{tenant}} pede mais cota",
      greeting: "Olá,",
      what: "{{tenant}} pede mais cota a você. {{message}}",
      action: "Ver o pedido",
      ignore: "Você recebe esta mensagem porque administra a organização à qual {{tenant}} pertence.",
    },
    quota_approved: {
      subject: "{{tenant}} tem mais cota",
      greeting: "Olá,",
      what: "o pedido de {{tenant}} foi aprovado; os novos limites já estão valendo. {{message}}",
      action: "Abrir o portal",
      ignore: "Você recebe esta mensagem porque é responsável por {{tenant}}.",
    },
    quota_declined: {
      subject: "Pedido de cota de {{tenant}} recusado",
      greeting: "Olá,",
      what: "o pedido de {{tenant}} foi recusado; os limites continuam como estão. {{message}}",
      action: "Abrir o portal",
      ignore: "Você recebe esta mensagem porque é responsável por {{tenant}}.",
    },
    schedule_short: {
      subject: "Um agendamento de {{service}} não foi executado",
      greeting: "Olá,",
      what: "um backup ou snapshot agendado de {{service}} em {{tenant}} não foi feito, porque não cabe na cota. Ele será tentado de novo sempre que chegar a hora, mas este aviso vem só uma vez.",
      action: "Abrir o portal",
      ignore: "Você recebe esta mensagem porque é responsável por {{tenant}}.",
    },
    service_expires: {
      subject: "{{service}} vai expirar em breve",
      greeting: "Olá,",
      what: "{{service}} de {{tenant}} expira em {{date}}: será desligado nessa data e excluído sete dias depois. Mude a data para mantê-lo em funcionamento.",
      action: "Abrir o portal",
      ignore: "Você recebe esta mensagem porque é responsável por {{tenant}}.",
    },
    service_expired: {
      subject: "{{service}} expirou",
      greeting: "Olá,",
      what: "{{service}} de {{tenant}} expirou em {{date}} e foi desligado. Sete dias depois dessa data será excluído, com tudo o que há no disco. Mude a data para mantê-lo.",
      action: "Abrir o portal",
      ignore: "Você recebe esta mensagem porque é responsável por {{tenant}}.",
    },
  },
};

/** The sentences with their holes filled; what people have named stays on one line. */
function filled(words: Words, params: Record<string, string>): Words {
  const fill = (text: string) =>
    text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => (params[name] ?? "").replace(/\s+/g, " ")).trim();
  const { subject, greeting, what, action, ignore } = words;
  return {
    subject: fill(subject),
    greeting: fill(greeting),
    what: fill(what),
    action: fill(action),
    ignore: fill(ignore),
  };
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
