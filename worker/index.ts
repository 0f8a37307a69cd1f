// The Worker: what Cloudflare calls, and the classes that it keeps.
import { app } from "./app.ts";
import type { Bindings } from "./env.ts";
import type { MailMessage } from "./domain/mail.ts";
import type { DueRuns } from "./domain/schedules/claiming.ts";
import { tick } from "./jobs/cron.ts";
import { deliverMail } from "./jobs/mail.ts";
import { runSchedules } from "./jobs/schedules.ts";

export { ClusterWatch } from "./objects/cluster-watch.ts";
export { ConsoleSession } from "./objects/console-session.ts";
export { TenantFeed } from "./objects/tenant-feed.ts";
export { OperationWorkflow } from "./workflows/operation-workflow.ts";

export default {
  fetch: app.fetch,
  queue: (batch, env) =>
    batch.queue === "nubemox-mail"
      ? deliverMail(batch as MessageBatch<MailMessage>, env)
      : runSchedules(batch as MessageBatch<DueRuns>, env),
  scheduled: (_controller, env) => tick(env),
} satisfies ExportedHandler<Bindings, MailMessage | DueRuns>;
