// The queue of mail: what the domain has put in goes to the provider, and is retried until it is taken.
import { createDeps } from "../deps.ts";
import type { MailMessage } from "../domain/mail.ts";
import type { Bindings } from "../env.ts";

/** Sends what is in the queue (POST to MAIL_ENDPOINT); a message that the provider does not take goes back for a later try. */
export async function deliverMail(batch: MessageBatch<MailMessage>, env: Bindings): Promise<void> {
  const deps = createDeps(env);
  for (const message of batch.messages) {
    try {
      const response = await fetch(deps.config.MAIL_ENDPOINT, {
        method: "POST",
        headers: { authorization: `Bearer ${deps.config.MAIL_TOKEN}`, "content-type": "application/json" },
        body: JSON.stringify({ from: deps.config.MAIL_FROM, ...message.body }),
        signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`status ${response.status}`);
      message.ack();
    } catch (error) {
      deps.log("warn", "mail_not_sent", { attempt: message.attempts, error: String(error) });
      message.retry({ delaySeconds: Math.min(3_600, 2 ** message.attempts) });
    }
  }
}

const SEND_TIMEOUT_MS = 15_000;
