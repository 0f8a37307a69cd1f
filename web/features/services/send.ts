// Sending a power action: shows it at once, tells a refusal by a toast.
import type { ServiceView } from "../../../worker/rules/views.ts";
import { api, problemOf, type PowerAction, type PowerOptions } from "../../api.ts";
import { problemWords } from "../../i18n/words.ts";
import { showToast } from "../../ui/toast.tsx";
import { applyAccepted } from "../feed/apply.ts";

export async function sendPower(
  tenantId: string,
  service: Pick<ServiceView, "id" | "name">,
  action: PowerAction,
  options: PowerOptions = {},
): Promise<void> {
  try {
    applyAccepted(tenantId, await api.power(tenantId, service.id, action, crypto.randomUUID(), options));
  } catch (thrown) {
    const problem = problemOf(thrown);
    const words = problemWords(problem.code, problem.params);
    showToast({ tone: "bad", text: `${service.name}: ${words.what}`, detail: words.help });
  }
}
