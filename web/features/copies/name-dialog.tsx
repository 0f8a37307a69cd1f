// A new service out of one that is there or was: its name, what it takes of the quota, and on to where it comes about.
import { useNavigate } from "@solidjs/router";
import { createEffect, on, Show } from "solid-js";
import { nameProblem } from "../../../worker/rules/names.ts";
import { previewLaunch } from "../../../worker/rules/quota.ts";
import type { Accepted } from "../../../worker/rules/views.ts";
import type { Size } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { sizeText } from "../../i18n/words.ts";
import { useQuota } from "../../queries.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { faults } from "../account/checks.ts";
import { applyAccepted } from "../feed/apply.ts";
import { QuotaEffect } from "../quota/effect.tsx";

export interface NewService {
  title: string;
  text: string;
  submit: string;
  suggested: string;
  size: Size;
  request: (name: string, key: string) => Promise<Accepted>;
}

/** Open while there is something to be made. */
export function NameDialog(props: { tenantId: string; make: NewService | null; onClose: () => void }) {
  const navigate = useNavigate();
  const quota = useQuota(() => props.tenantId);
  const form = createForm({ name: "" }, (values) => faults({ name: nameProblem(values.name) }));
  let key = "";
  createEffect(
    on(
      () => props.make,
      (make) => {
        form.reset({ name: make?.suggested ?? "" });
        key = crypto.randomUUID();
      },
    ),
  );

  async function submit(event: SubmitEvent, make: NewService) {
    const done = await form.submit(event, async ({ name }) => {
      const accepted = await make.request(name, key);
      applyAccepted(props.tenantId, accepted);
      navigate(`/t/${props.tenantId}/services/${accepted.service.id}`);
    });
    if (done) props.onClose();
    else key = crypto.randomUUID();
  }

  return (
    <Dialog open={props.make !== null} onClose={props.onClose} title={props.make?.title ?? ""}>
      <Show when={props.make}>
        {(make) => (
          <DialogForm
            form={form}
            onSubmit={(event) => submit(event, make())}
            onClose={props.onClose}
            confirm={make().submit}
          >
            <p>{make().text}</p>
            <TextField
              label={t("copies.newName")}
              hint={sizeText(make().size)}
              name="name"
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              value={form.values.name}
              onValue={(value) => form.set("name", value)}
              error={form.error("name")}
              autofocus
            />
            <Show when={quota.data}>
              {(data) => (
                <QuotaEffect quota={data().resources} preview={previewLaunch(data().resources, make().size)} />
              )}
            </Show>
          </DialogForm>
        )}
      </Show>
    </Dialog>
  );
}
