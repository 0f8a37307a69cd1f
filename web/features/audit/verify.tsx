// Goes through the chain of entries and tells whether any was changed or removed.
import BadgeCheck from "lucide-solid/icons/badge-check";
import { createSignal, Show } from "solid-js";
import type { AuditVerdict } from "../../../worker/rules/views-audit.ts";
import type { Problem } from "../../../worker/rules/views.ts";
import { problemOf } from "../../api.ts";
import { auditApi, type AuditOf } from "../../api-people.ts";
import { number, t, tCount } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { CopyText } from "../../ui/copy.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { Status } from "../../ui/status.tsx";
import styles from "./audit.module.css";

export function VerifyButton(props: { of: AuditOf; tenant?: string | undefined }) {
  const [busy, setBusy] = createSignal(false);
  const [open, setOpen] = createSignal(false);
  const [verdict, setVerdict] = createSignal<AuditVerdict | null>(null);
  const [problem, setProblem] = createSignal<Problem | null>(null);

  async function verify() {
    setBusy(true);
    setVerdict(null);
    setProblem(null);
    try {
      setVerdict(await auditApi.verifyAudit(props.of, props.tenant));
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
      setOpen(true);
    }
  }

  return (
    <>
      <Button icon={BadgeCheck} busy={busy()} onClick={verify}>
        {t("audit.verify")}
      </Button>
      <Dialog open={open()} onClose={() => setOpen(false)} title={t("audit.verify")}>
        <DialogBody actions={<Button onClick={() => setOpen(false)}>{t("action.close")}</Button>}>
          <ProblemNote problem={problem()} />
          <Show when={verdict()}>{(found) => <Verdict verdict={found()} />}</Show>
        </DialogBody>
      </Dialog>
    </>
  );
}

function Verdict(props: { verdict: AuditVerdict }) {
  return (
    <div class={styles.verdict} data-verdict={props.verdict.ok ? "ok" : "broken"}>
      <Show
        when={props.verdict.broken}
        fallback={
          <>
            <p>
              <Status shape="tick" tone="good" word={t("audit.whole")} />
            </p>
            <p>{tCount("audit.wholeText", props.verdict.entries)}</p>
          </>
        }
      >
        {(broken) => (
          <>
            <p>
              <Status shape="triangle" tone="bad" word={t("audit.broken")} />
            </p>
            <p>{t(`audit.why.${broken().why}`, { seq: number(broken().seq) })}</p>
          </>
        )}
      </Show>
      <Show when={props.verdict.ok && props.verdict.head}>
        {(head) => (
          <>
            <p class="quiet small">{t("audit.headHelp")}</p>
            <CopyText block text={head()} />
          </>
        )}
      </Show>
    </div>
  );
}
